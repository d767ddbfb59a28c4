namespace Foof.Cli.Output;

/// <summary>Files that are inside the program.</summary>
internal static class Resource
{
    /// <summary>The file's text.</summary>
    internal static string Text(string name)
    {
        using var stream =
            typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program must hold {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
