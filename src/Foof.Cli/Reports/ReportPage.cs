using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Foof.Cli.Engine;
using Foof.Cli.Output;

namespace Foof.Cli.Reports;

/// <summary>A report as one HTML page that needs no other file.</summary>
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
        // All places are filled in one pass, so that no text is taken for a place.
        return Place().Replace(Resource.Text("report/page.html"), match => parts[match.Groups[1].Value]);
    }

    /// <summary>Text without markup.</summary>
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

    private static string Script(string name) => $"<script>{Enclosed(Resource.Text($"report/{name}"))}</script>";

    // Only its own end tag ends a script element.
    private static string Enclosed(string script) =>
        script.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\{\{([a-z]+)\}\}")]
    private static partial Regex Place();
}

/// <summary>Figures as HTML. Each chart of a page gets its own number.</summary>
internal sealed class FigureHtml
{
    private int charts;

    /// <summary>The figure's element.</summary>
    internal string Of(Figure figure)
    {
        var wide = figure.IsWide ? " class=\"wide\"" : "";
        return $"<figure{wide}>\n<figcaption><h3>{ReportPage.Escape(figure.Title)}</h3></figcaption>\n"
            + $"{Content(figure)}\n</figure>";
    }

    private string Content(Figure figure) =>
        figure switch
        {
            Chart chart => Drawn(chart),
            TableFigure table => Scrolled(table.Title, table.Numbers),
            ImageFigure images => Images(images),
            _ => throw new InvalidOperationException($"{figure.GetType().Name} has no element."),
        };

    // JSON's writer escapes all characters of markup.
    private string Drawn(Chart chart)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"chart-{++charts}");
        var label = ReportPage.Escape(chart.Description);
        return $"<div class=\"chart\" role=\"img\" aria-label=\"{label}\" data-spec=\"{id}\"></div>\n"
            + $"<script type=\"application/json\" id=\"{id}\">{chart.Spec.ToJsonString()}</script>\n"
            + $"<details><summary aria-label=\"The numbers of: {ReportPage.Escape(chart.Title)}\">"
            + "The numbers</summary>\n"
            + $"{Scrolled(chart.Title, chart.Numbers)}\n</details>";
    }

    // Readers without a mouse can scroll an element that has the focus.
    private static string Scrolled(string title, NumberTable numbers) =>
        $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        + $"aria-label=\"{ReportPage.Escape(title)}, table\">"
        + $"{Table(title, numbers)}</div>";

    private static string Table(string title, NumberTable numbers)
    {
        var isNumber = numbers.Columns.Select((_, column) => IsNumber(numbers, column)).ToArray();
        var html = new StringBuilder().Append($"<table aria-label=\"{ReportPage.Escape(title)}\">\n<thead><tr>");
        foreach (var (column, name) in numbers.Columns.Index())
            html.Append($"<th scope=\"col\"{Class(isNumber[column])}>{ReportPage.Escape(name)}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var (place, row) in numbers.Rows.Index())
        {
            html.Append(place == numbers.Marked ? "<tr class=\"first-row\">" : "<tr>");
            foreach (var (column, cell) in row.Index())
                html.Append(Cell(column, ReportPage.Escape(cell), isNumber[column]));
            html.Append("</tr>\n");
        }
        return html.Append("</tbody></table>").ToString();
    }

    private static string Cell(int column, string text, bool isNumber) =>
        column == 0 ? $"<th scope=\"row\"{Class(isNumber)}>{text}</th>" : $"<td{Class(isNumber)}>{text}</td>";

    private static string Class(bool isNumber) => isNumber ? " class=\"number\"" : "";

    // A column of numbers may contain words, such as "diverged".
    private static bool IsNumber(NumberTable numbers, int column) =>
        numbers.Rows.Any(row => BeginsAsNumber(row[column]))
        && numbers.Rows.All(row => BeginsAsNumber(row[column]) || !row[column].Any(char.IsAsciiDigit));

    private static bool BeginsAsNumber(string cell) => char.IsAsciiDigit(cell.TrimStart('-').FirstOrDefault());

    private static string Images(ImageFigure figure) =>
        $"<ul class=\"images\">\n{string.Join('\n', figure.Images.Select(Image))}\n</ul>";

    private static string Image(ShownImage image) =>
        $"<li><img src=\"{GreyPng.DataUri(image.Pixels, image.Width)}\" width=\"{image.Width}\" "
        + $"height=\"{image.Pixels.Length / image.Width}\" alt=\"{ReportPage.Escape(image.Description)}\">"
        + $"{ReportPage.Escape(image.Caption)}</li>";
}
