using Foof.Cli.Engine;

namespace Foof.Cli.Reports.Sections;

/// <summary>The set-up of a measurement, so that other people can repeat it.</summary>
/// <param name="Command">The command line that can be run again, with every option.</param>
/// <param name="Data">The data set and its fingerprint.</param>
/// <param name="Machines">The machines; several if a run continued on another one.</param>
/// <param name="Device">The device.</param>
/// <param name="Threads">How many threads libtorch had.</param>
/// <param name="Seed">The seed of the initial weights and the order of the images.</param>
internal sealed record Measurement(
    string Command,
    string Data,
    IReadOnlyList<string> Machines,
    string Device,
    int Threads,
    long Seed
)
{
    /// <summary>The command that trained the network before; null: this command did, or it has none.</summary>
    internal string? Before { get; init; }

    /// <summary>A command of the program as a shell takes it.</summary>
    internal static string Line(string command, IEnumerable<string> options) =>
        string.Join(' ', ["./foof", command, .. options.Select(Quoted)]);

    /// <summary>The section of the report.</summary>
    /// <param name="notes">Sentences that explain the numbers.</param>
    internal ReportSection ToSection(string notes) =>
        new("How it was measured", notes, [new TableFigure("The set-up", new(["what", "value"], [.. Rows()]))]);

    private static string Quoted(string text) =>
        text.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_.,:/+=@%".Contains(letter))
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private IEnumerable<IReadOnlyList<string>> Rows() =>
        [
            ["command", Command],
            .. Before is null
                ? []
                : (IReadOnlyList<string>[])
                    [
                        ["network", Before],
                    ],
            ["data", Data],
            ["machine", string.Join("; ", Machines)],
            ["device", Device],
            ["threads", $"{Threads}"],
            ["seed", $"{Seed}"],
            ["Foof", Versions.Short],
            [".NET", Environment.Version.ToString()],
            ["TorchSharp", Libtorch.TorchSharpVersion],
            ["libtorch", $"{Libtorch.Version}"],
        ];
}
