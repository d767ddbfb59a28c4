using static TorchSharp.torch;

namespace Foof;

public sealed partial class CurvatureMatrix
{
    /// <summary>The Fisher of one batch.</summary>
    /// <param name="model">
    /// The model, batch norms in evaluation mode; it stays the caller's and outlives the matrix.
    /// </param>
    /// <param name="loss">The loss of its output.</param>
    /// <param name="inputs">[n; ...], data points first.</param>
    /// <param name="targets">
    /// What <see cref="Loss"/> asks for; null where labels are not the data's own. Class labels of -100 are
    /// left out.
    /// </param>
    /// <param name="options">What is kept, and at whose labels; null: low rank, of all labels.</param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null: TorchSharp's default one.
    /// </param>
    /// <returns>The matrix; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// No layer is covered, the batch is empty, labels are missing or out of range, shapes, types or devices
    /// do not fit, or memory would exceed the budget.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite.</exception>
    public static CurvatureMatrix Fisher(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        Tensor inputs,
        Tensor? targets = null,
        CurvatureOptions? options = null,
        Generator? generator = null
    )
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Fisher(model, loss, [(inputs, targets)], options, generator);
    }

    /// <summary>The Fisher of several batches together, a mean over all their data points.</summary>
    /// <param name="model">
    /// The model, batch norms in evaluation mode; it stays the caller's and outlives the matrix.
    /// </param>
    /// <param name="loss">The loss of its output.</param>
    /// <param name="batches">
    /// Inputs and targets, or null; each may be freed when the next one is asked for.
    /// </param>
    /// <param name="options">What is kept, and at whose labels; null: low rank, of all labels.</param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null: TorchSharp's default one.
    /// </param>
    /// <param name="progress">Receives the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>The matrix; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// There is no batch, or what one batch is refused for.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static CurvatureMatrix Fisher(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        LabelledBatches batches,
        CurvatureOptions? options = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        options ??= new();
        var likelihood = Likelihoods.Of(loss, options.ObservationNoise);
        var structure = Argument.Known(options.Structure, nameof(options.Structure));
        var budget = Argument.AtLeast(1, options.MemoryBudget, nameof(options.MemoryBudget));
        var fisher = FisherTypes.Of(options.FisherType, options.SampledLabels);
        var survey = Uncovered.Survey(nameof(CurvatureMatrix), model, options.Select);
        SoundModel.Require(model);
        var gathering = new CurvatureGathering(
            model,
            survey.Layers,
            likelihood,
            structure,
            fisher,
            generator
        );
        var found = gathering.Run(batches, RequireRoom, progress, cancellation);
        return new(model, survey, likelihood, structure, found);

        void RequireRoom(Curvature curvature, long points)
        {
            if (Kept.Bytes(CurvatureModule.tensors(curvature)) is var bytes && bytes > budget)
                throw new ArgumentException(
                    $"The curvature of {points:N0} data points must fit the memory budget of {budget:N0} bytes; it "
                        + $"takes {bytes:N0}: use fewer data points, sampled labels, Kronecker factors or a larger "
                        + "budget."
                );
        }
    }

    /// <summary>
    /// <see
    /// cref="Fisher(nn.Module{Tensor, Tensor}, Loss, IEnumerable{ValueTuple{Tensor, Tensor}}, CurvatureOptions, Generator, IProgress{int}, CancellationToken)"/>
    /// on a thread of the pool, which also enumerates the batches. Nothing else may use the model meanwhile.
    /// </summary>
    /// <inheritdoc cref="Fisher(nn.Module{Tensor, Tensor}, Loss, IEnumerable{ValueTuple{Tensor, Tensor}}, CurvatureOptions, Generator, IProgress{int}, CancellationToken)"/>
    public static Task<CurvatureMatrix> FisherAsync(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        LabelledBatches batches,
        CurvatureOptions? options = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        return Task.Run(
            () => Fisher(model, loss, batches, options, generator, progress, cancellation),
            cancellation
        );
    }
}
