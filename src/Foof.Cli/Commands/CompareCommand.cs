using System.CommandLine;
using Foof.Cli.Compare;
using Foof.Cli.Training;

namespace Foof.Cli.Commands;

/// <summary><c>foof compare</c>: its options, and how they become runs.</summary>
internal sealed class CompareCommand
{
    private readonly TrainCommand training = new();

    private readonly Option<string[]?> optimizers = ChoiceList.Among(
        "--optimizers",
        $"Which, separated by commas, of {string.Join(", ", OptimizerCatalogue.Names)} "
            + $"[default: {string.Join(",", ComparePlan.DefaultOptimizers)}]",
        OptimizerCatalogue.Names
    );

    private readonly Option<double[]?> learningRates = ChoiceList.Positive(
        "--learning-rate",
        "Sizes of a step to try with every optimiser, such as 0.1,0.3,1 [default: each method's own]"
    );

    private readonly Option<double[]?> dampings = ChoiceList.Positive(
        "--damping",
        "Values of lambda to try with every optimiser that has one [default: each method's own]"
    );

    private readonly Option<string?> folder = Choice.Text(
        "--out",
        "DIR",
        "Keep every finished run here; the same command again goes on with those that lack"
    );

    private readonly Option<string?> metrics = CommonOptions.Metrics();

    private readonly Option<string?> report = CommonOptions.Report();

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var options = new CompareCommand();
        var command = new Command("compare", "Train by several optimisers, and over grids of settings");
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(parsed =>
            frame.Run(parsed, terminal => new CompareRun(options.Read(parsed), terminal).Run())
        );
        return command;
    }

    private IEnumerable<Option> All =>
        [optimizers, learningRates, dampings, .. training.OfEveryRun, folder, metrics, report];

    private ComparePlan Read(ParseResult parsed) =>
        new(
            training.Request(parsed),
            ChoiceList.Given(parsed, optimizers),
            ChoiceList.Given(parsed, learningRates),
            ChoiceList.Given(parsed, dampings),
            parsed.GetValue(folder),
            parsed.GetValue(metrics),
            parsed.GetValue(report)
        );
}
