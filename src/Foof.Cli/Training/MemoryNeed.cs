using Foof.Cli.Data;
using Foof.Cli.Doctor;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>Refuses runs that need more memory than there is, which would end the process without a word.</summary>
internal static class MemoryNeed
{
    private const double Gigabyte = 1 << 30;

    /// <summary>Refuses a run that the processor's free memory cannot hold.</summary>
    /// <exception cref="CommandFailure">It needs more.</exception>
    internal static void Require(TrainingSettings settings, ImageShape shape)
    {
        if (settings.Device != Devices.Cpu)
            return;
        var (need, free) = (LeastBytes(settings, shape) / Gigabyte, MachineChecks.FreeMemory);
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
        : settings.Width is not null ? "take a smaller --width, or lower --batch-size"
        : $"take --optimizer {Methods.foof.Name}, or lower --batch-size";

    /// <summary>
    /// What a run surely needs: weights and gradients, the outputs of all layers for a batch, and the matrices of the
    /// method; it may need a few times as much.
    /// </summary>
    internal static double LeastBytes(TrainingSettings settings, ImageShape shape)
    {
        var kind = ModelKind.Find(settings.Model);
        settings = kind.Filled(settings);
        // Convolutions only run where their weights have room.
        var least = Bytes(settings, shape, Layers(settings, shape, DeviceType.META));
        return least > MachineChecks.FreeMemory * Gigabyte || !kind.HasConvolutions
            ? least
            : Bytes(settings, shape, Layers(settings, shape, DeviceType.CPU));
    }

    private static double Bytes(TrainingSettings settings, ImageShape shape, IReadOnlyList<LayerSize> layers)
    {
        var weights = layers.Sum(layer => layer.Weights);
        var outputs = settings.BatchSize * layers.Sum(layer => layer.Places + layer.Scores);
        var kind = OptimizerKind.Find(settings.Optimizer);
        return sizeof(float) * (2 * weights + outputs)
            + (kind.Method is { } method ? Of(method, settings, shape, layers) : 0);
    }

    private static double Of(
        Recipe method,
        TrainingSettings settings,
        ImageShape shape,
        IReadOnlyList<LayerSize> layers
    )
    {
        var outputs = ModelKind.Find(settings.Model).Classifies ? shape.Classes : shape.Pixels;
        var columns = settings.BatchSize * (double)(method.Fisher.IsGgn ? outputs : 1);
        return method.Curvature switch
        {
            Approximation.Kronecker sides => Sides(sides.errors, sides.activations),
            Approximation.Eigenbasis sides => Sides(sides.errors, sides.activations),
            // The errors of all columns; their inner products and the factor of these, in float64.
            Approximation.LowRank => columns
                * (sizeof(float) * layers.Sum(layer => layer.Places) + 2 * sizeof(double) * columns),
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

    // On the device META, the network is made and run without memory, since that may be what is missing.
    private static IReadOnlyList<LayerSize> Layers(TrainingSettings settings, ImageShape shape, DeviceType device)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var usual = get_default_device();
        set_default_device(new Device(device));
        try
        {
            using var model = ModelKind.Build(settings, shape);
            model.eval();
            var runs = device != DeviceType.META || !ModelKind.Find(settings.Model).HasConvolutions;
            LayerCount[] counts =
            [
                .. model
                    .modules()
                    .OfType<nn.Module<Tensor, Tensor>>()
                    .Select(module => new LayerCount(module, settings)),
            ];
            if (runs)
                model.call(zeros(shape.Of(1)));
            return [.. counts.Select(count => count.Size(runs)).OfType<LayerSize>()];
        }
        finally
        {
            set_default_device(usual);
        }
    }

    // Counts what a module gives for one image; a recurrent layer runs once for each time.
    private sealed class LayerCount
    {
        private readonly Tensor? weight;
        private double places;
        private double scores;

        internal LayerCount(nn.Module<Tensor, Tensor> module, TrainingSettings settings)
        {
            weight = (module as Linear)?.weight ?? (module as Conv2d)?.weight;
            if (weight is null && module is not SelfAttention)
                return;
            module.register_forward_hook(
                (_, _, output) =>
                {
                    if (weight is not null)
                        places += output.numel();
                    else
                        scores += (double)settings.Heads!.Value * output.shape[1] * output.shape[1];
                    return output;
                }
            );
        }

        internal LayerSize? Size(bool hasRun) =>
            weight is null
                ? (scores > 0 ? new(0, 0, 0, scores) : null)
                : new((double)weight.numel() / weight.shape[0], weight.shape[0], hasRun ? places : weight.shape[0], 0);
    }

    // Places: the numbers of an output for one image; scores: those of attention.
    private readonly record struct LayerSize(double Inputs, double Outputs, double Places, double Scores)
    {
        internal double Weights => Inputs * Outputs;
    }
}
