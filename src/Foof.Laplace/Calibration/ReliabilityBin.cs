namespace Foof;

/// <summary>The data points whose largest probability lies in an interval.</summary>
/// <example>
/// <code>
/// foreach (var bin in Calibration.Reliability(probabilities, labels))
///     Console.WriteLine($"{bin.Confidence:P0} sure, {bin.Accuracy:P0} right");
/// </code>
/// </example>
/// <param name="Low">The interval's lower end, excluded.</param>
/// <param name="High">The interval's upper end, included.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Confidence">The mean of their largest probabilities.</param>
/// <param name="Accuracy">The share of which that class is right.</param>
public sealed record ReliabilityBin(double Low, double High, int Count, double Confidence, double Accuracy);
