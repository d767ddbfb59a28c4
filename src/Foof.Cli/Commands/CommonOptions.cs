using System.CommandLine;

namespace Foof.Cli.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>Where the numbers go.</summary>
    internal static Option<string?> Metrics() =>
        Choice.Text("--metrics", "FILE", "Write the numbers to this file as a JSON object");

    /// <summary>Where the page goes.</summary>
    internal static Option<string?> Report() =>
        Choice.Text("--report", "FILE.html", "Write the results as one page, with charts, to this file");

    /// <summary>Whether an unforeseen error shows its stack trace.</summary>
    internal static Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Show where an unforeseen error came from", Recursive = true };
}
