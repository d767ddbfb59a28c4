using Foof.Cli.Data;
using Foof.Cli.Doctor;
using Foof.Cli.Engine;
using Foof.Cli.Models;
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
        // Outputs are counted by a network that runs, which is only made if its weights have room.
        var least = Bytes(settings, shape, Layers(settings, shape));
        return least > MachineChecks.FreeMemory * Gigabyte
            ? least
            : Bytes(settings, shape, LayersAtWork(settings, shape));
    }

    private static double Bytes(TrainingSettings settings, ImageShape shape, IReadOnlyList<LayerSize> layers)
    {
        var weights = layers.Sum(layer => layer.Weights);
        var outputs = settings.BatchSize * layers.Sum(layer => layer.Places);
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

    // The network is made without memory for its weights, since that may be what is missing.
    private static IReadOnlyList<LayerSize> Layers(TrainingSettings settings, ImageShape shape)
    {
        using var scope = NewDisposeScope();
        var usual = get_default_device();
        set_default_device(new Device(DeviceType.META));
        try
        {
            using var model = ModelKind.Build(settings, shape);
            return [.. model.modules().Select(Weight).OfType<Tensor>().Select(weight => LayerSize.Of(weight))];
        }
        finally
        {
            set_default_device(usual);
        }
    }

    private static IReadOnlyList<LayerSize> LayersAtWork(TrainingSettings settings, ImageShape shape)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        using var model = ModelKind.Build(settings, shape);
        model.eval();
        // A recurrent layer runs once for each time.
        var layers = new List<(Tensor Weight, long[] Places)>();
        foreach (var module in model.modules())
            if (module is nn.Module<Tensor, Tensor> layer && Weight(layer) is { } weight)
            {
                var places = new long[1];
                layers.Add((weight, places));
                layer.register_forward_hook(
                    (_, _, output) =>
                    {
                        places[0] += output.numel();
                        return output;
                    }
                );
            }
        model.call(zeros(shape.Of(1)));
        return [.. layers.Select(layer => LayerSize.Of(layer.Weight, layer.Places[0]))];
    }

    private static Tensor? Weight(nn.Module module) => (module as Linear)?.weight ?? (module as Conv2d)?.weight;

    // Places: the numbers of an output for one image.
    private readonly record struct LayerSize(double Inputs, double Outputs, double Places)
    {
        internal double Weights => Inputs * Outputs;

        internal static LayerSize Of(Tensor weight, long? places = null) =>
            new((double)weight.numel() / weight.shape[0], weight.shape[0], places ?? weight.shape[0]);
    }
}
