using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>How a Laplace posterior is fitted.</summary>
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
    /// Dense and LowRank are one and the same matrix. Dense takes three [p; p] matrices of p weights, LowRank
    /// the columns and three [m; m] matrices of m columns: take Dense for the last layer or a small network,
    /// LowRank where there are fewer columns (data points times classes) than weights, or what <see
    /// cref="ExactStructure"/> says. Neither is better calibrated than Kronecker where the columns are of a
    /// part of the data only.
    /// </remarks>
    public CurvatureStructure Structure { get; init; } = CurvatureStructure.Kronecker;

    /// <summary>
    /// Which layers are covered, by name and weight; the others stay at their weights. Null: all that can be.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>Whether only the last of the covered layers is [false].</summary>
    public bool LastLayer { get; init; }

    /// <summary>
    /// Whose labels the Fisher is taken at; null: <see cref="FisherType.Ggn"/>, and where its columns do not
    /// fit the memory budget one label sampled from the model for each data point, with a warning.
    /// </summary>
    public FisherType? FisherType { get; init; }

    /// <summary>
    /// How many labels each data point gets where <see cref="FisherType.MonteCarlo"/> is chosen [1].
    /// </summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// sigma, the standard deviation of the labels from the output in their units, for <see
    /// cref="Loss.SquaredError"/> [1]; <see cref="LaplacePosterior.TuneNoiseByEvidence"/> finds it.
    /// </summary>
    public double ObservationNoise { get; init; } = 1.0;

    /// <summary>delta, the precision of the prior N(0, I / delta) to begin with [1].</summary>
    public double PriorPrecision { get; init; } = 1.0;

    /// <summary>
    /// N, the number of data points that the network was trained with; null: those of the batches. The Fisher
    /// is a mean over the batches' points and counts N times.
    /// </summary>
    public long? DataPoints { get; init; }

    /// <summary>The most bytes that the fitted curvature may take [512 MiB].</summary>
    public long MemoryBudget { get; init; } = DefaultMemoryBudget;

    /// <summary>Where the posterior logs its warnings; nowhere at first.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public ILogger Logger
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    /// <summary>
    /// Which of the two structures that leave nothing of the Fisher out is to be taken for the layers that
    /// these options cover: Dense for at most 5,000 weights whose three float64 matrices fit the memory
    /// budget, else LowRank.
    /// </summary>
    /// <param name="model">The network; it stays the caller's.</param>
    /// <exception cref="ArgumentException">No layer is covered.</exception>
    public CurvatureStructure ExactStructure(nn.Module<Tensor, Tensor> model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var weights = CurvatureFit.Weights(LaplacePosterior.Covered(model, this));
        return weights <= MostDenseWeights && CurvatureFit.DenseBytes(weights) <= MemoryBudget
            ? CurvatureStructure.Dense
            : CurvatureStructure.LowRank;
    }

    /// <summary>Whose labels, for the core; null where it is left open.</summary>
    internal Fisher? Fisher => FisherType is { } type ? FisherTypes.Of(type, SampledLabels) : null;

    /// <summary>Raises one sentence about the first option that is out of its range.</summary>
    internal void Require()
    {
        Foof.Require.positive("The prior precision", PriorPrecision);
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
