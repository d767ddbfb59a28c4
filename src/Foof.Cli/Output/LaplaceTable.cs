using Foof.Cli.Commands;
using Foof.Cli.Laplace;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>What a posterior is worth, at the end of <c>foof laplace</c>.</summary>
internal static class LaplaceTable
{
    /// <summary>Writes it.</summary>
    internal static void Write(IAnsiConsole console, LaplaceResult result)
    {
        var table = Measured.TableOf("predictions", "NLL", "accuracy", "Brier", "ECE");
        Row("plain network", result.Quality.Plain);
        if (result.Quality.Scaled is { } scaled)
            Row("temperature scaling", scaled);
        Row($"posterior {result.Structure}", result.Quality.Posterior);
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        writer.WriteLine(
            $"{result.Parameters:N0} weights, {result.Columns:N0} eigenvalues, prior precision "
                + $"{string.Join(", ", result.PriorPrecision.Distinct().Select(value => $"{value:G4}"))} "
                + $"by {result.Tuned}, {result.EffectiveParameters:F0} effective parameters, "
                + $"log evidence {result.LogEvidence:F1}."
        );
        Told("uniform noise", result.Detection.Noise);
        Told("rotated images", result.Detection.Rotated);
        var (fit, tune, samples, predict) = result.Seconds;
        writer.WriteLine(
            $"Fit {fit:F2} s, choice of the prior {tune:F2} s, 100 samples {samples:F2} s, "
                + $"predictions {predict:F2} s, "
                + $"peak memory {MemoryUse.PeakMegabytes:F0} MB."
        );
        void Row(string name, Quality quality) =>
            table.AddRow(
                name,
                $"{quality.Loss:F4}",
                $"{quality.Accuracy:F4}",
                $"{quality.Brier:F4}",
                $"{quality.CalibrationError:F4}"
            );

        void Told(string what, Detection detection) =>
            writer.WriteLine(
                $"Area under the ROC curve for {what}: {detection.Probability:F3} by probability, "
                    + $"{detection.Entropy:F3} by entropy, {detection.Variance:F3} by variance, "
                    + $"{detection.Outputs:F3} by the outputs' variance."
            );
    }
}
