using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    /// <summary>
    /// The largest share of the trace of N F that <see cref="Update"/> ever left out, in [0, 1]; 0 where it kept
    /// all columns.
    /// </summary>
    public double DiscardedShare { get; private set; }

    /// <summary>
    /// Takes further data in, around the network's weights as they are now: N F + N' F' in place of N F. Exact
    /// for low-rank, written-out and diagonal structures of networks that are linear in their weights;
    /// Kronecker products are merged with the trace of the sum. The prior, its mean, the temperature and the
    /// options of the fit stay; the evidence is of all data at the same weights, and gone.
    /// </summary>
    /// <param name="batches">
    /// The further data, or a part of them, as for <see cref="Fit"/>; earlier data are not wanted again.
    /// </param>
    /// <param name="columns">
    /// The most columns of a low-rank posterior; the leading directions stay, p numbers each, and <see
    /// cref="DiscardedShare"/> tells what was left out. Null: all.
    /// </param>
    /// <param name="dataPoints">N', what the batches count for; null: their data points.</param>
    /// <param name="generator">Draws sampled labels; null: the default one.</param>
    /// <param name="progress">Told the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, labels are out of range, the options are not of this structure, a number is not
    /// positive, or memory would exceed the budget; nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite; nothing changed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; nothing changed.</exception>
    public void Update(
        LabelledBatches batches,
        int? columns = null,
        long? dataPoints = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(batches);
        Argument.AtLeast(1, columns ?? 1, nameof(columns));
        Argument.AtLeast(1, dataPoints ?? 1, nameof(dataPoints));
        _ = Alive;
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var fit = new CurvatureFit(model, layers, Likelihood, options, generator, IsWrittenOut);
        var fitted = fit.Run(batches, progress, cancellation);
        IEnumerable<Tensor> kept = [];
        try
        {
            var points = dataPoints ?? fitted.Points;
            var further = DataPrecisionModule.ofCurvature(points, Packed(fitted.Curvature));
            var (data, discarded) = Reduced(columns, PosteriorUpdate.add(Alive.Data, further));
            RequireRoom(data);
            var next = PosteriorModule.make(WeightPenalty.copied(layers), data, Alive.Prior);
            Adopt(PosteriorModule.withTemperature(Temperature, next));
            kept = PosteriorModule.tensors(posterior);
            Facts = Facts.And(fitted, points);
            DiscardedShare = Math.Max(DiscardedShare, discarded);
        }
        finally
        {
            fitted.Release(kept);
        }
        ForgetEvidence();
        // It was of the earlier data alone, at the earlier weights.
        Kept.Replace(gradient ?? [], []);
        gradient = null;
    }

    // Further data come in the form that the full Fisher has, whatever would fit the memory budget.
    private bool? IsWrittenOut =>
        options.Structure == LaplaceStructure.Full
            ? DataPrecisionModule.parts(Alive.Data)[0].Item1.IsDense
            : null;

    private static (DataPrecision Data, double Discarded) Reduced(int? columns, DataPrecision data)
    {
        if (columns is not { } most)
            return (data, 0);
        var (kept, discarded) = PosteriorUpdate.compress(most, data);
        return (kept, discarded);
    }

    private void RequireRoom(DataPrecision data)
    {
        var bytes = Kept.Bytes(DataPrecisionModule.tensors(data));
        if (bytes > options.MemoryBudget)
            throw new ArgumentException(
                $"The posterior must fit the memory budget of {options.MemoryBudget:N0} bytes; with the further data it "
                    + $"takes {bytes:N0}: set a number of columns, or fit it with a larger budget."
            );
    }
}
