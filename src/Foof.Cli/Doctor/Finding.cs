using System.Text.Json.Nodes;

namespace Foof.Cli.Doctor;

/// <summary>The finding about one item of an installation.</summary>
/// <param name="Item">Its name.</param>
/// <param name="Verdict">Whether it is as it should be.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do; null if there is nothing to do.</param>
internal sealed record Finding(string Item, Verdict Verdict, string Detail, string? Remedy = null)
{
    /// <summary>The finding that an item is as it should be.</summary>
    internal static Finding Ok(string item, string detail) => new(item, Verdict.Ok, detail);

    /// <summary>The finding that Foof works only slowly or partly.</summary>
    internal static Finding Warning(string item, string detail, string remedy) =>
        new(item, Verdict.Warning, detail, remedy);

    /// <summary>The finding that something does not work.</summary>
    internal static Finding Problem(string item, string detail, string remedy) =>
        new(item, Verdict.Problem, detail, remedy);

    /// <summary>The finding that an item was not checked, because an item that it needs has a problem.</summary>
    internal static Finding Unchecked(string item, string needed) =>
        new(item, Verdict.Unchecked, $"not checked: it needs {needed}");

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["item"] = Item,
            ["verdict"] = Verdict.ToString().ToLowerInvariant(),
            ["detail"] = Detail,
            ["remedy"] = Remedy,
        };
}

/// <summary>The verdict on one item of an installation.</summary>
internal enum Verdict
{
    /// <summary>The item is as it should be.</summary>
    Ok,

    /// <summary>Foof works only slowly or partly.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Problem,

    /// <summary>The item was not checked, because an item that it needs has a problem.</summary>
    Unchecked,
}
