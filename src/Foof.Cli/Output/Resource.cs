namespace Foof.Cli.Output;

/// <summary>Text files that are embedded in the program.</summary>
internal static class Resource
{
    /// <summary>The text of a file.</summary>
    internal static string Text(string name)
    {
        using var stream =
            typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program must hold {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
