using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Foof.Cli.Output;

/// <summary>The tables in which commands show their results.</summary>
internal static class Tables
{
    /// <summary>An empty table with an optional column of names on the left and columns of numbers.</summary>
    internal static Table Of(string? names, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (names is not null)
            table.AddColumn(names);
        foreach (var title in numbers)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }

    /// <summary>An empty table whose columns hold sentences, which wrap.</summary>
    internal static Table OfWords(params string[] titles) =>
        new Table().Border(TableBorder.Rounded).ShowRowSeparators().AddColumns(titles);

    /// <summary>A table without the least important columns for which the console has no room; names stay whole.</summary>
    /// <param name="width">How wide the console is.</param>
    /// <param name="columns">The titles; the first is that of the names.</param>
    /// <param name="leastFirst">The titles that may be left out, the least important first.</param>
    /// <param name="rows">The cells, as many as columns or fewer.</param>
    internal static Table Fitting(
        int width,
        IReadOnlyList<string> columns,
        IReadOnlyList<string> leastFirst,
        IReadOnlyList<IReadOnlyList<string>> rows
    )
    {
        var kept = Enumerable.Range(0, columns.Count).ToList();
        foreach (var title in leastFirst)
            if (1 + kept.Sum(Wide) > width)
                kept.RemoveAll(place => columns[place] == title);
        var table = Of(null);
        foreach (var place in kept)
        {
            var column = new TableColumn(columns[place]).NoWrap();
            table.AddColumn(place == 0 ? column : column.RightAligned());
        }
        foreach (var row in rows)
            table.AddRow([.. kept.Select(place => Cell(row, place))]);
        return table;

        int Wide(int place) => 3 + rows.Select(row => Cell(row, place)).Append(columns[place]).Max(cell => cell.Length);

        static string Cell(IReadOnlyList<string> row, int place) => place < row.Count ? row[place] : "";
    }

    /// <summary>Writes a loss with four decimal places; from a million on, as a power of ten.</summary>
    internal static string Loss(double loss) =>
        loss.ToString(Math.Abs(loss) < 1e6 ? "F4" : "0.####e+0", CultureInfo.InvariantCulture);
}

/// <summary>Another output without the blanks at the ends of its lines.</summary>
internal sealed class Trimmed(IRenderable inner) : Renderable
{
    protected override Spectre.Console.Rendering.Measurement Measure(RenderOptions options, int maxWidth) =>
        inner.Measure(options, maxWidth);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        foreach (var line in Segment.SplitLines(inner.Render(options, maxWidth)))
        {
            var last = line.FindLastIndex(part => !string.IsNullOrWhiteSpace(part.Text));
            foreach (var part in line.Take(Math.Max(last, 0)))
                yield return part;
            if (last >= 0)
                yield return new Segment(line[last].Text.TrimEnd(), line[last].Style);
            yield return Segment.LineBreak;
        }
    }
}
