using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>One run of the common loop.</summary>
internal sealed class TrainingLoop(
    CurvatureOptimizer optimizer,
    Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
    int firstEpoch,
    int epochs,
    IProgress<TrainingProgress>? progress,
    CancellationToken cancellation
)
{
    private readonly long start = Stopwatch.GetTimestamp();

    private int LastEpoch => firstEpoch + epochs - 1;

    internal IReadOnlyList<EpochSummary> Run(optim.lr_scheduler.LRScheduler? scheduler)
    {
        using var mode = optimizer.Training();
        if (optimizer.Position == 0)
        {
            RequireFit();
            optimizer.WarmUp(Inputs());
        }
        var summaries = new List<EpochSummary>();
        for (var epoch = firstEpoch; epoch <= LastEpoch; epoch++)
        {
            var begun = Stopwatch.GetTimestamp();
            var loss = Train(epoch);
            summaries.Add(new(epoch, loss, Stopwatch.GetElapsedTime(begun)));
            scheduler?.step();
        }
        return summaries;
    }

    // Before the warm-up, which sees no targets and may take as many batches as an epoch has.
    private void RequireFit()
    {
        using var scope = NewDisposeScope();
        using var all = batches(firstEpoch).GetEnumerator();
        if (!all.MoveNext())
            return;
        var (input, target) = Whole(all.Current, 1);
        optimizer.RequireFit(input, target);
    }

    private static (Tensor Input, Tensor Target) Whole((Tensor Input, Tensor Target) batch, int place) =>
        (Argument.Batch(batch.Input, place), Argument.Labels(batch.Target, place));

    // The scope of a batch is open until the next one is asked for.
    private IEnumerable<Tensor> Inputs()
    {
        using var all = batches(firstEpoch).GetEnumerator();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!all.MoveNext())
                yield break;
            yield return all.Current.Input;
        }
    }

    private double Train(int epoch)
    {
        using var outer = NewDisposeScope();
        using var all = batches(epoch).GetEnumerator();
        Tensor? sum = null;
        long points = 0;
        for (var step = 1; ; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!all.MoveNext())
                break;
            var (input, target) = Whole(all.Current, step);
            using var result = optimizer.Step(input, target);
            points += input.shape[0];
            Add(scope, ref sum, result.Loss, input.shape[0]);
            progress?.Report(new(epoch, LastEpoch, step, result.ReadLoss(), Stopwatch.GetElapsedTime(start)));
        }
        return sum is null
            ? throw new ArgumentException($"Each epoch must have a batch; epoch {epoch} has none.")
            : sum.ToDouble() / points;
    }

    // On the loss's device, so that no step waits for a number.
    private static void Add(DisposeScope scope, ref Tensor? sum, Tensor loss, long points)
    {
        if (sum is null)
            sum = scope.MoveToOuter(loss.to(ScalarType.Float64).mul(points.ToScalar()));
        else
            sum.add_(loss.to(ScalarType.Float64), points.ToScalar());
    }
}
