using Foof.Cli.Models;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Compare.CompareSettings>;

namespace Foof.Cli.Compare;

/// <summary>What a comparison tries. All other settings are those of training.</summary>
internal sealed record CompareSettings
{
    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<CompareSettings> Table { get; } =
        new(
            Of(
                s => s.Optimizers,
                SomeOf(OptimizerKind.Names),
                $"Which, separated by commas, of {string.Join(", ", OptimizerKind.Names)}",
                (string[])["foof", "kfac", "adam", "sgd"]
            ),
            Optional(
                s => s.LearningRate,
                Positives,
                "Sizes of a step to try with every optimiser, such as 0.1,0.3,1",
                "each method's own"
            ),
            Optional(
                s => s.Damping,
                Positives,
                "Values of lambda to try with every optimiser that has one",
                "each method's own"
            )
        );

    /// <summary>The settings that all runs have in common.</summary>
    internal static IEnumerable<Setting> OfEveryRun =>
        TrainingSettings.Table.Rows.Where(row => row.Name is not ("--optimizer" or "--learning-rate" or "--damping"));

    /// <summary>The command of a comparison. Options that each method has its own default for appear if they were given.</summary>
    internal static string Command(Given given) =>
        Measurement.Line(
            "compare",
            [
                .. Table.Options(Table.Fill(given)),
                .. TrainingSettings
                    .Table.Rows.Where(row => OfEveryRun.Contains(row))
                    .SelectMany(row => row.Given(given[row.Name] ?? row.Constant)),
            ]
        );

    public string[] Optimizers { get; init; } = null!;
    public double[]? LearningRate { get; init; }
    public double[]? Damping { get; init; }

    /// <summary>Every run: optimisers, then learning rates, then dampings.</summary>
    /// <exception cref="CommandFailure">Settings contradict each other.</exception>
    internal static IReadOnlyList<TrainingSettings> Grid(Given given)
    {
        var tried = Table.Fill(given);
        var common = given.Only([.. OfEveryRun.Select(setting => setting.Name)]);
        var model = (string?)given["--model"] ?? ModelKind.Default;
        return
        [
            .. from name in tried.Optimizers
            let kind = OptimizerKind.Find(name)
            from rate in tried.LearningRate ?? [kind.RateOn(model, (string?)given["--norm"])]
            from damping in kind.HasCurvature && tried.Damping is not null ? tried.Damping : [kind.Recipe.Damping]
            select TrainingSettings.Read(
                common.With("--optimizer", name).With("--learning-rate", rate).With("--damping", damping)
            ),
        ];
    }
}
