using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Means over networks whose weights are samples of a posterior.</summary>
internal sealed class SampledNetworks(
    nn.Module<Tensor, Tensor> model,
    Layer[] layers,
    Posterior posterior,
    Likelihood likelihood,
    PredictionOptions options
)
{
    private readonly record struct Sums(Tensor Output, Tensor Square, Tensor? Probabilities, Tensor? Squares);

    private readonly List<Sums> sums = [];

    /// <summary>Runs; the tensors belong to the caller's scope.</summary>
    internal List<Prediction> Run(
        IEnumerable<Tensor> inputs,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        using var generator = new Generator((ulong)options.Seed, posterior.Mean[0].device);
        using var swap = new WeightSwap(layers);
        var bytes = PosteriorModule.weights(posterior) * posterior.Mean[0].ElementSize;
        var most = (int)Math.Clamp(options.MemoryBudget / bytes, 1, options.Samples);
        try
        {
            for (var start = 0; start < options.Samples; start += most)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(most, options.Samples - start);
                var samples = PosteriorSample.draw(count, generator, posterior);
                foreach (var (place, input) in inputs.Index())
                {
                    cancellation.ThrowIfCancellationRequested();
                    Add(place, input, samples, swap);
                    progress?.Report(place + 1);
                }
            }
            return [.. sums.Select(Mean)];
        }
        finally
        {
            foreach (var (output, square, probabilities, squares) in sums)
            {
                output.Dispose();
                square.Dispose();
                probabilities?.Dispose();
                squares?.Dispose();
            }
        }
    }

    private void Add(int place, Tensor input, Tensor[] samples, WeightSwap swap)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.numel() == 0)
            throw new ArgumentException("Each batch must hold at least one data point; one holds none.");
        for (var s = 0; s < samples[0].shape[0]; s++)
        {
            using var scope = NewDisposeScope();
            swap.Put(samples.Select(layer => layer.select(0, s)));
            var output = Mismatch.Told(model, input, null, () => model.call(input)).to(ScalarType.Float64);
            var probabilities = Link(output);
            if (place == sums.Count)
                sums.Add(new(Zeros(output)!, Zeros(output)!, Zeros(probabilities), Zeros(probabilities)));
            sums[place].Output.add_(output);
            sums[place].Square.add_(output.square());
            if (probabilities is null)
                continue;
            sums[place].Probabilities!.add_(probabilities);
            sums[place].Squares!.add_(probabilities.square());
        }
    }

    private Tensor? Link(Tensor output) =>
        likelihood.IsCategorical ? output.softmax(1)
        : likelihood.IsBernoulli ? output.sigmoid()
        : null;

    private static Tensor? Zeros(Tensor? like) =>
        like is null ? null : zeros_like(like).DetachFromDisposeScope();

    private Prediction Mean(Sums sum)
    {
        var mean = sum.Output / options.Samples;
        var variance = (sum.Square / options.Samples - mean.square()).clamp_min(0.0);
        if (sum.Probabilities is null)
            return new(mean, null, variance, null);
        var probabilities = sum.Probabilities / options.Samples;
        var scatter = (sum.Squares! / options.Samples - probabilities.square()).clamp_min(0.0);
        return new(mean, probabilities, variance, likelihood.IsCategorical ? scatter.sum(1) : null);
    }
}
