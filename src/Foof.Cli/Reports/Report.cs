using System.Text.Json.Nodes;

namespace Foof.Cli.Reports;

/// <summary>The content of a page: a command's findings in sections, with the main sentence first.</summary>
/// <param name="Kind">What was done, in a few words above the title.</param>
/// <param name="Title">What it was done to.</param>
/// <param name="Lead">The finding, in one sentence or two.</param>
/// <param name="Sections">The parts, in the order of reading.</param>
internal sealed record Report(string Kind, string Title, string Lead, IReadOnlyList<ReportSection> Sections);

/// <summary>One part of a report.</summary>
/// <param name="Title">Its heading; no two sections of a report have the same.</param>
/// <param name="Lead">What its figures show, in one sentence or two.</param>
/// <param name="Figures">The charts, tables and images.</param>
internal sealed record ReportSection(string Title, string Lead, IReadOnlyList<Figure> Figures);

/// <summary>Something to look at, with a title.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="IsWide">Whether it takes the whole width of the page.</param>
internal abstract record Figure(string Title, bool IsWide);

/// <summary>A chart, with what it says in words and its numbers as a table.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Description">A description for readers who cannot see it: kind, axes and the main finding.</param>
/// <param name="Spec">Vega's specification without the width; colours may be <c>var(--accent)</c>.</param>
/// <param name="Numbers">What is drawn.</param>
/// <param name="IsWide">Whether it takes the whole width of the page.</param>
internal sealed record Chart(
    string Title,
    string Description,
    JsonObject Spec,
    NumberTable Numbers,
    bool IsWide = false
) : Figure(Title, IsWide);

/// <summary>A table without a chart.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Numbers">Its content.</param>
internal sealed record TableFigure(string Title, NumberTable Numbers) : Figure(Title, IsWide: true);

/// <summary>Images side by side.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="Images">The images.</param>
internal sealed record ImageFigure(string Title, IReadOnlyList<ShownImage> Images) : Figure(Title, IsWide: true);

/// <summary>One image.</summary>
/// <param name="Pixels">Grey values from 0 to 255, row after row.</param>
/// <param name="Width">How many of them make a row.</param>
/// <param name="Description">A description for readers who cannot see it.</param>
/// <param name="Caption">The text below it.</param>
internal sealed record ShownImage(byte[] Pixels, int Width, string Description, string Caption);

/// <summary>Names and numbers in rows, as text.</summary>
/// <param name="Columns">The headings.</param>
/// <param name="Rows">The rows, with one cell for each heading.</param>
/// <param name="Marked">The row that stands out; null if none does.</param>
internal sealed record NumberTable(
    IReadOnlyList<string> Columns,
    IReadOnlyList<IReadOnlyList<string>> Rows,
    int? Marked = null
);
