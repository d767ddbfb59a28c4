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

    // The number of data points of each batch in the first pass.
    private readonly List<long> points = [];

    /// <summary>Computes the means; the tensors belong to the caller's dispose scope.</summary>
    internal List<Prediction> Run(IEnumerable<Tensor> inputs, IProgress<int>? progress, CancellationToken cancellation)
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
                var samples = Sampling.draw(count, generator, posterior);
                var batches = 0;
                foreach (var input in inputs)
                {
                    cancellation.ThrowIfCancellationRequested();
                    ArgumentNullException.ThrowIfNull(input);
                    NotePass(start == 0, batches, input);
                    Add(batches, input, samples, swap);
                    batches++;
                    progress?.Report(batches);
                }
                if (batches < points.Count)
                    throw OtherBatches($"only {batches}");
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

    private void NotePass(bool isFirst, int place, Tensor input)
    {
        if (input.dim() == 0)
            throw new ArgumentException("Each batch must be [n; ...], data points first; one is a single number.");
        if (input.numel() == 0)
            throw new ArgumentException("Each batch must have at least one data point; one has none.");
        Numbers.requireFinite("the batch", "inputs are not finite", "check the data for NaN", input);
        if (isFirst)
            points.Add(input.shape[0]);
        else if (place >= points.Count)
            throw OtherBatches("more");
        else if (input.shape[0] != points[place])
            throw OtherBatches($"{input.shape[0]} points in place of {points[place]} in batch {place + 1}");
    }

    private ArgumentException OtherBatches(string found) =>
        new(
            $"inputs must give the same batches each time that they are enumerated; there were {points.Count} at "
                + $"first, then {found}: give a list, or a larger PredictionOptions.MemoryBudget."
        );

    private void Add(int place, Tensor input, Tensor[] samples, WeightSwap swap)
    {
        for (var s = 0; s < samples[0].shape[0]; s++)
        {
            using var scope = NewDisposeScope();
            swap.Put(samples.Select(layer => layer.select(0, s)));
            var output = Mismatch
                .Explained(model, input, null, () => ForwardPass.call(model, input))
                .to(ScalarType.Float64);
            RequirePoints(input, output);
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

    private void RequirePoints(Tensor input, Tensor output)
    {
        if (output.dim() < (likelihood.IsCategorical ? 2 : 1) || output.shape[0] != input.shape[0])
            throw new ArgumentException(
                $"The model's output must be [{input.shape[0]}; ...], one row for each data point of the batch "
                    + $"[{Shape.text(input.shape)}]; got [{Shape.text(output.shape)}]."
            );
    }

    private Tensor? Link(Tensor output) =>
        likelihood.IsCategorical ? output.softmax(1)
        : likelihood.IsBernoulli ? output.sigmoid()
        : null;

    private static Tensor? Zeros(Tensor? like) => like is null ? null : zeros_like(like).DetachFromDisposeScope();

    private Prediction Mean(Sums sum)
    {
        var mean = sum.Output / options.Samples;
        var variance = (sum.Square / options.Samples - mean.square()).clamp_min(0.0);
        if (sum.Probabilities is null)
            return new(mean, null, variance, null);
        var probabilities = sum.Probabilities / options.Samples;
        var variances = (sum.Squares! / options.Samples - probabilities.square()).clamp_min(0.0);
        return new(mean, probabilities, variance, likelihood.IsCategorical ? variances.sum(1) : null);
    }
}
