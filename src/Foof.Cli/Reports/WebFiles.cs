namespace Foof.Cli.Reports;

/// <summary>What a page is made of, from <c>Reports/web</c>; it is inside the program.</summary>
internal static class WebFiles
{
    private const string Prefix = "report/";

    /// <summary>What draws the charts: Vega.</summary>
    internal const string Library = "vega.min.js";

    /// <summary>The file's text.</summary>
    internal static string Text(string name)
    {
        using var stream =
            typeof(WebFiles).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"The program must hold {Prefix}{name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
