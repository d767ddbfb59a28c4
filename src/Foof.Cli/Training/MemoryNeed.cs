using Foof.Cli.Data;
using Foof.Cli.Doctor;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>Refuses runs that need more memory than there is, which would end the process without a word.</summary>
internal static class MemoryNeed
{
    private const double Gigabyte = 1 << 30;

    /// <summary>Refuses a run that the processor's free memory cannot hold.</summary>
    /// <exception cref="CommandFailure">It needs more.</exception>
    internal static void Require(TrainingSettings settings)
    {
        if (settings.Device != Devices.Cpu)
            return;
        var (need, free) = (LeastBytes(settings) / Gigabyte, MachineChecks.FreeMemory);
        if (need > free)
            throw new CommandFailure(
                $"{settings.Optimizer} on {settings.Model} in batches of {settings.BatchSize} needs at least {need:F1} GB of "
                    + $"memory, and {free:F1} GB are free: {Remedy(settings)}."
            );
    }

    private static string Remedy(TrainingSettings settings) =>
        OptimizerKind.Find(settings.Optimizer).Recipe is { Curvature: Approximation.LowRank, Fisher.IsGgn: true }
            ? $"take --optimizer {Methods.natural.Name}, which samples a label for each image, or lower --batch-size"
        : settings.Hidden is not null ? "take smaller layers by --hidden"
        : $"take --optimizer {Methods.foof.Name}, or lower --batch-size";

    /// <summary>
    /// What a run surely needs: weights and gradients, the outputs of all layers for a batch, and the matrices of the
    /// method; it may need a few times as much.
    /// </summary>
    internal static double LeastBytes(TrainingSettings settings)
    {
        var layers = Layers(settings);
        var weights = layers.Sum(layer => layer.Weights);
        var outputs = settings.BatchSize * layers.Sum(layer => layer.Outputs);
        var kind = OptimizerKind.Find(settings.Optimizer);
        return sizeof(float) * (2 * weights + outputs) + (kind.Method is { } method ? Of(method, settings, layers) : 0);
    }

    private static double Of(Recipe method, TrainingSettings settings, IReadOnlyList<LayerSize> layers)
    {
        var columns = settings.BatchSize * (method.Fisher.IsGgn ? layers[^1].Outputs : 1);
        return method.Curvature switch
        {
            Approximation.Kronecker sides => Sides(sides.errors, sides.activations),
            Approximation.Eigenbasis sides => Sides(sides.errors, sides.activations),
            // Inner products of columns and their factor, in float64.
            Approximation.LowRank => 2 * sizeof(double) * columns * columns,
            Approximation.Window window => sizeof(float) * window.gradients * layers.Sum(layer => layer.Weights),
            _ => 0,
        };

        // The statistic and its inverse.
        double Sides(SideStatistic errors, SideStatistic activations) =>
            2
            * sizeof(float)
            * layers.Sum(layer =>
                (errors.IsIdentity ? 0 : layer.Outputs * layer.Outputs)
                + (activations.IsIdentity ? 0 : layer.Inputs * layer.Inputs)
            );
    }

    // Wide layers are counted before they are made.
    private static IReadOnlyList<LayerSize> Layers(TrainingSettings settings)
    {
        if (settings.Hidden is { } hidden)
        {
            int[] widths = [ImageSet.Pixels, .. Networks.Widths(hidden)!, ImageSet.Classes];
            return [.. widths.Zip(widths.Skip(1), (inputs, outputs) => new LayerSize(inputs, outputs))];
        }
        using var scope = NewDisposeScope();
        using var model = ModelKind.Build(settings);
        return
        [
            .. model
                .parameters()
                .Where(parameter => parameter.dim() > 1)
                .Select(weight => new LayerSize((double)weight.numel() / weight.shape[0], weight.shape[0])),
        ];
    }

    private readonly record struct LayerSize(double Inputs, double Outputs)
    {
        internal double Weights => Inputs * Outputs;
    }
}
