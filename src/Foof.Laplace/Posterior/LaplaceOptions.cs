using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>How a Laplace posterior is fitted.</summary>
/// <remarks>
/// Ranges are checked when the options are used: <see cref="LaplacePosterior.Fit"/> raises an ArgumentException
/// for the first value that is out of its range.
/// </remarks>
/// <example>
/// <code>
/// var options = new LaplaceOptions { Structure = CurvatureStructure.Dense, LastLayer = true };
/// using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, trainingBatches, options);
/// </code>
/// </example>
public sealed record LaplaceOptions
{
    /// <summary>The default of <see cref="MemoryBudget"/>, 512 MiB.</summary>
    public const long DefaultMemoryBudget = 512L << 20;

    // The eigenvectors of larger matrices take longer than training most networks of that size.
    private const long MostDenseWeights = 5000;

    /// <summary>
    /// What is kept of the Fisher [Kronecker]: LowRank, Dense, Kronecker, Foof or Diagonal.
    /// </summary>
    /// <remarks>
    /// Dense and LowRank represent the same matrix. Dense takes three [p; p] matrices of p weights, LowRank
    /// the columns and three [m; m] matrices of m columns: choose Dense for the last layer or a small
    /// network, LowRank if there are fewer columns (data points times classes) than weights, or what
    /// <see cref="ExactStructure"/> returns. Neither is better calibrated than Kronecker if the columns are
    /// only of a part of the data.
    /// </remarks>
    public CurvatureStructure Structure { get; init; } = CurvatureStructure.Kronecker;

    /// <summary>
    /// Selects the covered layers by name and weight; the others keep their weights. Null means every layer
    /// that can be covered.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>
    /// Whether only the last of these layers is covered [false]: the one that the forward pass of the first batch runs
    /// last, whatever the order in which the model registers its layers.
    /// </summary>
    public bool LastLayer { get; init; }

    /// <summary>
    /// Which labels the Fisher is taken at. Null means <see cref="FisherType.Ggn"/>, or, if its columns do
    /// not fit the memory budget, one label sampled from the model for each data point, with a warning.
    /// </summary>
    public FisherType? FisherType { get; init; }

    /// <summary>
    /// How many labels are sampled for each data point, with <see cref="FisherType.MonteCarlo"/>: at least 1
    /// [1]. Other types ignore it.
    /// </summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// sigma, the standard deviation of the labels around the output, in the labels' units, for <see
    /// cref="Loss.SquaredError"/>: greater than zero [1]. <see cref="LaplacePosterior.TuneNoiseByEvidence"/>
    /// finds it; other losses ignore it.
    /// </summary>
    public double ObservationNoise { get; init; } = 1.0;

    /// <summary>
    /// delta, the initial precision of the prior N(0, I / delta) over each covered weight: greater than zero
    /// [1]. Training with w/2 |theta|^2 added to the mean loss of N data points corresponds to delta = N w.
    /// </summary>
    public double PriorPrecision { get; init; } = 1.0;

    /// <summary>
    /// N, the number of data points that the network was trained with, at least 1; null means those of the
    /// batches. The Fisher, the loss and its gradient, means over the batches' points, are multiplied by N.
    /// </summary>
    public long? DataPoints { get; init; }

    /// <summary>
    /// The largest number of bytes that the fitted curvature may take, at least 1 [512 MiB]: the columns and
    /// three float64 matrices [m; m] for LowRank, three float64 matrices [p; p] for Dense. Beyond it, a fit
    /// raises an ArgumentException, after a second attempt with sampled labels for LowRank if
    /// <see cref="FisherType"/> is null. Large batches of many classes are differentiated in parts sized by it.
    /// </summary>
    public long MemoryBudget { get; init; } = DefaultMemoryBudget;

    /// <summary>Receives the posterior's warnings; by default nothing is logged.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILogger Logger
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    /// <summary>
    /// Returns the better of the two structures that keep the whole Fisher, for the layers that these options
    /// cover: Dense for at most 5,000 weights whose three float64 matrices fit the memory budget, otherwise
    /// LowRank. Nothing is computed but the number of weights; a LowRank fit may still exceed the budget.
    /// </summary>
    /// <param name="model">The network; it stays the caller's.</param>
    /// <param name="input">
    /// Data points [n; ...] that show which layer runs last, for <see cref="LastLayer"/>; null means that it is the one
    /// registered last.
    /// </param>
    /// <exception cref="ArgumentException">
    /// No layer is covered, the model is null, or the input does not fit it.
    /// </exception>
    public CurvatureStructure ExactStructure(nn.Module<Tensor, Tensor> model, Tensor? input = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var layers = LaplacePosterior.Covered(model, Select);
        if (LastLayer)
            layers = [Foof.LastLayer.Of(layers, input is null ? null : Foof.LastLayer.Calls(model, layers, input))];
        var weights = CurvatureFit.Weights(layers);
        return weights <= MostDenseWeights && CurvatureFit.DenseBytes(weights) <= MemoryBudget
            ? CurvatureStructure.Dense
            : CurvatureStructure.LowRank;
    }

    /// <summary>The core's case of the Fisher; null if the option is null.</summary>
    internal Fisher? Fisher => FisherType is { } type ? FisherTypes.Of(type, SampledLabels) : null;

    /// <summary>Raises if an option is out of its range; the message names the first one.</summary>
    internal void Require()
    {
        Argument.Positive(PriorPrecision, nameof(PriorPrecision));
        CurvatureGathering.Supported(
            nameof(LaplacePosterior),
            Structure,
            CurvatureStructure.LowRank,
            CurvatureStructure.Dense,
            CurvatureStructure.Kronecker,
            CurvatureStructure.Foof,
            CurvatureStructure.Diagonal
        );
        Argument.AtLeast(1, DataPoints ?? 1, nameof(DataPoints));
        Argument.AtLeast(1, MemoryBudget, nameof(MemoryBudget));
    }
}
