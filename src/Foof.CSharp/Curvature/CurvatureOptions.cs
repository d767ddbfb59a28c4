using TorchSharp.Modules;

namespace Foof;

/// <summary>How a <see cref="CurvatureMatrix"/> is made.</summary>
/// <example>
/// <code>
/// var options = new CurvatureOptions { Structure = CurvatureStructure.Kronecker };
/// using var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, images, options: options);
/// </code>
/// </example>
public sealed record CurvatureOptions
{
    /// <summary>What is kept of the Fisher.</summary>
    public CurvatureStructure Structure { get; init; } = CurvatureStructure.LowRank;

    /// <summary>Which labels the gradients are taken at.</summary>
    public FisherType FisherType { get; init; } = FisherType.Ggn;

    /// <summary>
    /// How many labels are sampled for each data point, with <see cref="FisherType.MonteCarlo"/>.
    /// </summary>
    public int SampledLabels { get; init; } = 1;

    /// <summary>
    /// The standard deviation of the labels around the output, in the labels' units, for <see
    /// cref="Loss.SquaredError"/>.
    /// </summary>
    public double ObservationNoise { get; init; } = 1.0;

    /// <summary>
    /// Selects the covered layers by name and weight; null means every layer that can be covered.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>The largest number of bytes that the matrix may take, at least 1.</summary>
    public long MemoryBudget { get; init; } = 2L << 30;
}
