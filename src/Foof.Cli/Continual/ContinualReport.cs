using Foof.Cli.Engine;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;

namespace Foof.Cli.Continual;

/// <summary>The report about learning task after task.</summary>
internal static class ContinualReport
{
    private const string Notes =
        "The strength of each method's penalty is the one with the highest accuracy on images held "
        + "out of training, "
        + "which are no test images. Accuracies are means over seeds, with the standard deviation over seeds after the sign ±; "
        + "seconds are those of one sequence of tasks.";

    /// <summary>The report about all variants.</summary>
    internal static Report Of(ContinualSettings settings, string fingerprint, IReadOnlyList<VariantResult> results)
    {
        var section = ContinualSection.Of([.. results.Select(Outcome)]);
        var data = Path.GetFileName(settings.Data.TrimEnd('/'));
        return new(
            $"{Say.Many(settings.Tasks, "task")}, {settings.Scenario}, {Say.Many(settings.Seeds, "seed")}",
            $"Learning without forgetting on {data}",
            section.Lead,
            [
                section with
                {
                    Lead = "Each grid has a row after each task and a column for each task learnt by then.",
                },
                new Measurement(
                    Measurement.Line("continual", ContinualSettings.Table.Options(settings)),
                    $"{data} (fingerprint {fingerprint}), batches of {settings.BatchSize}, "
                        + $"{Say.Many(settings.Epochs, "epoch")} a task by Adam with learning rate "
                        + $"{settings.LearningRate}",
                    [Machine.Description],
                    settings.Device,
                    settings.Threads,
                    settings.Seed
                ).ToSection(Notes),
            ]
        );
    }

    private static ContinualOutcome Outcome(VariantResult result) =>
        new(
            result.Variant.Title,
            result.Accuracy,
            result.Forgetting,
            result.Chosen[0].Bytes,
            result.Chosen.Average(run => run.Seconds)
        )
        {
            Strength = result.Variant.Grid is [0] ? null : result.Strength,
            Tried = [.. result.Tried.Select(run => (run.Strength, run.ValidationAccuracy))],
            Seeds = [.. result.Chosen.Select(run => (run.AverageAccuracy, run.Forgetting))],
        };
}
