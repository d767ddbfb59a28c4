using System.Text.Json.Nodes;

namespace Foof.Cli.Laplace;

/// <summary>What is known of a posterior when it is fitted.</summary>
/// <param name="Structure">Its name.</param>
/// <param name="Parameters">p, the number of weights.</param>
/// <param name="Columns">m, the number of columns of the Fisher factor.</param>
/// <param name="PriorPrecision">The chosen prior precision of each layer.</param>
/// <param name="Tuned">How the prior precision was chosen.</param>
/// <param name="LogEvidence">log p(D) at that precision.</param>
/// <param name="EffectiveParameters">gamma at that precision.</param>
/// <param name="Seconds">The seconds of the fit and of the choice of the prior.</param>
internal sealed record FittedPosterior(
    string Structure,
    long Parameters,
    long Columns,
    double[] PriorPrecision,
    string Tuned,
    double LogEvidence,
    double EffectiveParameters,
    (double Fit, double Tune) Seconds
)
{
    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["command"] = "laplace",
            ["structure"] = Structure,
            ["parameters"] = Parameters,
            ["columns"] = Columns,
            ["prior_precision"] =
                PriorPrecision.Distinct().Count() == 1
                    ? PriorPrecision[0]
                    : new JsonArray([.. PriorPrecision.Select(value => (JsonNode)value)]),
            ["tuned_by"] = Tuned,
            ["log_evidence"] = LogEvidence,
            ["effective_parameters"] = EffectiveParameters,
            ["fit_s"] = Seconds.Fit,
            ["tune_s"] = Seconds.Tune,
        };
}
