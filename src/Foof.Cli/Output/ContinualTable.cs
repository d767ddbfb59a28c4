using Foof.Cli.Commands;
using Foof.Cli.Continual;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>The tables at the end of <c>foof continual</c>.</summary>
internal static class ContinualTable
{
    private const double Megabyte = 1 << 20;

    /// <summary>Writes the accuracy matrix of each variant, and a line for each.</summary>
    internal static void Write(IAnsiConsole console, IReadOnlyList<VariantResult> results)
    {
        foreach (var result in results)
            WriteMatrix(console, result);
        var table = Measured.TableOf("variant", "strength", "accuracy", "forgetting", "kept MB", "s");
        foreach (var result in results)
            table.AddRow(
                result.Variant.Title,
                $"{result.Strength}",
                $"{result.AverageAccuracy:F4}",
                $"{result.Forgetting:F4}",
                $"{result.Chosen[0].Bytes / Megabyte:F1}",
                $"{result.Chosen.Average(one => one.Seconds):F1}"
            );
        console.Write(table);
        console.Profile.Out.Writer.WriteLine(
            "accuracy: the mean over tasks after the last one; forgetting: how far earlier tasks fell from their best."
        );
    }

    private static void WriteMatrix(IAnsiConsole console, VariantResult result)
    {
        var accuracy = result.Accuracy;
        string[] titles = [.. accuracy.Select((_, task) => $"on {task + 1}")];
        var table = Measured.TableOf("after task", titles);
        foreach (var (after, row) in accuracy.Index())
            table.AddRow([$"{after + 1}", .. row.Select(value => $"{value:F4}")]);
        console.Profile.Out.Writer.WriteLine($"{result.Variant.Title}: test accuracy");
        console.Write(table);
    }
}
