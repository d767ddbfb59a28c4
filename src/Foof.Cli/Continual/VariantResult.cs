using System.Text.Json.Nodes;

namespace Foof.Cli.Continual;

/// <summary>The results of a variant at the strength with the best validation accuracy, over all seeds.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Chosen">The sequences at the chosen strength, one for each seed.</param>
/// <param name="Tried">The sequences of the first seed, one for each strength.</param>
internal sealed record VariantResult(
    ContinualVariant Variant,
    IReadOnlyList<SequenceResult> Chosen,
    IReadOnlyList<SequenceResult> Tried
)
{
    /// <summary>The chosen strength.</summary>
    internal double Strength => Chosen[0].Strength;

    /// <summary>The mean accuracy over seeds.</summary>
    internal double AverageAccuracy => Chosen.Average(result => result.AverageAccuracy);

    /// <summary>The mean forgetting over seeds.</summary>
    internal double Forgetting => Chosen.Average(result => result.Forgetting);

    /// <summary>The mean test accuracy over seeds: a row after each task, a column for each task.</summary>
    internal double[][] Accuracy =>
        [
            .. Chosen[0]
                .Test.Select(
                    (row, after) =>
                        row.Select((_, task) => Chosen.Average(result => result.Test[after][task])).ToArray()
                ),
        ];

    /// <summary>The part in the metrics.</summary>
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

/// <summary>The results of one network that learnt all tasks, one after the other.</summary>
/// <param name="Variant">The variant's name.</param>
/// <param name="Strength">The strength of its penalty.</param>
/// <param name="Seed">The seed of weights, orders and labels.</param>
/// <param name="Test">
/// Test accuracies: a row after each task, a column for each task, including later ones.
/// </param>
/// <param name="Validation">Validation accuracies in the same form.</param>
/// <param name="Bytes">The memory for the tasks before the last one.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record SequenceResult(
    string Variant,
    double Strength,
    long Seed,
    double[][] Test,
    double[][] Validation,
    long Bytes,
    double Seconds
)
{
    /// <summary>The mean test accuracy over all tasks, after the last one.</summary>
    internal double AverageAccuracy => Test[^1].Average();

    /// <summary>The mean validation accuracy over all tasks, which chooses strengths.</summary>
    internal double ValidationAccuracy => Validation[^1].Average();

    /// <summary>
    /// How far the test accuracy of the tasks before the last one fell from its best value (Chaudhry et al.
    /// 2018).
    /// </summary>
    internal double Forgetting =>
        Test.Length == 1
            ? 0
            : Enumerable
                .Range(0, Test.Length - 1)
                .Average(task => Test[task..^1].Max(row => row[task]) - Test[^1][task]);

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["seed"] = Seed,
            ["strength"] = Strength,
            ["average_accuracy"] = AverageAccuracy,
            ["forgetting"] = Forgetting,
            ["validation_accuracy"] = ValidationAccuracy,
            ["accuracy"] = Matrix(Test),
            ["bytes"] = Bytes,
            ["seconds"] = Seconds,
        };

    private static JsonArray Matrix(double[][] rows) =>
        [.. rows.Select(row => new JsonArray([.. row.Select(value => JsonValue.Create(value))]))];
}
