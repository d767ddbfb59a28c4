using static TorchSharp.torch;

namespace Foof;

public sealed partial class CurvatureMatrix
{
    /// <summary>Computes the Fisher of one batch, a mean over its data points.</summary>
    /// <param name="model">
    /// The model, in evaluation mode; it stays the caller's and must outlive the matrix.
    /// </param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="inputs">[n; ...], data points first.</param>
    /// <param name="targets">
    /// Targets in the form that <see cref="Loss"/> describes; they may be null unless the Fisher takes the
    /// data's own labels. Class labels of -100 are ignored.
    /// </param>
    /// <param name="options">
    /// What is kept of the Fisher, and at which labels; null means low rank and all labels.
    /// </param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null means TorchSharp's default generator.
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
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.dim() == 0)
            throw new ArgumentException(
                "inputs must be [n; ...], data points first; got a single number.",
                nameof(inputs)
            );
        return Mismatch.OfSeveral(
            model,
            inputs,
            targets,
            () => Fisher(model, loss, [(inputs, targets)], options, generator)
        );
    }

    /// <summary>Computes the Fisher of several batches, a mean over all their data points.</summary>
    /// <param name="model">
    /// The model, in evaluation mode; it stays the caller's and must outlive the matrix.
    /// </param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="batches">
    /// Inputs with their targets, which may be null; each batch may be freed once the next one is requested.
    /// </param>
    /// <param name="options">
    /// What is kept of the Fisher, and at which labels; null means low rank and all labels.
    /// </param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null means TorchSharp's default generator.
    /// </param>
    /// <param name="progress">Receives the number of finished batches.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <returns>The matrix; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// There is no batch, no layer is covered, a batch is empty, labels are missing or out of range, shapes,
    /// types or devices do not fit, or memory would exceed the budget.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
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
        var gathering = new CurvatureGathering(model, survey.Layers, likelihood, structure, fisher, generator);
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
    /// Runs
    /// <see cref="Fisher(nn.Module{Tensor, Tensor}, Loss, IEnumerable{ValueTuple{Tensor, Tensor}}, CurvatureOptions, Generator, IProgress{int}, CancellationToken)"/>
    /// on a thread-pool thread, which also enumerates the batches. Nothing else may use the model in the
    /// meantime.
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
        return Task.Run(() => Fisher(model, loss, batches, options, generator, progress, cancellation), cancellation);
    }
}
