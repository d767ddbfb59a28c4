using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The common loop: epochs of steps, with progress and cancellation.</summary>
/// <example>
/// <code>
/// using var optimizer = new FoofOptimizer(model);
/// var epochs = FoofTraining.Run(optimizer, images, labels, epochs: 10, batchSize: 100);
/// Console.WriteLine(epochs[^1].Loss);
/// </code>
/// </example>
public static class FoofTraining
{
    /// <summary>
    /// Trains on tensors in memory, in batches of rows that are shuffled anew in each epoch. A last batch
    /// that is smaller than the others is left out.
    /// </summary>
    /// <param name="optimizer">The optimiser; its model is in training mode meanwhile.</param>
    /// <param name="inputs">[N; ...], data points first.</param>
    /// <param name="targets">[N; ...], as <see cref="Loss"/> says.</param>
    /// <param name="epochs">How many times all data points are seen, at least 1.</param>
    /// <param name="batchSize">How many data points a step takes, from 1 to N.</param>
    /// <param name="seed">Decides the order of data points, whatever the generator of tensors is at.</param>
    /// <param name="firstEpoch">
    /// The number of the first epoch, from 1 on: 3 goes on after two, with the batches that would have come.
    /// </param>
    /// <param name="scheduler">A learning-rate scheduler that steps after each epoch.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>One line for each epoch.</returns>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the data do not fit the model or its loss.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// It was stopped; the weights are those of the last step.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// The numbers failed; the weights are those of the step before.
    /// </exception>
    public static IReadOnlyList<EpochSummary> Run(
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
        ArgumentNullException.ThrowIfNull(optimizer);
        Argument.AtLeast(1, epochs);
        Argument.AtLeast(1, firstEpoch);
        var batches = new ShuffledBatches(inputs, targets, batchSize, seed);
        return Run(optimizer, batches.Of, epochs, firstEpoch, scheduler, progress, cancellation);
    }

    /// <summary>
    /// Trains on batches of one's own. Where the optimiser has seen none yet, inputs of the first epoch warm
    /// it up.
    /// </summary>
    /// <param name="optimizer">The optimiser; its model is in training mode meanwhile.</param>
    /// <param name="batches">
    /// The batches of an epoch by its number. Tensors that the sequence makes are freed after their step.
    /// </param>
    /// <param name="epochs">How many epochs there are, at least 1.</param>
    /// <param name="firstEpoch">
    /// The number of the first epoch, from 1 on: 3 goes on after two, with the batches that would have come.
    /// </param>
    /// <param name="scheduler">A learning-rate scheduler that steps after each epoch.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>One line for each epoch.</returns>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, an epoch has no batch, or a batch does not fit the model or its loss.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// It was stopped; the weights are those of the last step.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// The numbers failed; the weights are those of the step before.
    /// </exception>
    public static IReadOnlyList<EpochSummary> Run(
        CurvatureOptimizer optimizer,
        Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
        int epochs,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(batches);
        Argument.AtLeast(1, epochs);
        Argument.AtLeast(1, firstEpoch);
        return new TrainingLoop(optimizer, batches, firstEpoch, epochs, progress, cancellation).Run(
            scheduler
        );
    }

    /// <summary>
    /// As <see cref="Run(CurvatureOptimizer, Tensor, Tensor, int, int, int, int, optim.lr_scheduler.LRScheduler?, IProgress{TrainingProgress}?, CancellationToken)"/>,
    /// on a thread of the pool. Nothing else may use the model or the optimiser meanwhile.
    /// </summary>
    /// <inheritdoc cref="Run(CurvatureOptimizer, Tensor, Tensor, int, int, int, int, optim.lr_scheduler.LRScheduler?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public static Task<IReadOnlyList<EpochSummary>> RunAsync(
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
        ArgumentNullException.ThrowIfNull(optimizer);
        Argument.AtLeast(1, epochs);
        Argument.AtLeast(1, firstEpoch);
        var batches = new ShuffledBatches(inputs, targets, batchSize, seed);
        return RunAsync(optimizer, batches.Of, epochs, firstEpoch, scheduler, progress, cancellation);
    }

    /// <summary>
    /// As <see cref="Run(CurvatureOptimizer, Func{int, IEnumerable{ValueTuple{Tensor, Tensor}}}, int, int, optim.lr_scheduler.LRScheduler?, IProgress{TrainingProgress}?, CancellationToken)"/>,
    /// on a thread of the pool, which also enumerates the batches. Nothing else may use the model or the
    /// optimiser meanwhile.
    /// </summary>
    /// <inheritdoc cref="Run(CurvatureOptimizer, Func{int, IEnumerable{ValueTuple{Tensor, Tensor}}}, int, int, optim.lr_scheduler.LRScheduler?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public static Task<IReadOnlyList<EpochSummary>> RunAsync(
        CurvatureOptimizer optimizer,
        Func<int, IEnumerable<(Tensor Input, Tensor Target)>> batches,
        int epochs,
        int firstEpoch = 1,
        optim.lr_scheduler.LRScheduler? scheduler = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(batches);
        Argument.AtLeast(1, epochs);
        Argument.AtLeast(1, firstEpoch);
        return Task.Run(
            () => Run(optimizer, batches, epochs, firstEpoch, scheduler, progress, cancellation),
            cancellation
        );
    }
}
