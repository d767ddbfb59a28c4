using Foof.Cli.Reports.Charts;
using Foof.Cli.Training;

namespace Foof.Cli.Reports.Sections;

/// <summary>The learning curve of a run.</summary>
/// <param name="Name">The name of its line.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its finished epochs.</param>
internal sealed record LearningCurve(string Name, double WarmUpSeconds, IReadOnlyList<EpochResult> Epochs)
{
    /// <summary>The seconds from the start to the end of each epoch, without evaluations.</summary>
    internal IEnumerable<double> Clock
    {
        get
        {
            var seconds = WarmUpSeconds;
            foreach (var epoch in Epochs)
                yield return seconds += epoch.Seconds;
        }
    }
}

/// <summary>The section about loss and accuracy over epochs and seconds.</summary>
internal static class LossSection
{
    private static readonly Axis Epochs = new("epoch") { IsWhole = true };
    private static readonly Axis Seconds = new("seconds") { IsFromZero = true };
    private static readonly Axis Accuracy = new("test accuracy") { IsShare = true };

    /// <summary>The section about several runs with a line each, of which the first one stands out.</summary>
    internal static ReportSection Compared(string lead, IReadOnlyList<LearningCurve> curves) =>
        new(
            "Loss against epochs and seconds",
            lead,
            [
                .. Both(
                    "Training loss",
                    new("training loss"),
                    "optimiser",
                    [.. curves.Select(curve => (curve.Name, curve, Train))]
                ),
                .. Both(
                    "Test loss",
                    new("test loss"),
                    "optimiser",
                    [.. curves.Select(curve => (curve.Name, curve, Test))]
                ),
                .. OfAccuracy(curves),
            ]
        );

    /// <summary>The section about one run, with its test loss, which stands out, and its training loss.</summary>
    internal static ReportSection Of(string lead, LearningCurve curve) =>
        new(
            "Loss against epochs and seconds",
            lead,
            [
                .. Both("Loss", new("loss"), "images", [("test", curve, Test), ("training", curve, Train)]),
                .. OfAccuracy([curve]),
            ]
        );

    private static Func<EpochResult, double> Train => epoch => epoch.TrainLoss;
    private static Func<EpochResult, double> Test => epoch => epoch.TestLoss;

    private static IEnumerable<Chart> OfAccuracy(IReadOnlyList<LearningCurve> curves) =>
        curves.All(curve => curve.Epochs.All(epoch => epoch.TestAccuracy is not null))
            ? Both(
                "Test accuracy",
                Accuracy,
                "optimiser",
                [
                    .. curves.Select(curve =>
                        (curve.Name, curve, (Func<EpochResult, double>)(epoch => epoch.TestAccuracy ?? 0))
                    ),
                ]
            )
            : [];

    private static IEnumerable<Chart> Both(
        string title,
        Axis axis,
        string kind,
        IReadOnlyList<(string Name, LearningCurve Curve, Func<EpochResult, double> Value)> lines
    )
    {
        var fitted = axis.IsShare
            ? axis
            : axis.FittedTo(lines.SelectMany(line => line.Curve.Epochs.Select(line.Value)));
        yield return new LineChart(
            $"{title} against epochs",
            Epochs,
            fitted,
            kind,
            [.. lines.Select(line => Along(line, line.Curve.Epochs.Select(epoch => (double)epoch.Epoch)))]
        ).ToFigure();
        yield return new LineChart(
            $"{title} against seconds",
            Seconds.FittedTo(lines.SelectMany(line => line.Curve.Clock)),
            fitted,
            kind,
            [.. lines.Select(line => Along(line, line.Curve.Clock))]
        ).ToFigure();
    }

    private static Series Along(
        (string Name, LearningCurve Curve, Func<EpochResult, double> Value) line,
        IEnumerable<double> places
    ) => new(line.Name, [.. places.Zip(line.Curve.Epochs.Select(line.Value))]);
}
