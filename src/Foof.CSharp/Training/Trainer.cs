using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The usual training loop: epochs of steps, with progress and cancellation.</summary>
/// <example>
/// <code>
/// using var optimizer = new FoofOptimizer(model);
/// Trainer.Fit(optimizer, images, labels, epochs: 10, onEpoch: epoch => Console.WriteLine($"{epoch.Epoch}: {epoch.Loss:F4}"));
/// await foreach (var epoch in Trainer.FitAsync(optimizer, images, labels, epochs: 10, firstEpoch: 11))
///     Console.WriteLine($"{epoch.Epoch}: {epoch.Loss:F4}");
/// </code>
/// </example>
public static class Trainer
{
    /// <summary>
    /// Trains on tensors in memory, in batches of rows that are shuffled for each epoch. A last batch that
    /// would be smaller than the others is left out.
    /// </summary>
    /// <param name="optimizer">The optimiser, whose model is in training mode during the run.</param>
    /// <param name="inputs">[N; ...], data points first.</param>
    /// <param name="targets">[N; ...], in the form that <see cref="Loss"/> describes.</param>
    /// <param name="epochs">How many times all data points are seen, at least 1.</param>
    /// <param name="batchSize">How many data points each step uses, from 1 to N.</param>
    /// <param name="seed">
    /// Decides the order of data points, independently of TorchSharp's random numbers.
    /// </param>
    /// <param name="firstEpoch">
    /// The number of the first epoch, at least 1: 3 continues after two epochs, with the batches that would
    /// have followed.
    /// </param>
    /// <param name="scheduler">A learning-rate scheduler that steps after each epoch.</param>
    /// <param name="onEpoch">Receives each epoch when it ends, after the scheduler's step.</param>
    /// <param name="progress">Receives every step.</param>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <returns>One summary for each epoch.</returns>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the data do not fit the model or its loss.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The run was cancelled; the weights are those of the last step.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// A loss or gradient was not finite, or no inversion succeeded; the weights are those before that step.
    /// </exception>
    public static IReadOnlyList<EpochSummary> Fit(
        CurvatureOptimizer optimizer,
        Tensor inputs,
        Tensor targets,
        int epochs,
        int batchSize = 100,
        int seed = 0,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        Action<EpochSummary>? onEpoch = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        Check(optimizer, epochs, firstEpoch);
        var batches = new ShuffledBatches(inputs, targets, batchSize, seed);
        return Fit(optimizer, batches.Of, epochs, firstEpoch, scheduler, onEpoch, progress, cancellation);
    }

    /// <summary>
    /// Trains on batches that the caller makes. If the optimiser has seen none yet, inputs of the first epoch
    /// warm it up.
    /// </summary>
    /// <param name="optimizer">The optimiser, whose model is in training mode during the run.</param>
    /// <param name="batches">
    /// Returns the batches of the epoch with a given number. Tensors that the sequence makes are freed after
    /// their step.
    /// </param>
    /// <param name="epochs">How many epochs there are, at least 1.</param>
    /// <param name="firstEpoch">
    /// The number of the first epoch, at least 1: 3 continues after two epochs, with the batches that would
    /// have followed.
    /// </param>
    /// <param name="scheduler">A learning-rate scheduler that steps after each epoch.</param>
    /// <param name="onEpoch">Receives each epoch when it ends, after the scheduler's step.</param>
    /// <param name="progress">Receives every step.</param>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <returns>One summary for each epoch.</returns>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, an epoch has no batch, or a batch does not fit the model or its loss.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The run was cancelled; the weights are those of the last step.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// A loss or gradient was not finite, or no inversion succeeded; the weights are those before that step.
    /// </exception>
    public static IReadOnlyList<EpochSummary> Fit(
        CurvatureOptimizer optimizer,
        Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
        int epochs,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        Action<EpochSummary>? onEpoch = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        Check(optimizer, epochs, firstEpoch);
        ArgumentNullException.ThrowIfNull(batches);
        var ended = new List<EpochSummary>();
        foreach (var epoch in Epochs(optimizer, batches, epochs, firstEpoch, scheduler, progress, cancellation))
        {
            ended.Add(epoch);
            onEpoch?.Invoke(epoch);
        }
        return ended;
    }

    /// <summary>
    /// Trains on tensors in memory, each epoch on a thread-pool thread when it is requested: an epoch that is
    /// not enumerated is not trained. Nothing else may use the model or the optimiser in the meantime.
    /// </summary>
    /// <returns>One summary for each epoch, as it ends.</returns>
    /// <inheritdoc cref="Fit(CurvatureOptimizer, Tensor, Tensor, int, int, int, int, optim.lr_scheduler.LRScheduler?, Action{EpochSummary}?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public static IAsyncEnumerable<EpochSummary> FitAsync(
        CurvatureOptimizer optimizer,
        Tensor inputs,
        Tensor targets,
        int epochs,
        int batchSize = 100,
        int seed = 0,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        Check(optimizer, epochs, firstEpoch);
        var batches = new ShuffledBatches(inputs, targets, batchSize, seed);
        return FitAsync(optimizer, batches.Of, epochs, firstEpoch, scheduler, progress, cancellation);
    }

    /// <summary>
    /// Trains on batches that the caller makes, each epoch on a thread-pool thread, which also enumerates the
    /// batches, when it is requested: an epoch that is not enumerated is not trained. Nothing else may use
    /// the model or the optimiser in the meantime.
    /// </summary>
    /// <returns>One summary for each epoch, as it ends.</returns>
    /// <inheritdoc cref="Fit(CurvatureOptimizer, Func{int, IEnumerable{ValueTuple{Tensor, Tensor}}}, int, int, optim.lr_scheduler.LRScheduler?, Action{EpochSummary}?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public static IAsyncEnumerable<EpochSummary> FitAsync(
        CurvatureOptimizer optimizer,
        Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
        int epochs,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        Check(optimizer, epochs, firstEpoch);
        ArgumentNullException.ThrowIfNull(batches);
        return OnPool(Epochs(optimizer, batches, epochs, firstEpoch, scheduler, progress, cancellation), cancellation);
    }

    private static IEnumerable<EpochSummary> Epochs(
        CurvatureOptimizer optimizer,
        Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
        int epochs,
        int firstEpoch,
        optim.lr_scheduler.LRScheduler? scheduler,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellation
    ) => new TrainingLoop(optimizer, batches, firstEpoch, epochs, progress, cancellation).Run(scheduler);

    private static void Check(CurvatureOptimizer optimizer, int epochs, int firstEpoch)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Argument.AtLeast(1, epochs);
        Argument.AtLeast(1, firstEpoch);
    }

    private static async IAsyncEnumerable<EpochSummary> OnPool(
        IEnumerable<EpochSummary> epochs,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using var all = epochs.GetEnumerator();
        while (await Task.Run(all.MoveNext, cancellation).ConfigureAwait(false))
            yield return all.Current;
    }
}

/// <summary>Batches of rows of two tensors, shuffled for each epoch.</summary>
internal sealed class ShuffledBatches
{
    private readonly Tensor inputs;
    private readonly Tensor targets;
    private readonly int batchSize;
    private readonly int seed;

    internal ShuffledBatches(Tensor inputs, Tensor targets, int batchSize, int seed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        Argument.SameRows(inputs, targets);
        Argument.AtLeast(1, batchSize);
        if (batchSize > inputs.shape[0])
            throw new ArgumentException(
                $"batchSize must be at most the {inputs.shape[0]} data points; got {batchSize}"
                    + (batchSize == 100 ? ", which is the default." : "."),
                nameof(batchSize)
            );
        (this.inputs, this.targets, this.batchSize, this.seed) = (inputs, targets, batchSize, seed);
    }

    /// <summary>Returns the batches of an epoch; the caller owns them.</summary>
    internal IEnumerable<(Tensor Input, Tensor Target)> Of(int epoch)
    {
        var order = new long[inputs.shape[0]];
        for (var row = 0; row < order.Length; row++)
            order[row] = row;
        new Random(unchecked(seed * 1_000_003 + epoch)).Shuffle(order);
        for (var start = 0; start + batchSize <= order.Length; start += batchSize)
        {
            using var rows = tensor(order[start..(start + batchSize)]);
            using var there = rows.to(inputs.device);
            yield return (inputs.index_select(0, there), Selected(targets, rows));
        }
    }

    private static Tensor Selected(Tensor tensor, Tensor rows)
    {
        using var there = rows.to(tensor.device);
        return tensor.index_select(0, there);
    }
}
