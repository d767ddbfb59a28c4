using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// softmax(f / T) with the T that makes validation labels most likely: the baseline that a posterior has to
/// beat (Guo et al. 2017).
/// </summary>
/// <example>
/// <code>
/// var scaling = TemperatureScaling.Fit(model.call(validationInputs), validationLabels);
/// using var probabilities = scaling.Apply(model.call(testInputs));
/// </code>
/// </example>
/// <param name="Temperature">T.</param>
public sealed record TemperatureScaling(double Temperature)
{
    private const int Steps = 40;

    /// <summary>Finds T by a grid and golden section on its logarithm.</summary>
    /// <param name="output">The network's outputs for validation data, [n; C].</param>
    /// <param name="labels">Their labels, [n].</param>
    public static TemperatureScaling Fit(Tensor output, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(labels);
        double[] grid = [.. Enumerable.Range(-4, 9).Select(power => Math.Pow(2, power))];
        return new(
            PrecisionSearch.Minimise(
                temperature =>
                {
                    using var probabilities = new TemperatureScaling(temperature).Apply(output);
                    return Calibration.NegativeLogLikelihood(probabilities, labels);
                },
                grid,
                Steps
            )
        );
    }

    /// <summary>The probabilities [n; C], float64; the caller owns them.</summary>
    /// <exception cref="ArgumentException">The temperature is not positive.</exception>
    public Tensor Apply(Tensor output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Argument.Positive(Temperature);
        using var scope = NewDisposeScope();
        return scope.MoveToOuter((output.to(ScalarType.Float64) / Temperature).softmax(1));
    }
}
