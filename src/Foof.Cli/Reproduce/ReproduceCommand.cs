using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Commands;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Spectre.Console;

namespace Foof.Cli.Reproduce;

/// <summary><c>foof reproduce</c>: the figures of the papers, made again.</summary>
internal static class ReproduceCommand
{
    /// <summary>The folder of the runs if the user names none.</summary>
    internal const string DefaultFolder = "foof-reproduce";

    /// <summary>The figures, in the papers' order.</summary>
    internal static IReadOnlyList<PaperFigure> Figures { get; } =
    [.. NaturalGradientFigures.All, .. DampingFigures.All, .. FoofFigures.All, .. ModernFigures.All, TheoryFigure.All];

    /// <summary>The command, with a command for each figure.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var command = new Command("reproduce", "Make the papers' figures again, and hold their claims against them")
        {
            frame.Command("list", "Show all figures", [], List, computes: _ => false),
            Making("all", "Every figure", Figures),
        };
        foreach (var figure in Figures)
            command.Add(Making(figure.Name, figure.Title, [figure]));
        return command;

        Command Making(string name, string description, IReadOnlyList<PaperFigure> figures) =>
            frame.Command(
                name,
                description,
                [
                    .. ReproduceSettings.Table.Rows,
                    .. Files.Rows(
                        $"Keep runs, numbers and pages here; the same command continues [default: {DefaultFolder}]",
                        report: true
                    ),
                ],
                (given, terminal) => new ReproduceRun(given, figures, name, Files.Of(given), terminal).Run()
            );
    }

    private static int List(Given given, Terminal terminal)
    {
        var table = Tables.OfWords("figure", "what it shows", "source");
        foreach (var figure in Figures)
            table.AddRow(figure.Name, Markup.Escape(figure.Title), Markup.Escape(figure.Source));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
