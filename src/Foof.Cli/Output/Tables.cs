using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>The tables in which commands show their results.</summary>
internal static class Tables
{
    /// <summary>An empty table: names on the left, or none, and columns of numbers.</summary>
    internal static Table Of(string? names, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (names is not null)
            table.AddColumn(names);
        foreach (var title in numbers)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }
}
