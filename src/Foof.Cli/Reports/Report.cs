namespace Foof.Cli.Reports;

/// <summary>What a page tells: a command's findings in sections, the sentence that matters first.</summary>
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
