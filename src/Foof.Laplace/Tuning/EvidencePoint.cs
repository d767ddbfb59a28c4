namespace Foof;

/// <summary>The evidence at one prior precision.</summary>
/// <example>
/// <code>
/// var best = posterior.EvidenceCurve(0.1, 1, 10, 100).MaxBy(point => point.LogEvidence)!;
/// posterior.SetPriorPrecision(best.PriorPrecision);
/// </code>
/// </example>
/// <param name="PriorPrecision">delta, the prior precision of all layers.</param>
/// <param name="LogEvidence">log p(D | delta) of all N data points, in nats, by Laplace's approximation.</param>
/// <param name="EffectiveParameters">gamma = sum kappa / (kappa + delta), how many weights the data determine.</param>
public sealed record EvidencePoint(double PriorPrecision, double LogEvidence, double EffectiveParameters);
