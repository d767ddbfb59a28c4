using System.CommandLine;
using Foof.Cli.Data;

namespace Foof.Cli.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    private const string MetricsName = "--metrics";

    /// <summary>Where the numbers go.</summary>
    internal static Option<string?> Metrics() =>
        Choice.Text(MetricsName, "FILE", "Write the numbers to this file as a JSON object");

    /// <summary>The images.</summary>
    internal static Option<string?> Data(string description)
    {
        var option = Choice.Text("--data", $"{ImageData.FashionMnist}|DIR", description);
        option.CompletionSources.Add(ImageData.FashionMnist);
        return option;
    }

    /// <summary>Where the page goes.</summary>
    internal static Option<string?> Report() =>
        Choice.Text("--report", "FILE.html", "Write the results as one page, with charts, to this file");

    /// <summary>Whether the numbers, and nothing else, go to standard output.</summary>
    internal static Option<bool> Json { get; } =
        new("--json")
        {
            Description = "Write the numbers to standard output as a JSON object, and nothing else there",
        };

    /// <summary>Whether progress is left out.</summary>
    internal static Option<bool> Quiet { get; } =
        new("--quiet") { Description = "Show results and errors only, no progress" };

    /// <summary>Gives both to every command that has numbers, which are those with a file for them.</summary>
    internal static void AddOutput(Command command)
    {
        if (command.Options.Any(option => option.Name == MetricsName))
        {
            command.Add(Json);
            command.Add(Quiet);
        }
        foreach (var child in command.Subcommands)
            AddOutput(child);
    }

    /// <summary>Whether an unforeseen error shows its stack trace.</summary>
    internal static Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Show where an unforeseen error came from", Recursive = true };
}
