namespace Foof.Build.Tests.Packages;

/// <summary>A test of packages, which are made of the system flavour.</summary>
internal sealed class PackageFactAttribute : FactAttribute
{
    public PackageFactAttribute() => Skip = PackageFlavour.Reason;
}

/// <summary>Some tests of packages, which are made of the system flavour.</summary>
internal sealed class PackageTheoryAttribute : TheoryAttribute
{
    public PackageTheoryAttribute() => Skip = PackageFlavour.Reason;
}

/// <summary>Whether what was built can be packed.</summary>
internal static class PackageFlavour
{
    /// <summary>Why it cannot; null: it can.</summary>
    internal static string? Reason =>
        Environment.GetEnvironmentVariable("TorchFlavour") is { Length: > 0 } flavour and not "system"
            ? $"Packages are made of the system flavour; this is {flavour}."
            : null;
}
