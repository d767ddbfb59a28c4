using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Elastic weight consolidation: after each task, its Fisher determines how far each weight may move while
/// the next task is learnt (Kirkpatrick et al. 2017; with Kronecker factors Ritter et al. 2018; with the full
/// Fisher MATH 7).
/// </summary>
/// <remarks>
/// The Fisher is a mean over single data points, not over squares of mini-batches' mean gradients, which
/// would be smaller by about the number of points in a batch.
/// </remarks>
/// <example>
/// <code>
/// using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy, new() { Strength = 3 });
/// using var optimizer = new FoofOptimizer(model) { Penalty = tasks };
/// Trainer.Fit(optimizer, firstImages, firstLabels, epochs: 5);
/// tasks.Consolidate([(firstImages, firstLabels)]);
/// Trainer.Fit(optimizer, secondImages, secondLabels, epochs: 5);
/// </code>
/// </example>
public sealed class ElasticWeightConsolidation : Consolidator
{
    private readonly Likelihood likelihood;
    private readonly Fisher fisher;
    private readonly ContinualOptions options;

    /// <summary>Makes a consolidator without tasks.</summary>
    /// <param name="model">The network; it stays the caller's.</param>
    /// <param name="loss">The loss of the network's output.</param>
    /// <param name="options">How tasks are consolidated; null means merged Kronecker products.</param>
    /// <param name="select">
    /// Selects the layers that are held back, by name and weight; null means every layer that can be covered.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, or no layer is covered.
    /// </exception>
    public ElasticWeightConsolidation(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        ContinualOptions? options = null,
        Func<string, Parameter, bool>? select = null
    )
        : base(model, (options ??= new()).Rule, options.Strength, options.MemoryBudget, select)
    {
        likelihood = Likelihoods.Of(loss, options.ObservationNoise);
        CurvatureGathering.Supported(
            nameof(ElasticWeightConsolidation),
            options.Structure,
            CurvatureStructure.Kronecker,
            CurvatureStructure.Diagonal,
            CurvatureStructure.LowRank
        );
        fisher = FisherTypes.Of(options.FisherType, options.SampledLabels);
        this.options = options;
    }

    private protected override string Kind => $"elastic weight consolidation, {options.Structure}, {options.Tasks}";

    /// <summary>
    /// Adds a task that has been learnt, by its Fisher at the current weights, a mean over the batches' data
    /// points times the weight (MATH 7).
    /// </summary>
    /// <param name="batches">
    /// The task's data, or a part of them: inputs with labels, which may be null. Each batch stays the
    /// caller's and may be freed once the next one is requested. Only the empirical Fisher uses the labels,
    /// except that class indices of -100 are always ignored.
    /// </param>
    /// <param name="weight">
    /// The ratio N / N' of the task's number of data points to the next task's, greater than zero: 1 for tasks of
    /// equal size. Earlier tasks keep the weights that they were given.
    /// </param>
    /// <param name="head">
    /// The module that is called in place of the model and calls the model, such as the task's
    /// <see cref="TaskHead"/>; null means the model.
    /// </param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null means TorchSharp's default generator.
    /// </param>
    /// <param name="progress">Receives the number of finished batches.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, one does not fit the model, labels are out of range or missing for
    /// <see cref="FisherType.Empirical"/>, a batch norm or dropout is in training mode, the weight is not positive, or
    /// memory would exceed the budget; nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite; nothing changed.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    public void Consolidate(
        LabelledBatches batches,
        double weight = 1,
        nn.Module<Tensor, Tensor>? head = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(batches);
        Require.positive(nameof(weight), weight);
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var gathering = new CurvatureGathering(Model, Layers, likelihood, options.Structure, fisher, generator)
        {
            Called = head ?? Model,
            Budget = MemoryBudget,
        };
        var (curvature, _) = gathering.Run(batches, RequireRoomFor, progress, cancellation);
        try
        {
            Remember(CurvatureModule.scale(weight, curvature));
        }
        finally
        {
            Kept.Replace(CurvatureModule.tensors(curvature), Held);
        }
    }

    /// <summary>
    /// Runs <see cref="Consolidate"/> on a thread-pool thread, which also enumerates the batches. Nothing
    /// else may use this object or its model in the meantime.
    /// </summary>
    /// <inheritdoc cref="Consolidate"/>
    public Task ConsolidateAsync(
        LabelledBatches batches,
        double weight = 1,
        nn.Module<Tensor, Tensor>? head = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(batches);
        return Task.Run(() => Consolidate(batches, weight, head, generator, progress, cancellation), cancellation);
    }

    private void RequireRoomFor(Curvature sofar, long points)
    {
        var bytes = Kept.Bytes(CurvatureModule.tensors(sofar));
        RequireRoom(
            bytes,
            $"The curvature of {points:N0} data points",
            options.Structure == CurvatureStructure.LowRank
                ? $"{points * (double)MemoryBudget / bytes:N0} of them"
                : null
        );
    }
}
