using Foof.Cli.Training;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>The table of epochs at the end of a run.</summary>
internal static class EpochTable
{
    /// <summary>Writes it; models without classes have no accuracy.</summary>
    internal static void Write(IAnsiConsole console, IReadOnlyList<EpochResult> epochs)
    {
        var classifies = epochs.Any(epoch => epoch.TestAccuracy is not null);
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var title in Titles(classifies))
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var epoch in epochs)
            table.AddRow([.. Cells(epoch, classifies)]);
        console.Write(table);
    }

    private static IEnumerable<string> Titles(bool classifies) =>
        classifies
            ? ["epoch", "train loss", "test loss", "test accuracy", "seconds", "ms/step"]
            : ["epoch", "train loss", "test loss", "seconds", "ms/step"];

    private static IEnumerable<string> Cells(EpochResult epoch, bool classifies)
    {
        yield return $"{epoch.Epoch}";
        yield return $"{epoch.TrainLoss:F4}";
        yield return $"{epoch.TestLoss:F4}";
        if (classifies)
            yield return $"{epoch.TestAccuracy:F4}";
        yield return $"{epoch.Seconds:F1}";
        yield return $"{epoch.StepMsMedian:F2}";
    }
}
