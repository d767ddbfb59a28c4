namespace Foof.Docs.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Foof.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder
            ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout.");
    }
}
