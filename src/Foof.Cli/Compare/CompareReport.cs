using System.Globalization;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>The report about a comparison.</summary>
internal static class CompareReport
{
    /// <summary>The report about a comparison in which a run did not diverge.</summary>
    /// <param name="comparison">Its runs.</param>
    /// <param name="command">The command that can be run again.</param>
    internal static Report Of(Comparison comparison, string command)
    {
        var best = comparison.Best;
        var settings = best[0].Options;
        var epochs = Say.Many(settings.Epochs, "epoch");
        LearningCurve[] curves = [.. best.Select(Curve)];
        ReportSection?[] sections =
        [
            LossSection.Compared(Course(best, curves), curves),
            SensitivitySection.Of([.. comparison.Ranked.Select(Point)]),
            SettingsSection.Of([.. comparison.Ranked.Select(Row)]),
            Measured(comparison, command).ToSection(Notes),
        ];
        return new(
            $"{settings.Model} with {Say.Count(best[0].Parameters)} parameters, {epochs} of "
                + TrainingReport.Name(settings),
            $"{Capital(Say.List([.. comparison.Runs.Select(run => run.Options.Optimizer).Distinct()]))} compared",
            Lead(best, curves) + Diverged(comparison, best),
            [.. sections.OfType<ReportSection>()]
        );
    }

    private const string Notes =
        TrainingReport.Notes
        + " An optimiser's line is that of its run with the lowest training loss, so that no test "
        + "image chose a "
        + "setting.";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static LearningCurve Curve(FinishedRun run) =>
        new(run.Options.Optimizer, run.WarmUpSeconds, run.Epochs) { Start = run.Start, Course = run.Course ?? [] };

    private static GridPoint Point(FinishedRun run) =>
        new(run.Options.Optimizer, run.Options.LearningRate, run.Damping, run.TrainLoss);

    private static SettingsRow Row(FinishedRun run) => new(run.Options, run.TrainLoss is null ? null : Curve(run));

    private static Measurement Measured(Comparison comparison, string command)
    {
        var run = comparison.Runs[0];
        return TrainingReport.Measured(
            command,
            run.Options,
            run.Fingerprint,
            [.. comparison.Runs.Select(run => run.Machine).Distinct()]
        );
    }

    private static string Lead(IReadOnlyList<FinishedRun> best, LearningCurve[] curves)
    {
        var (first, last) = (best[0], best[0].Epochs[^1]);
        var accuracy = last.TestAccuracy is { } share ? $", with {Say.Percent(share)} of the test images right" : "";
        var text =
            $"{Capital(first.Options.Optimizer)} reaches the lowest training loss, "
            + $"{Say.Number(last.TrainLoss)}, after "
            + $"{Say.Many(first.Options.Epochs, "epoch")} and {Say.Time(curves[0].Clock.Last())}{accuracy}";
        return best.Count == 1
            ? $"{text}."
            : $"{text}; {best[1].Options.Optimizer} is next with {Say.Number(best[1].TrainLoss)} after "
                + $"{Say.Time(curves[1].Clock.Last())}.";
    }

    private static string Diverged(Comparison comparison, IReadOnlyList<FinishedRun> best)
    {
        string[] names =
        [
            .. comparison
                .Runs.Select(run => run.Options.Optimizer)
                .Distinct()
                .Except(best.Select(run => run.Options.Optimizer)),
        ];
        return names.Length == 0
            ? ""
            : $" {Capital(Say.List(names))} diverged in every run and {(names.Length == 1 ? "has" : "have")} no line.";
    }

    // When the best run reaches the final losses of the others.
    private static string Course(IReadOnlyList<FinishedRun> best, LearningCurve[] curves)
    {
        var passed = best.Skip(1)
            .Select(
                (run, place) =>
                {
                    var at = curves[0].Epochs.Index().First(epoch => epoch.Item.TrainLoss <= run.TrainLoss).Index;
                    return $"{run.Options.Optimizer}'s final training loss by epoch {at + 1}, "
                        + $"{Say.Time(curves[0].Clock.ElementAt(at))} "
                        + $"({run.Options.Optimizer}: {Say.Time(curves[place + 1].Clock.Last())})";
                }
            );
        var setting =
            $"{Capital(best[0].Options.Optimizer)}'s best run has learning rate "
            + $"{Exact(best[0].Options.LearningRate)}"
            + (best[0].Damping is { } damping ? $" and damping {Exact(damping)}" : "");
        return best.Count == 1 ? $"{setting}." : $"{setting}; it reaches {string.Join("; ", passed)}.";
    }

    private static string Exact(double value) => value.ToString(CultureInfo.InvariantCulture);
}
