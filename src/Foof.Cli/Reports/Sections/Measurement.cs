using Foof.Cli.Engine;

namespace Foof.Cli.Reports.Sections;

/// <summary>What numbers were measured with, so that somebody else can measure them again.</summary>
/// <param name="Command">The command line's essence.</param>
/// <param name="Data">The data set and its fingerprint.</param>
/// <param name="Machines">Where it ran: one, unless a run went on elsewhere.</param>
/// <param name="Device">What computed.</param>
/// <param name="Threads">How many threads libtorch had.</param>
/// <param name="Seed">Of the weights at the start and the order of the images.</param>
internal sealed record Measurement(
    string Command,
    string Data,
    IReadOnlyList<string> Machines,
    string Device,
    int Threads,
    long Seed
)
{
    /// <summary>As a section.</summary>
    /// <param name="notes">What else one should know to read the numbers, as sentences.</param>
    internal ReportSection ToSection(string notes) =>
        new(
            "How it was measured",
            notes,
            [new TableFigure("The set-up", new(["what", "value"], [.. Rows()]))]
        );

    private IEnumerable<IReadOnlyList<string>> Rows() =>
        [
            ["command", Command],
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
