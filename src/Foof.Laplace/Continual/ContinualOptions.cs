using Microsoft.FSharp.Core;

namespace Foof;

/// <summary>How tasks are consolidated; the defaults are what measured best.</summary>
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
    /// Kronecker has the best average accuracy for its memory that was measured (Ritter et al. 2018),
    /// Diagonal is that of Kirkpatrick et al. 2017, and LowRank the whole Fisher of all layers together by
    /// its columns, which take as much memory as one backward pass over the task's data points keeps.
    /// </remarks>
    public CurvatureStructure Structure { get; init; } = CurvatureStructure.Kronecker;

    /// <summary>How the penalties of several tasks become one [Online].</summary>
    public ContinualTasks Tasks { get; init; } = ContinualTasks.Online;

    /// <summary>
    /// The share of earlier curvature that a new task leaves, from 0 to 1; of Online only
    /// [1].
    /// </summary>
    public double Decay { get; init; } = 1;

    /// <summary>
    /// Whether Kronecker products of several tasks are merged into one, with the trace of their sum;
    /// otherwise they are kept term by term, exactly, and memory grows with the tasks [true].
    /// </summary>
    public bool MergeKronecker { get; init; } = true;

    /// <summary>
    /// The penalty's factor: 1 is Bayes' rule for tasks of equal size, 1 to 3 measured best [1].
    /// </summary>
    public double Strength { get; init; } = 1;

    /// <summary>Whose labels the Fisher is taken at [Ggn].</summary>
    public FisherType FisherType { get; init; } = FisherType.Ggn;

    /// <summary>How many labels each data point gets where they are sampled [1].</summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// sigma, the standard deviation of the labels from the output, for <see cref="Loss.SquaredError"/> [1].
    /// </summary>
    public double ObservationNoise { get; init; } = 1;

    /// <summary>
    /// The most columns of a low-rank Fisher that are kept over all tasks, by the leading directions; null
    /// keeps all. A column that is kept by its direction takes as many numbers as the layers have weights.
    /// </summary>
    public int? ColumnBudget { get; init; }

    /// <summary>The most bytes that what was learnt may take [2 GiB].</summary>
    public long MemoryBudget { get; init; } = 2L << 30;

    /// <summary>The rule by which the core gathers tasks.</summary>
    internal ConsolidationRule Rule =>
        new(
            Argument.Known(Tasks) switch
            {
                ContinualTasks.Separate => Gathering.Separate,
                ContinualTasks.Summed => Gathering.Summed,
                _ => Gathering.NewOnline(Decay),
            },
            MergeKronecker,
            ColumnBudget is { } columns
                ? FSharpValueOption<int>.NewValueSome(columns)
                : FSharpValueOption<int>.ValueNone
        );
}
