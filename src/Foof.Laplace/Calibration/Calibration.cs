using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Measures of the quality of class probabilities. Probabilities are [n; C] and labels [n] class indices, or with
/// positions [n; C; ...] and [n; ...]; all results are means over the labels that are not -100.
/// </summary>
/// <remarks>
/// Probabilities have a floating-point type; their sum over classes may differ from 1 by 1e-3, or 1e-2 with 16 bits.
/// Sums are float64. Arguments stay the caller's.
/// </remarks>
/// <example>
/// <code>
/// using var prediction = posterior.Predict(testInputs);
/// Console.WriteLine(Calibration.CalibrationError(prediction.Probabilities!, testLabels));
/// </code>
/// </example>
public static class Calibration
{
    private const int DefaultBins = 15;

    // A class with probability zero costs as much as one with probability 1e-300.
    private const double Least = 1e-300;

    private const long Ignored = -100;

    /// <summary>
    /// The negative log-likelihood, the mean of -log p_y, in nats; p_y below 1e-300 counts as 1e-300.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point, rows are not probabilities, or labels are not class indices
    /// on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static double NegativeLogLikelihood(Tensor probabilities, Tensor labels)
    {
        using var scope = NewDisposeScope();
        (probabilities, labels) = Counted(probabilities, labels);
        return -OfLabels(probabilities, labels).clamp_min(Least).log().mean().ToDouble();
    }

    /// <summary>The accuracy: the share of labels that are the most probable class.</summary>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point, rows are not probabilities, or labels are not class indices
    /// on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static double Accuracy(Tensor probabilities, Tensor labels)
    {
        using var scope = NewDisposeScope();
        (probabilities, labels) = Counted(probabilities, labels);
        return probabilities.argmax(1).eq(labels).to(ScalarType.Float64).mean().ToDouble();
    }

    /// <summary>The Brier score, the mean of sum_c (p_c - [c = y])^2, from 0 to 2 (Brier 1950).</summary>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point, rows are not probabilities, or labels are not class indices
    /// on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static double Brier(Tensor probabilities, Tensor labels)
    {
        using var scope = NewDisposeScope();
        (probabilities, labels) = Counted(probabilities, labels);
        var p = probabilities.to(ScalarType.Float64);
        return (p.square().sum(1) - OfLabels(p, labels) * 2 + 1).mean().ToDouble();
    }

    /// <summary>
    /// The expected calibration error: the mean of |accuracy - confidence| over bins of equal width of the
    /// largest probability, weighted by the number of points in each bin (Naeini et al. 2015). It lies from 0 to
    /// 1, and values are comparable only for equal numbers of bins, at least 1.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point or no bin, rows are not probabilities, or labels are not
    /// class indices on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static double CalibrationError(Tensor probabilities, Tensor labels, int bins = DefaultBins)
    {
        var reliability = Reliability(probabilities, labels, bins);
        var all = reliability.Sum(bin => bin.Count);
        return reliability.Sum(bin => (double)bin.Count / all * Math.Abs(bin.Accuracy - bin.Confidence));
    }

    /// <summary>
    /// The bins of a reliability diagram, in increasing order, without empty ones; <paramref name="bins"/> of
    /// equal width, at least 1, divide [0, 1].
    /// </summary>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, there is no data point or no bin, rows are not probabilities, or labels are not
    /// class indices on the same device.
    /// </exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static IReadOnlyList<ReliabilityBin> Reliability(Tensor probabilities, Tensor labels, int bins = DefaultBins)
    {
        Require.atLeast(nameof(bins), 1, bins);
        using var scope = NewDisposeScope();
        (probabilities, labels) = Counted(probabilities, labels);
        var p = probabilities.to(ScalarType.Float64);
        var confidence = Values(p.amax([1L]));
        var right = Values(p.argmax(1).eq(labels).to(ScalarType.Float64));
        return
        [
            .. confidence
                .Zip(right)
                .GroupBy(pair => Math.Clamp((int)Math.Ceiling(pair.First * bins) - 1, 0, bins - 1))
                .OrderBy(bin => bin.Key)
                .Select(bin => new ReliabilityBin(
                    (double)bin.Key / bins,
                    (bin.Key + 1.0) / bins,
                    bin.Count(),
                    bin.Average(pair => pair.First),
                    bin.Average(pair => pair.Second)
                )),
        ];
    }

    /// <summary>
    /// The entropy -sum_c p_c log p_c of each data point, [n] or [n; ...], in nats: a score that distinguishes foreign
    /// data from training data. It lies from 0 to log C, in float64; the caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">The shape does not fit, or rows are not probabilities.</exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static Tensor Entropy(Tensor probabilities)
    {
        Check(probabilities);
        using var scope = NewDisposeScope();
        var p = probabilities.to(ScalarType.Float64);
        return scope.MoveToOuter(-(p * p.clamp_min(Least).log()).sum(1));
    }

    /// <summary>
    /// The lack of confidence 1 - max_c p_c of each data point, [n] or [n; ...]: another score that distinguishes foreign
    /// data from training data (Hendrycks &amp; Gimpel 2017). It is float64; the caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">The shape does not fit, or rows are not probabilities.</exception>
    /// <exception cref="NumericalFailure">A probability is not finite.</exception>
    public static Tensor OneMinusConfidence(Tensor probabilities)
    {
        Check(probabilities);
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(1.0 - probabilities.to(ScalarType.Float64).amax([1L]));
    }

    /// <summary>
    /// The area under the ROC curve of a score that should be larger for <paramref name="outside"/> than for
    /// <paramref name="inside"/>: the share of pairs in which it is larger, where ties count half. It is 0.5 for
    /// a score that says nothing. Shapes: [n] and [m].
    /// </summary>
    /// <exception cref="ArgumentException">A set of scores is empty.</exception>
    /// <exception cref="NumericalFailure">A score is not finite.</exception>
    public static double Auroc(Tensor inside, Tensor outside)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(outside);
        if (inside.numel() == 0 || outside.numel() == 0)
            throw new ArgumentException(
                "Both sets of scores must have at least one score; one is empty.",
                inside.numel() == 0 ? nameof(inside) : nameof(outside)
            );
        Numbers.requireFinite("the scores", "are not finite", "check the predictions", inside);
        Numbers.requireFinite("the scores", "are not finite", "check the predictions", outside);
        var (x, y) = (Values(inside), Values(outside));
        Array.Sort(x);
        var pairs = 0.0;
        foreach (var value in y)
            pairs += 0.5 * (Below(x, value) + Below(x, Math.BitIncrement(value)));
        return pairs / ((double)x.Length * y.Length);
    }

    // Returns how many of the sorted values are smaller.
    private static int Below(double[] sorted, double value)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static double[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
    }

    private static Tensor OfLabels(Tensor probabilities, Tensor labels) =>
        probabilities.to(ScalarType.Float64).gather(1, labels.unsqueeze(1)).squeeze(1);

    private static void Check(Tensor probabilities)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        if (probabilities.dim() < 2)
            throw new ArgumentException(
                $"Probabilities must be [n; C; ...]; got [{Shape.text(probabilities.shape)}].",
                nameof(probabilities)
            );
        if (!probabilities.is_floating_point())
            throw NoProbabilities($"they are {probabilities.dtype}");
        Numbers.requireFinite("the probabilities", "are not finite", "check the predictions", probabilities);
        if (probabilities.numel() == 0)
            return;
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var p = probabilities.to(ScalarType.Float64);
        var least = p.min().ToDouble();
        if (least < 0)
            throw NoProbabilities(FormattableString.Invariant($"one is {least:G4}"));
        var apart = (p.sum(1) - 1).abs().max().ToDouble();
        if (apart > Rounding(probabilities.dtype))
            throw NoProbabilities(FormattableString.Invariant($"a sum over classes differs from 1 by {apart:G4}"));
    }

    // How far the sum of probabilities may be from 1: numbers of 16 bits have only two or three digits.
    private static double Rounding(ScalarType type) => type is ScalarType.Float16 or ScalarType.BFloat16 ? 1e-2 : 1e-3;

    private static ArgumentException NoProbabilities(string found, string argument = "probabilities") =>
        new(
            $"Probabilities must be numbers of at least 0 that sum to 1 over classes; {found}: pass softmax(1) of the outputs, "
                + "or Prediction.Probabilities.",
            argument
        );

    // Returns the labels that count, [m] in the type that libtorch needs, and their probabilities [m; C], in the caller's
    // dispose scope.
    private static (Tensor Probabilities, Tensor Labels) Counted(Tensor probabilities, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentNullException.ThrowIfNull(labels);
        if (
            probabilities.dim() < 2
            || !labels.shape.AsSpan().SequenceEqual([.. probabilities.shape.Where((_, axis) => axis != 1)])
        )
            throw new ArgumentException(
                $"Probabilities must be [n; C; ...] and labels [n; ...]; got [{Shape.text(probabilities.shape)}] "
                    + $"and [{Shape.text(labels.shape)}].",
                probabilities.dim() < 2 ? nameof(probabilities) : nameof(labels)
            );
        if (labels.numel() == 0)
            throw new ArgumentException("There must be at least one data point; got none.", nameof(labels));
        if (labels.is_floating_point() || labels.is_complex() || labels.dtype == ScalarType.Bool)
            throw new ArgumentException(
                $"Labels must be class indices, whole numbers; got {labels.dtype}.",
                nameof(labels)
            );
        if (!Require.isSameDevice(labels.device, probabilities.device))
            throw new ArgumentException(
                $"Labels must be on the probabilities' device, {probabilities.device}; got them on {labels.device}: "
                    + "convert them by labels.to(...).",
                nameof(labels)
            );
        Check(probabilities);
        var indices = labels.to(ScalarType.Int64);
        var counts = indices.ne(Ignored);
        if (!counts.any().ToBoolean())
            throw new ArgumentException(
                $"There must be at least one label that counts; all are {Ignored}.",
                nameof(labels)
            );
        var outside = indices.lt(0).logical_or(indices.ge(probabilities.shape[1]));
        if (outside.logical_and(counts).sum().item<long>() is > 0 and var bad)
            throw new ArgumentException(
                $"Labels must lie from 0 to {probabilities.shape[1] - 1}, or be {Ignored} where they are ignored; {bad} of "
                    + $"{labels.numel()} do not.",
                nameof(labels)
            );
        var rows = probabilities.dim() == 2 ? probabilities : probabilities.flatten(2).transpose(1, 2).flatten(0, 1);
        var places = counts.flatten().nonzero().squeeze(-1);
        return (rows.index_select(0, places), indices.flatten().index_select(0, places));
    }
}
