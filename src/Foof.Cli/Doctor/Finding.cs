using System.Text.Json.Nodes;

namespace Foof.Cli.Doctor;

/// <summary>What was found out about one item of an installation.</summary>
/// <param name="Item">Its name.</param>
/// <param name="Verdict">What is thought of it.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do; null where there is nothing to do.</param>
internal sealed record Finding(string Item, Verdict Verdict, string Detail, string? Remedy = null)
{
    /// <summary>An item that is as it should be.</summary>
    internal static Finding Ok(string item, string detail) => new(item, Verdict.Ok, detail);

    /// <summary>An item with which Foof works, but slower or in part.</summary>
    internal static Finding Warning(string item, string detail, string remedy) =>
        new(item, Verdict.Warning, detail, remedy);

    /// <summary>An item that keeps something from working.</summary>
    internal static Finding Problem(string item, string detail, string remedy) =>
        new(item, Verdict.Problem, detail, remedy);

    /// <summary>An item that needs one before it, which has a problem.</summary>
    internal static Finding Unchecked(string item, string needed) =>
        new(item, Verdict.Unchecked, $"not checked: it needs {needed}");

    /// <summary>As metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["item"] = Item,
            ["verdict"] = Verdict.ToString().ToLowerInvariant(),
            ["detail"] = Detail,
            ["remedy"] = Remedy,
        };
}

/// <summary>What is thought of one item of an installation.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Foof works, but slower or in part.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Problem,

    /// <summary>It could not be looked at, since an item before it has a problem.</summary>
    Unchecked,
}
