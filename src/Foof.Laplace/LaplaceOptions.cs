using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;

namespace Foof;

/// <summary>How a Laplace posterior is fitted.</summary>
/// <example>
/// <code>
/// var options = new LaplaceOptions { Structure = LaplaceStructure.Full, LastLayer = true };
/// using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, trainingBatches, options);
/// </code>
/// </example>
public sealed record LaplaceOptions
{
    /// <summary>The default of <see cref="MemoryBudget"/>.</summary>
    public const long DefaultMemoryBudget = 512L << 20;

    /// <summary>What is kept of the Fisher.</summary>
    public LaplaceStructure Structure { get; init; } = LaplaceStructure.Kronecker;

    /// <summary>
    /// Which layers are covered, by name and weight; the others stay at their weights. Null: all.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>Whether the last covered layer alone is.</summary>
    public bool LastLayer { get; init; }

    /// <summary>
    /// Whose labels the Fisher is taken at; null: all of them, and where that does not fit the memory budget
    /// one that is sampled from the model, with a warning.
    /// </summary>
    public FisherLabels? Labels { get; init; }

    /// <summary>
    /// How many labels each data point gets where <see cref="FisherLabels.Sampled"/> is chosen.
    /// </summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// The standard deviation of the labels from the output, in their units, for <see
    /// cref="Loss.SquaredError"/>;
    /// <see cref="LaplacePosterior.TuneNoiseByEvidence"/> finds it.
    /// </summary>
    public double ObservationNoise { get; init; } = 1.0;

    /// <summary>The prior precision to begin with.</summary>
    public double PriorPrecision { get; init; } = 1.0;

    /// <summary>
    /// N, the number of data points that the network was trained with; null: those of the batches. The Fisher
    /// is a mean over the batches' points and counts N times.
    /// </summary>
    public long? DataPoints { get; init; }

    /// <summary>The most bytes that the fitted curvature may take.</summary>
    public long MemoryBudget { get; init; } = DefaultMemoryBudget;

    /// <summary>Where the posterior logs its warnings; nowhere at first.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public ILogger Logger
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    /// <summary>The core's rule of labels; null where it is left open.</summary>
    internal Fisher? Rule => Labels is { } labels ? LabelRules.Of(labels, SampledLabels) : null;
}
