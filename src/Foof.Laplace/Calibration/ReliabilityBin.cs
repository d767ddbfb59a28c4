namespace Foof;

/// <summary>
/// A bin of a reliability diagram: the data points whose largest probability lies in an interval.
/// </summary>
/// <example>
/// <code>
/// foreach (var bin in Calibration.Reliability(probabilities, labels))
///     Console.WriteLine($"{bin.Confidence:P0} sure, {bin.Accuracy:P0} right");
/// </code>
/// </example>
/// <param name="Low">The interval's lower end, excluded.</param>
/// <param name="High">The interval's upper end, included.</param>
/// <param name="Count">The number of data points in the bin.</param>
/// <param name="Confidence">The mean of their largest probabilities.</param>
/// <param name="Accuracy">The share of data points for which the most probable class is right.</param>
public sealed record ReliabilityBin(double Low, double High, int Count, double Confidence, double Accuracy);
