using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Foof.Cli.Engine;
using Foof.Cli.Output;

namespace Foof.Cli.Reports;

/// <summary>A report as one HTML page that needs nothing beside it.</summary>
internal static partial class ReportPage
{
    /// <summary>The whole page.</summary>
    internal static string Html(Report report)
    {
        var figures = new FigureHtml();
        var parts = new Dictionary<string, string>
        {
            ["generator"] = Escape($"Foof {Versions.Short}"),
            ["kind"] = Escape(report.Kind),
            ["title"] = Escape(report.Title),
            ["lead"] = Escape(report.Lead),
            ["style"] = Resource.Text("report/page.css"),
            ["contents"] = Contents(report.Sections),
            ["sections"] = string.Join(
                '\n',
                report.Sections.Select((section, place) => Section(section, place, figures))
            ),
            ["licences"] = Escape(Resource.Text("report/licences.txt")),
            ["scripts"] = Scripts(),
        };
        // In one pass, so that nobody's text is taken for a place to fill.
        return Place().Replace(Resource.Text("report/page.html"), match => parts[match.Groups[1].Value]);
    }

    /// <summary>Text that no markup can break out of.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Contents(IReadOnlyList<ReportSection> sections) =>
        $"<ul>{string.Concat(sections.Select((section, place) => $"<li><a href=\"#{Id(place)}\">{Escape(section.Title)}</a></li>"))}</ul>";

    private static string Section(ReportSection section, int place, FigureHtml figures) =>
        new StringBuilder()
            .Append($"<section aria-labelledby=\"{Id(place)}\">\n")
            .Append($"<h2 id=\"{Id(place)}\">{Escape(section.Title)}</h2>\n")
            .Append($"<p>{Escape(section.Lead)}</p>\n<div class=\"figures\">\n")
            .AppendJoin('\n', section.Figures.Select(figures.Of))
            .Append("\n</div>\n</section>")
            .ToString();

    private static string Id(int place) => $"section-{place + 1}";

    private static string Scripts() => $"{Script("vega.min.js")}\n{Script("page.js")}";

    private static string Script(string name) =>
        $"<script>{Enclosed(Resource.Text($"report/{name}"))}</script>";

    // Inside a script element only its own end tag ends it.
    private static string Enclosed(string script) =>
        script.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\{\{([a-z]+)\}\}")]
    private static partial Regex Place();
}
