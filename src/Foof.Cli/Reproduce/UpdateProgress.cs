using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>
/// What one update gains on its own mini-batch, along a training of the autoencoder by K-FAC: K-FAC's, and FOOF's with K-FAC's
/// norm in each layer. (Benzing 2022, fig. 4C, App. J)
/// </summary>
internal sealed class UpdateProgress(Laboratory laboratory)
{
    /// <summary>The updates, as lines of the figure.</summary>
    internal const string Kfac = "K-FAC";
    internal const string Foof = "FOOF at K-FAC's norm";

    private const int BatchSize = 200;
    private const int MeasuredEvery = 2;
    private const int CurvatureEvery = 5;

    /// <summary>The relative decrease of the loss by both updates, step by step.</summary>
    internal JsonObject Measure()
    {
        var load = new Workload("autoencoder", laboratory.Protocol.Images, BatchSize, laboratory.Protocol.Epochs);
        var arm = Arms.Every(new(Kfac, "kfac", 3e-4, 0.1), CurvatureEvery, 1);
        var best = laboratory.Run(load, arm).Grid.Best;
        using var path = new PaperPath(laboratory, load);
        using var generator = new Generator(1);
        using var other = new Generator(1);
        using var kfac = Method(Methods.kfac, generator);
        using var foof = Method(Methods.foofKfac, other);
        var count = Math.Min(60, path.Steps);
        var measured = new JsonArray();
        laboratory.Progress.Track(
            $"{laboratory.Figure}, progress",
            count,
            meter =>
            {
                for (var step = 0; step < count; step++)
                {
                    laboratory.Stop.ThrowIfCancellationRequested();
                    meter.Show(step, () => "one update of each");
                    using var scope = NewDisposeScope();
                    if (Step(step) is { } found)
                        measured.Add(found);
                }
            }
        );
        return new() { ["steps"] = measured };

        Preconditioner Method(Recipe recipe, Generator labels) =>
            new(path.Model, recipe.WithDamping(best.Damping!.Value), path.Kind.Likelihood, labels);

        JsonObject? Step(int step)
        {
            var (input, target) = path.Batch(step);
            if (step % CurvatureEvery == 0)
            {
                kfac.UpdateCurvature(input);
                foof.UpdateCurvature(input);
            }
            var gradients = path.Gradients(kfac.Layers, input, target);
            Tensor[] own = [.. kfac.Layers.Zip(gradients, kfac.Apply)];
            JsonObject? found = null;
            if (step % MeasuredEvery == 0)
            {
                var before = path.Loss(input, target);
                Tensor[] others = [.. foof.Layers.Zip(gradients, foof.Apply)];
                found = new()
                {
                    ["step"] = step + 1,
                    ["loss"] = before,
                    [Kfac] = Gain(kfac.Layers, own),
                    [Foof] = Gain(foof.Layers, others),
                };

                double Gain(IEnumerable<Layer> layers, Tensor[] directions)
                {
                    PaperPath.Move(layers, directions, -best.LearningRate);
                    var after = path.Loss(input, target);
                    PaperPath.Move(layers, directions, best.LearningRate);
                    return (before - after) / before;
                }
            }
            PaperPath.Move(kfac.Layers, own, -best.LearningRate);
            return found;
        }
    }
}
