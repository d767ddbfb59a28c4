using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Temperature scaling, softmax(f / T) with the T that makes validation labels most likely: the baseline that
/// a posterior should beat (Guo et al. 2017).
/// </summary>
/// <example>
/// <code>
/// var scaling = TemperatureScaling.Fit(model.call(validationInputs), validationLabels);
/// using var probabilities = scaling.Apply(model.call(testInputs));
/// </code>
/// </example>
/// <param name="Temperature">T, greater than zero.</param>
public sealed record TemperatureScaling(double Temperature)
{
    private const int Steps = 40;
    private const int WiderSteps = 16;

    /// <summary>
    /// Finds the T with the least mean of -log softmax(f / T)_y, by a grid search from 1/16 to 16 and a golden-section
    /// search over its logarithm. If an end of the grid is best, it is widened up to 2^-20 or 2^20.
    /// </summary>
    /// <param name="output">The network's outputs for validation data, [n; C; ...]; they stay the caller's.</param>
    /// <param name="labels">Their class indices, [n; ...]; -100 is ignored.</param>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point, or labels are not class indices on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">An output is not finite.</exception>
    public static TemperatureScaling Fit(Tensor output, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(labels);
        RequireClasses(output);
        Numbers.requireFinite("the outputs", "are not finite", "check the data and the weights for NaN", output);
        double[] grid = [.. Enumerable.Range(-4, 9).Select(power => Math.Pow(2, power))];
        return new(
            GoldenSectionSearch
                .Minimise(
                    temperature =>
                    {
                        using var probabilities = new TemperatureScaling(temperature).Apply(output);
                        return Calibration.NegativeLogLikelihood(probabilities, labels);
                    },
                    grid,
                    Steps,
                    WiderSteps
                )
                .Value
        );
    }

    /// <summary>Returns the probabilities softmax(f / T), [n; C; ...] in float64; the caller owns them.</summary>
    /// <exception cref="ArgumentException">
    /// The temperature is not positive and finite, or the output is not [n; C; ...]. Numbers are not checked: NaN
    /// remains NaN.
    /// </exception>
    public Tensor Apply(Tensor output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Argument.Positive(Temperature);
        RequireClasses(output);
        using var scope = NewDisposeScope();
        return scope.MoveToOuter((output.to(ScalarType.Float64) / Temperature).softmax(1));
    }

    private static void RequireClasses(Tensor output)
    {
        if (output.dim() < 2)
            throw new ArgumentException(
                $"output must be [n; C; ...]; got [{Shape.text(output.shape)}].",
                nameof(output)
            );
    }
}
