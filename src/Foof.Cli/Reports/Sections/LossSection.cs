using Foof.Cli.Reports.Charts;
using Foof.Cli.Training;

namespace Foof.Cli.Reports.Sections;

/// <summary>The learning curve of a run.</summary>
/// <param name="Name">The name of its line.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its finished epochs.</param>
internal sealed record LearningCurve(string Name, double WarmUpSeconds, IReadOnlyList<EpochResult> Epochs)
{
    /// <summary>What was measured before the first step; null if it was not.</summary>
    internal EpochResult? Start { get; init; }

    /// <summary>Losses of the batches within epochs.</summary>
    internal IReadOnlyList<CoursePoint> Course { get; init; } = [];

    /// <summary>Its epochs, from 0 if that was measured, with the seconds from the start to the end of each.</summary>
    internal IEnumerable<(EpochResult Epoch, double Seconds)> Measured =>
        Epochs
            .Zip(Clock)
            .Select(pair => (pair.First, pair.Second))
            .Prepend((Start!, 0))
            .Where(one => one.Item1 is not null);

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
    private const string Heading = "Loss against epochs and seconds";

    private static readonly Axis Epochs = new("epoch") { IsWhole = true };
    private static readonly Axis Seconds = new("seconds") { IsFromZero = true };
    private static readonly Axis Accuracy = new("test accuracy") { IsShare = true };

    /// <summary>The section about several runs with a line each, of which the first one stands out.</summary>
    internal static ReportSection Compared(string lead, IReadOnlyList<LearningCurve> curves) =>
        new(
            Heading,
            lead,
            [
                .. Both("Training loss", new("training loss"), "optimiser", Lines(curves, Train)),
                .. OfBatches(curves),
                .. Both("Test loss", new("test loss"), "optimiser", Lines(curves, Test)),
                .. OfAccuracy(curves),
            ]
        );

    /// <summary>The section about one run, with its test loss, which stands out, and its training loss.</summary>
    internal static ReportSection Of(string lead, LearningCurve curve) =>
        new(
            Heading,
            lead,
            [
                .. Both(
                    "Loss",
                    new("loss"),
                    "images",
                    [
                        Of("test", curve, Test),
                        Of("training", curve, Train),
                        .. curve.Course.Count > 0 ? [Batches("batches", curve)] : Array.Empty<Line>(),
                    ]
                ),
                .. OfAccuracy([curve]),
            ]
        );

    // A line with both of its horizontal places.
    private sealed record Line(string Name, IReadOnlyList<(double Epoch, double Seconds, double Value)> Points);

    private static Func<EpochResult, double> Train => epoch => epoch.TrainLoss;
    private static Func<EpochResult, double> Test => epoch => epoch.TestLoss;

    private static Line[] Lines(IEnumerable<LearningCurve> curves, Func<EpochResult, double> value) =>
        [.. curves.Select(curve => Of(curve.Name, curve, value))];

    private static Line Of(string name, LearningCurve curve, Func<EpochResult, double> value) =>
        new(name, [.. curve.Measured.Select(one => ((double)one.Epoch.Epoch, one.Seconds, value(one.Epoch)))]);

    private static Line Batches(string name, LearningCurve curve) =>
        new(name, [.. curve.Course.Select(point => (point.Epochs, point.Seconds, point.Loss))]);

    private static IEnumerable<Chart> OfBatches(IReadOnlyList<LearningCurve> curves) =>
        curves.Any(curve => curve.Course.Count > 0)
            ? Both(
                "Loss of the batches",
                new("loss of the batches"),
                "optimiser",
                [.. curves.Select(curve => Batches(curve.Name, curve))]
            )
            : [];

    private static IEnumerable<Chart> OfAccuracy(IReadOnlyList<LearningCurve> curves) =>
        curves.All(curve => curve.Epochs.All(epoch => epoch.TestAccuracy is not null))
            ? Both("Test accuracy", Accuracy, "optimiser", Lines(curves, epoch => epoch.TestAccuracy ?? 0))
            : [];

    private static IEnumerable<Chart> Both(string title, Axis axis, string kind, IReadOnlyList<Line> lines)
    {
        var fitted = axis.IsShare
            ? axis
            : axis.FittedTo(lines.SelectMany(line => line.Points).Select(point => point.Value).Where(double.IsFinite));
        yield return new LineChart(
            $"{title} against epochs",
            Epochs,
            fitted,
            kind,
            [.. lines.Select(line => new Series(line.Name, line.Points.Select(point => (point.Epoch, point.Value))))]
        ).ToFigure();
        yield return new LineChart(
            $"{title} against seconds",
            Seconds,
            fitted,
            kind,
            [.. lines.Select(line => new Series(line.Name, line.Points.Select(point => (point.Seconds, point.Value))))]
        ).ToFigure();
    }
}
