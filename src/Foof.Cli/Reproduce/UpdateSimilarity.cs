using System.Globalization;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>
/// Cosines between K-FAC's and FOOF's updates along a training by K-FAC, by damping and damping rule. (Benzing 2022, fig. 3B)
/// </summary>
internal sealed class UpdateSimilarity(Laboratory laboratory, IReadOnlyList<double> dampings)
{
    /// <summary>The rules, as lines of the figure.</summary>
    internal const string Heuristic = "heuristic damping";
    internal const string Standard = "standard damping";

    private const int CurvatureImages = 1000;
    private const int Points = 3;

    /// <summary>The mean cosine of each rule and damping.</summary>
    internal JsonObject Measure()
    {
        var load = NaturalGradientFigures.MiniBatches(laboratory.Protocol);
        var best = laboratory.Run(load, Arms.KfacOf(laboratory.Protocol)).Grid.Best;
        using var path = new PaperPath(laboratory, load);
        using var optimizer = new Optimizer(
            path.Model,
            Methods.kfac.WithDamping(best.Damping!.Value).WithCadence(laboratory.Protocol.InvertEvery, 10),
            path.Kind.Likelihood,
            best.LearningRate
        );
        var steps = path.Steps;
        var sums = dampings.ToDictionary(damping => damping, _ => (Heuristic: 0.0, Standard: 0.0));
        laboratory.Progress.Track(
            $"{laboratory.Figure}, similarity",
            steps,
            meter =>
            {
                for (var step = 0; step < steps; step++)
                {
                    laboratory.Stop.ThrowIfCancellationRequested();
                    meter.Show(step, () => "K-FAC against FOOF");
                    using var scope = NewDisposeScope();
                    var (input, target) = path.Batch(step);
                    optimizer.Step(input, target);
                    if ((step + 1) * Points / steps > step * Points / steps)
                        foreach (var damping in dampings)
                            sums[damping] = Add(sums[damping], Cosines(path, input, target, damping));
                }
            }
        );
        JsonObject Of(Func<(double Heuristic, double Standard), double> rule) =>
            new(
                sums.Select(one =>
                    KeyValuePair.Create(
                        one.Key.ToString(CultureInfo.InvariantCulture),
                        (JsonNode?)JsonValue.Create(rule(one.Value) / Points)
                    )
                )
            );
        return new() { [Heuristic] = Of(sum => sum.Heuristic), [Standard] = Of(sum => sum.Standard) };
    }

    private static (double, double) Add((double, double) x, (double, double) y) =>
        (x.Item1 + y.Item1, x.Item2 + y.Item2);

    private (double, double) Cosines(PaperPath path, Tensor input, Tensor target, double damping)
    {
        using var scope = NewDisposeScope();
        var curvature = path.Images.narrow(0, 0, Math.Min(CurvatureImages, path.Images.shape[0]));
        Tensor[] Update(Recipe recipe)
        {
            laboratory.Stop.ThrowIfCancellationRequested();
            // All sample the same labels.
            using var generator = new Generator(1);
            using var method = new Preconditioner(
                path.Model,
                recipe.WithDamping(damping),
                path.Kind.Likelihood,
                generator
            );
            method.UpdateCurvature(curvature);
            var gradients = path.Gradients(method.Layers, input, target);
            return [.. method.Layers.Zip(gradients, method.Apply)];
        }
        var foof = Update(Methods.foofKfac);
        double Mean(Tensor[] updates) => updates.Zip(foof, Cosine).Average();
        return (Mean(Update(Methods.kfac)), Mean(Update(Methods.kfacStandard)));
    }

    private static double Cosine(Tensor x, Tensor y) => ((x * y).sum() / (x.norm() * y.norm())).ToDouble();
}
