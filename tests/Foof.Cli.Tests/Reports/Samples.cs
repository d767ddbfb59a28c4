using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Settings;
using Foof.Cli.Training;

namespace Foof.Cli.Tests.Reports;

/// <summary>Made-up findings, one of each kind.</summary>
internal static class Samples
{
    /// <summary>A text that is dangerous wherever it is not escaped.</summary>
    internal const string Nasty = "<b>&amp;\"'</script>{{style}}";

    internal static LearningCurve Curve(string name, double rate, double seconds, int epochs = 6) =>
        new(
            name,
            0.4,
            [
                .. Enumerable
                    .Range(1, epochs)
                    .Select(epoch => new EpochResult(
                        epoch,
                        0.25 + rate / epoch,
                        0.32 + rate / epoch + 0.01 * epoch,
                        0.88 - 0.1 * rate / epoch,
                        seconds,
                        seconds
                    )),
            ]
        );

    internal static IReadOnlyList<LearningCurve> Curves { get; } =
    [Curve("foof", 0.4, 8), Curve("kfac", 0.5, 9), Curve("adam", 0.8, 3), Curve("sgd", 1.1, 2)];

    internal static IReadOnlyList<GridPoint> Grid { get; } =
    [
        .. from rate in new[] { 0.03, 0.1, 0.3, 1 }
        from damping in new[] { 0.1, 1.0, 10 }
        select new GridPoint(
            "foof",
            rate,
            damping,
            rate == 1 && damping < 1 ? null : 0.3 + Math.Abs(Math.Log(rate / 0.3 / damping))
        ),
        .. new[] { 0.03, 0.1, 0.3, 1 }.Select(rate => new GridPoint("sgd", rate, null, rate == 1 ? null : 0.3 + rate)),
    ];

    internal static Reliability Diagram(string name, double slope) =>
        new(
            name,
            [
                .. Enumerable
                    .Range(0, 10)
                    .Select(place => (place + 0.5) / 10)
                    .Select(confidence => new ReliabilityBin(
                        confidence - 0.05,
                        confidence + 0.05,
                        (int)(1000 * confidence * confidence),
                        confidence,
                        Math.Max(0, 1 - slope * (1 - confidence))
                    )),
            ]
        );

    internal static IReadOnlyList<EvidencePoint> Evidence { get; } =
    [
        .. Enumerable
            .Range(0, 1000)
            .Select(place => place / 100.0 - 4)
            .Select(power => new EvidencePoint(
                Math.Pow(10, power),
                -4000 - 50 * (power - 1) * (power - 1),
                7000 / (1 + Math.Pow(10, power - 2))
            )),
    ];

    internal static ImageGroup Images(string name, double least, int examples) =>
        new(
            name,
            [.. Enumerable.Range(0, 300).Select(place => least + (1 - least) * place / 300)],
            [
                .. Enumerable
                    .Range(1, examples)
                    .Select(place => new ShownImage(
                        [.. Enumerable.Range(0, 784).Select(pixel => (byte)(pixel * place))],
                        28,
                        $"Test image {place}, a coat, taken for a shirt",
                        "predicted shirt, 99.1 %, truly coat"
                    )),
            ]
        );

    internal static ContinualOutcome Outcome(string name, double loss) =>
        new(
            name,
            [
                .. Enumerable
                    .Range(0, 5)
                    .Select(after =>
                        Enumerable
                            .Range(0, 5)
                            .Select(task => task > after ? 0.1 : 0.9 - loss * (after - task))
                            .ToArray()
                    ),
            ],
            2.5 * loss,
            1_234_567,
            61.25
        );

    internal static Measurement Measurement { get; } =
        new("foof compare", "fashion-mnist", ["A processor, 2 cores"], "cpu", 2, 42);

    /// <summary>A page with every section.</summary>
    internal static Report Everything { get; } =
        new(
            "mlp, 6 epochs",
            "Every section",
            "Foof is first, and this page shows all that a page can show.",
            [
                LossSection.Compared("Foof is lowest.", Curves),
                SensitivitySection.Of(Grid)!,
                ReliabilitySection.Of([Diagram("posterior", 0.9), Diagram("plain network", 1.4)]),
                EvidenceSection.Of(Evidence, 12.5),
                ConfidenceSection.Of([
                    Images("wrong images", 0.3, 8),
                    Images("noise images", 0.2, 4),
                    Images("rotated images", 0.25, 4),
                    Images("right images", 0.6, 0),
                ]),
                ContinualSection.Of([Outcome("fine-tuning", 0.15), Outcome("elastic consolidation", 0.02)]),
                SettingsSection.Of([new(Run("foof"), Curves[0]), new(Run("sgd"), null)]),
                Measurement.ToSection("Seconds are those of the steps."),
            ]
        );

    internal static TrainingSettings Run(string optimizer) =>
        TrainingSettings.Read(new Given().With("--optimizer", optimizer));
}
