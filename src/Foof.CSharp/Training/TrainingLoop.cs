using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>One run of the training loop.</summary>
internal sealed class TrainingLoop(
    CurvatureOptimizer optimizer,
    Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
    int firstEpoch,
    int epochs,
    IProgress<TrainingProgress>? progress,
    CancellationToken cancellation
)
{
    private long start;

    private int LastEpoch => firstEpoch + epochs - 1;

    internal IEnumerable<EpochSummary> Run(optim.lr_scheduler.LRScheduler? scheduler)
    {
        start = Stopwatch.GetTimestamp();
        for (var epoch = firstEpoch; epoch <= LastEpoch; epoch++)
        {
            var begun = Stopwatch.GetTimestamp();
            var loss = One(epoch);
            scheduler?.step();
            yield return new(epoch, loss, Stopwatch.GetElapsedTime(begun));
        }
    }

    private double One(int epoch)
    {
        var (model, before) = (optimizer.Model, optimizer.Model.training);
        model.train();
        try
        {
            if (optimizer.BatchesSeen == 0)
            {
                RequireFit();
                optimizer.WarmUp(Inputs());
            }
            return Train(epoch);
        }
        finally
        {
            model.train(before);
        }
    }

    // This comes before the warm-up, which sees no targets and may use all batches of an epoch.
    private void RequireFit()
    {
        using var scope = NewDisposeScope();
        using var all = batches(firstEpoch).GetEnumerator();
        if (!all.MoveNext())
            return;
        var (input, target) = Whole(all.Current, 1);
        Mismatch.Explained(
            optimizer.Model,
            input,
            target,
            () => EvaluationPass.Check(optimizer.Model, input, target, optimizer.Likelihood)
        );
    }

    private static (Tensor Input, Tensor Target) Whole((Tensor Input, Tensor Target) batch, int place) =>
        (Argument.Batch(batch.Input, place), Argument.Labels(batch.Target, place));

    // The scope of a batch is open until the next one is requested.
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
            var count = Points(input, target);
            points += count;
            Add(scope, ref sum, result.Loss, count);
            progress?.Report(new(epoch, LastEpoch, step, result.ReadLoss(), Stopwatch.GetElapsedTime(start)));
        }
        return sum is null
            ? throw new ArgumentException($"Each epoch must have a batch; epoch {epoch} has none.")
            : sum.ToDouble() / points;
    }

    // The loss of a batch is a mean over the data points that have a label that counts.
    private long Points(Tensor input, Tensor target)
    {
        var likelihood = optimizer.Likelihood;
        return likelihood.IsCategorical
            ? LikelihoodModule.dataPoints(LikelihoodModule.counted(likelihood, target))
            : input.shape[0];
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

/// <summary>
/// A forward pass in evaluation mode that leaves each module's mode and the random numbers as they are.
/// </summary>
internal static class EvaluationPass
{
    /// <summary>
    /// Raises if the model cannot take the input, or the likelihood cannot take the output and the target.
    /// </summary>
    /// <exception cref="ArgumentException">The targets do not fit.</exception>
    internal static void Check(nn.Module<Tensor, Tensor> model, Tensor input, Tensor target, Likelihood likelihood)
    {
        using var scope = NewDisposeScope();
        var numbers = get_rng_state();
        (nn.Module Module, bool Training)[] modes =
        [
            .. model
                .named_modules()
                .Select(named => named.Item2)
                .Prepend(model)
                .Select(module => (module, module.training)),
        ];
        model.eval();
        try
        {
            var output = ForwardPass.output(model, input);
            LikelihoodModule.check(likelihood, output, target);
        }
        catch (NumericalFailure)
        {
            // Shapes, types and labels fit; the step itself reports failures of its numbers.
        }
        finally
        {
            set_rng_state(numbers);
            // A module also sets the mode of the modules inside it, which come later.
            foreach (var (module, training) in modes)
                module.train(training);
        }
    }
}
