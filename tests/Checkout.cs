namespace Foof.Tests;

/// <summary>The checkout that the tests were built from; compiled into each project that reads its files.</summary>
internal static class Checkout
{
    internal static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Foof.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder
            ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has Foof.sln.");
    }
}
