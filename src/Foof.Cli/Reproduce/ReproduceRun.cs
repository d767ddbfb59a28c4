using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Settings;
using Spectre.Console;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>Makes figures, each with a page and its numbers in the folder; what is finished stays when it is stopped.</summary>
/// <param name="given">The options.</param>
/// <param name="figures">The figures.</param>
/// <param name="name">The name of the command behind <c>reproduce</c>.</param>
/// <param name="files">Where the results go.</param>
/// <param name="terminal">Where progress and tables go.</param>
internal sealed class ReproduceRun(
    Given given,
    IReadOnlyList<PaperFigure> figures,
    string name,
    Files files,
    Terminal terminal
)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly ReproduceSettings settings = ReproduceSettings.Table.Fill(given);

    /// <summary>Makes them, and returns the exit code.</summary>
    internal int Run()
    {
        var kept = files with { Out = files.Out ?? ReproduceCommand.DefaultFolder };
        using var reserved = kept.Reserve(null);
        set_num_threads(settings.Threads);
        var folder = Path.Combine(kept.Out!, settings.Quick ? Protocol.Quick.Name : Protocol.Paper.Name);
        Directory.CreateDirectory(folder);
        using var laboratory = new Laboratory(settings, given.Text("--data") ?? settings.Data, folder, terminal);
        if (figures.Any(figure => figure.NeedsImages))
            laboratory.Prepare();
        var results = new List<FigureResult>();
        foreach (var (place, figure) in figures.Index())
        {
            terminal.Progress.Line($"Figure {figure.Name}, {place + 1} of {figures.Count}: {figure.Title}");
            var result = Make(laboratory, figure);
            if (result is null)
                return Stopped(results, place, folder);
            results.Add(result);
            Keep(result, laboratory, folder);
            Show(result);
        }
        Finish(results, laboratory);
        var failed = results.Where(result => result.Failure is not null).ToArray();
        return failed.Length == results.Count && failed.Length > 0
            ? throw new CommandFailure(failed[0].Failure!)
            : ExitCode.Success;
    }

    // A figure that cannot be made does not keep the others from being made.
    private FigureResult? Make(Laboratory laboratory, PaperFigure figure)
    {
        laboratory.Figure = figure.Name;
        var start = Stopwatch.GetTimestamp();
        try
        {
            var findings = figure.Make(laboratory);
            return new(figure, findings, null, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (OperationCanceledException) when (terminal.Stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error) when (error is CommandFailure or NumericalFailure)
        {
            return new(figure, null, error.Message, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    private void Keep(FigureResult result, Laboratory laboratory, string folder)
    {
        Write(
            Path.Combine(folder, $"{result.FileName}.json"),
            stream => JsonSerializer.Serialize(stream, result.ToJson(laboratory.Protocol.Name), Indented)
        );
        if (result.Findings is null)
            return;
        var page = ReportPage.Html(ReproduceReport.Of([result], laboratory, Command(result.Figure.Name)));
        Write(Path.Combine(folder, $"{result.FileName}.html"), stream => stream.Write(Encoding.UTF8.GetBytes(page)));
    }

    private static void Write(string file, Action<Stream> write) =>
        Files.Writing(
            file,
            "the runs are kept: make room, and repeat the command",
            () => AtomicFile.Write(file, write)
        );

    private void Show(FigureResult result)
    {
        if (result.Failure is { } failure)
        {
            terminal.Error.WriteLine($"Note: figure {result.Figure.Name} was not made: {failure}");
            return;
        }
        var table = Tables.OfWords("claim", "the paper", "measured here", "verdict");
        foreach (var claim in result.Findings!.Ordered)
            table.AddRow(
                Markup.Escape(claim.Text),
                Markup.Escape(claim.Paper),
                Markup.Escape(claim.Measured),
                claim.InWords
            );
        terminal.Console.Write(table);
    }

    private void Finish(IReadOnlyList<FigureResult> results, Laboratory laboratory)
    {
        files.WriteMetrics(
            terminal,
            new()
            {
                ["command"] = "reproduce",
                ["figures"] = new JsonArray([.. results.Select(result => result.ToJson(laboratory.Protocol.Name))]),
            }
        );
        if (results.Any(result => result.Findings is not null))
            files.WriteReport(terminal.Progress, () => ReproduceReport.Of(results, laboratory, Command(name)));
    }

    private string Command(string of) =>
        Reports.Sections.Measurement.Line($"reproduce {of}", ReproduceSettings.Table.Options(settings));

    private int Stopped(List<FigureResult> results, int place, string folder)
    {
        terminal.Error.WriteLine(
            $"Stopped in figure {figures[place].Name}, {place + 1} of {figures.Count}; {Say.Many(results.Count, "figure")} and "
                + $"all finished runs are in {folder}: the same command continues."
        );
        return ExitCode.Stopped;
    }
}
