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
        settings = ModelKind.Find(settings.Model).Filled(settings);
        // Outputs are counted by a network that runs, which is only made if its weights and scores have room.
        var least = Bytes(settings, shape, Layers(settings, shape, runs: false));
        return least > MachineChecks.FreeMemory * Gigabyte
            ? least
            : Bytes(settings, shape, Layers(settings, shape, runs: true));
    }

    private static double Bytes(TrainingSettings settings, ImageShape shape, LayerSize[] layers)
    {
        var weights = layers.Sum(layer => layer.Weights);
        var scores = ModelKind.Find(settings.Model).Scores(settings, shape);
        var outputs = settings.BatchSize * (layers.Sum(layer => layer.Places) + scores);
        var kind = OptimizerKind.Find(settings.Optimizer);
        return sizeof(float) * (2 * weights + outputs)
            + (kind.Method is { } method ? Of(method, settings, shape, layers) : 0);
    }

    private static double Of(Recipe method, TrainingSettings settings, ImageShape shape, LayerSize[] layers)
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

    // On the device META, a network is made without memory, since that may be what is missing; few layers run there.
    private static LayerSize[] Layers(TrainingSettings settings, ImageShape shape, bool runs)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var usual = get_default_device();
        set_default_device(new Device(runs ? DeviceType.CPU : DeviceType.META));
        try
        {
            using var model = ModelKind.Build(settings, shape);
            model.eval();
            var modules = model.modules().OfType<nn.Module<Tensor, Tensor>>();
            LayerSize[] layers = [.. modules.Select(LayerSize.Of).OfType<LayerSize>()];
            if (runs)
                model.call(zeros(shape.Of(1)));
            return layers;
        }
        finally
        {
            set_default_device(usual);
        }
    }

    private sealed class LayerSize(double inputs, double outputs)
    {
        private double places;

        internal double Inputs => inputs;

        internal double Outputs => outputs;

        internal double Weights => inputs * outputs;

        // The numbers of its output for an image; a recurrent layer gives them at each time.
        internal double Places => places > 0 ? places : outputs;

        internal static LayerSize? Of(nn.Module<Tensor, Tensor> module)
        {
            if (((module as Linear)?.weight ?? (module as Conv2d)?.weight) is not { } weight)
                return null;
            var size = new LayerSize((double)weight.numel() / weight.shape[0], weight.shape[0]);
            module.register_forward_hook(
                (_, _, output) =>
                {
                    size.places += output.numel();
                    return output;
                }
            );
            return size;
        }
    }
}
