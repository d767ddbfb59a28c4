using System.Text.Json.Nodes;

namespace Foof.Cli.Continual;

/// <summary>
/// What came of one variant: the strength that did best on validation images, over all
/// seeds.
/// </summary>
/// <param name="Variant">The variant.</param>
/// <param name="Chosen">The sequences at the chosen strength, one a seed.</param>
/// <param name="Tried">The sequences of the first seed, one a strength.</param>
internal sealed record VariantResult(
    ContinualVariant Variant,
    IReadOnlyList<SequenceResult> Chosen,
    IReadOnlyList<SequenceResult> Tried
)
{
    /// <summary>The chosen strength.</summary>
    internal double Strength => Chosen[0].Strength;

    /// <summary>The mean over seeds.</summary>
    internal double AverageAccuracy => Chosen.Average(result => result.AverageAccuracy);

    /// <summary>The mean over seeds.</summary>
    internal double Forgetting => Chosen.Average(result => result.Forgetting);

    /// <summary>Test accuracy after each task (rows) of each task (columns), the mean over seeds.</summary>
    internal double[][] Accuracy =>
        [
            .. Chosen[0]
                .Test.Select(
                    (row, after) =>
                        row.Select((_, task) => Chosen.Average(result => result.Test[after][task])).ToArray()
                ),
        ];

    /// <summary>What <c>--metrics</c> says of it.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["name"] = Variant.Name,
            ["strength"] = Strength,
            ["average_accuracy"] = AverageAccuracy,
            ["forgetting"] = Forgetting,
            ["accuracy"] = new JsonArray([
                .. Accuracy.Select(row => new JsonArray([.. row.Select(value => JsonValue.Create(value))])),
            ]),
            ["bytes"] = Chosen[0].Bytes,
            ["seconds"] = Chosen.Average(result => result.Seconds),
            ["seeds"] = new JsonArray([.. Chosen.Select(result => result.ToJson())]),
            ["tried"] = new JsonArray([
                .. Tried.Select(result => new JsonObject
                {
                    ["strength"] = result.Strength,
                    ["validation_accuracy"] = result.ValidationAccuracy,
                    ["average_accuracy"] = result.AverageAccuracy,
                }),
            ]),
        };
}
