using Microsoft.FSharp.Core;

namespace Foof;

/// <summary>
/// How tasks are consolidated; the defaults are the settings with the best measured results.
/// </summary>
/// <example>
/// <code>
/// var options = new ContinualOptions { Structure = CurvatureStructure.Diagonal, Strength = 10 };
/// using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy, options);
/// </code>
/// </example>
public sealed record ContinualOptions
{
    /// <summary>What is kept of a task's Fisher [Kronecker]: Kronecker, Diagonal or LowRank.</summary>
    /// <remarks>
    /// Kronecker has the best measured average accuracy for its memory (Ritter et al. 2018). Diagonal is the
    /// method of Kirkpatrick et al. 2017. LowRank is the whole Fisher of all layers together, as columns that
    /// take as much memory as one backward pass over the task's data points.
    /// </remarks>
    public CurvatureStructure Structure { get; init; } = CurvatureStructure.Kronecker;

    /// <summary>How the penalties of several tasks become one [Online].</summary>
    public ContinualTasks Tasks { get; init; } = ContinualTasks.Online;

    /// <summary>
    /// The share of earlier curvature that remains after a new task, from 0 to 1; only for Online [1].
    /// </summary>
    public double Decay { get; init; } = 1;

    /// <summary>
    /// Whether Kronecker products of several tasks are merged into one, with the trace of their sum;
    /// otherwise they are kept exactly, term by term, and memory grows with the number of tasks [true].
    /// </summary>
    public bool MergeKronecker { get; init; } = true;

    /// <summary>
    /// The penalty's factor, at least 0: 1 is Bayes' rule for tasks of equal size, and 1 to 3 gave the best
    /// measured results [1].
    /// </summary>
    public double Strength { get; init; } = 1;

    /// <summary>Which labels the Fisher is taken at [Ggn].</summary>
    public FisherType FisherType { get; init; } = FisherType.Ggn;

    /// <summary>
    /// How many labels are sampled for each data point, with <see cref="FisherType.MonteCarlo"/>: at least 1 [1].
    /// </summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// sigma, the standard deviation of the labels around the output in their units, greater than zero, for
    /// <see cref="Loss.SquaredError"/> [1].
    /// </summary>
    public double ObservationNoise { get; init; } = 1;

    /// <summary>
    /// The largest number of columns of a low-rank Fisher that are kept over all tasks, as the leading
    /// directions: at least 1; null keeps all. A direction takes as many numbers as the layers have weights.
    /// Other structures ignore it.
    /// </summary>
    public int? ColumnBudget { get; init; }

    /// <summary>
    /// The largest number of bytes that the kept curvatures and weights may take, at least 1 [2 GiB]; a task that
    /// would exceed it raises an ArgumentException.
    /// </summary>
    public long MemoryBudget { get; init; } = 2L << 30;

    /// <summary>The core's rule for gathering tasks.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names the first one.</exception>
    internal ConsolidationRule Rule
    {
        get
        {
            Argument.NotNegative(Strength, nameof(Strength));
            Argument.AtLeast(1, MemoryBudget, nameof(MemoryBudget));
            if (Decay is not (>= 0 and <= 1))
                throw new ArgumentException(
                    FormattableString.Invariant($"Decay must lie in [0, 1]; got {Decay}."),
                    nameof(Decay)
                );
            return new(
                Argument.Known(Tasks) switch
                {
                    ContinualTasks.Separate => Gathering.Separate,
                    ContinualTasks.Summed => Gathering.Summed,
                    _ => Gathering.NewOnline(Decay),
                },
                MergeKronecker,
                Argument.AtLeast(1, ColumnBudget) is { } columns
                    ? FSharpValueOption<int>.NewValueSome(columns)
                    : FSharpValueOption<int>.ValueNone
            );
        }
    }
}
