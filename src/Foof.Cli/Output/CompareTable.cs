using System.Globalization;
using Foof.Cli.Commands;
using Foof.Cli.Compare;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>The table of runs at the end of a comparison, the best first.</summary>
internal static class CompareTable
{
    /// <summary>Writes it; models without classes have no accuracy.</summary>
    internal static void Write(IAnsiConsole console, Comparison comparison)
    {
        var classifies = comparison.Runs.Any(run => run.Epochs.Any(epoch => epoch.TestAccuracy is not null));
        string[] titles = ["learning rate", "damping", "train loss", "test loss"];
        string[] more = classifies ? ["test accuracy"] : [];
        var table = Measured.TableOf("optimiser", [.. titles, .. more, "seconds", "ms/step"]);
        foreach (var run in comparison.Ranked)
            table.AddRow([.. Cells(run, classifies)]);
        console.Write(table);
    }

    private static IEnumerable<string> Cells(FinishedRun run, bool classifies)
    {
        yield return run.Options.Optimizer;
        yield return run.Options.LearningRate.ToString(CultureInfo.InvariantCulture);
        yield return run.Damping?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (run.Failure is not null)
        {
            yield return "diverged";
            yield break;
        }
        var last = run.Epochs[^1];
        yield return $"{last.TrainLoss:F4}";
        yield return $"{last.TestLoss:F4}";
        if (classifies)
            yield return $"{last.TestAccuracy:F4}";
        yield return $"{run.WarmUpSeconds + run.Epochs.Sum(epoch => epoch.Seconds):F1}";
        yield return $"{last.StepMsMedian:F2}";
    }
}
