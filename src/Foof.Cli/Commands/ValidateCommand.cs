using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Foof.Validation;
using Spectre.Console;
using TorchSharp;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Commands.ValidateSettings>;
using Checks = Foof.Validation.Validation;

namespace Foof.Cli.Commands;

/// <summary><c>foof validate</c>: the core's matrices against explicitly formed and inverted ones.</summary>
internal static class ValidateCommand
{
    private const int NamesShown = 3;
    private const int MissesShown = 10;

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame) =>
        frame.Command(
            "validate",
            "Compare every structured matrix with an explicit one",
            [.. ValidateSettings.Table.Rows, .. Files.Rows()],
            Run
        );

    private static int Run(Given given, Terminal terminal)
    {
        var settings = ValidateSettings.Table.Fill(given);
        torch.set_num_threads(settings.Threads);
        // The checks make their networks and batches on this device, and compute there.
        torch.set_default_device(Devices.Find(settings.Device));
        try
        {
            return Run(terminal, Checks.suites(settings.Seed), settings.Cases, Files.Of(given));
        }
        finally
        {
            torch.set_default_device(torch.CPU);
        }
    }

    /// <summary>Runs the checks that match the filter, shows the results and writes the metrics.</summary>
    internal static int Run(Terminal terminal, Suite[] suites, string? filter, Files files)
    {
        var selected = filter is null ? suites : Checks.select(filter, suites);
        if (selected.Length == 0)
            throw new CommandFailure(Unmatched(filter!, suites), ExitCode.Usage);
        return Measured.Run(
            terminal,
            files,
            "all checks were made",
            () => Measure(terminal, selected),
            Show,
            Record,
            outcomes => outcomes.All(outcome => outcome.Passes)
        );
    }

    private static Outcome[]? Measure(Terminal terminal, Suite[] suites)
    {
        Outcome[]? outcomes = null;
        terminal.Progress.Track(
            "validate",
            suites.Sum(suite => suite.Cases.Length),
            meter =>
            {
                try
                {
                    outcomes = Checks.run(suites, (done, name) => meter.Show(done, () => name), terminal.Stop);
                }
                catch (OperationCanceledException) when (terminal.Stop.IsCancellationRequested) { }
            }
        );
        return outcomes;
    }

    private static string Unmatched(string filter, Suite[] suites)
    {
        string[] names = [.. suites.SelectMany(suite => suite.Cases).Select(each => each.Name)];
        // Names from all over the list show the different parts that a name has.
        var some = Enumerable.Range(0, NamesShown).Select(i => names[i * (names.Length - 1) / NamesShown]);
        return $"--cases must be a part of a check's name, and '{filter}' is in none; there are for example "
            + $"{string.Join("; ", some.Distinct().Select(name => $"'{name}'"))}.";
    }

    private static void Show(IAnsiConsole console, Outcome[] outcomes)
    {
        var table = Tables.Of("case", "error", "tolerance", "pass");
        foreach (var outcome in outcomes)
            table.AddRow(
                Markup.Escape(outcome.Name),
                Number(outcome.Error),
                Number(outcome.Tolerance),
                outcome.Passes ? "yes" : "NO"
            );
        console.Write(table);
        foreach (var missed in outcomes.Where(outcome => !outcome.Passes).Take(MissesShown))
            console.Profile.Out.Writer.WriteLine($"Missed by {Number(missed.Error)}: {missed.Name} / {missed.Worst}");
        console.Profile.Out.Writer.WriteLine(Totals(outcomes));
    }

    private static string Totals(Outcome[] outcomes)
    {
        // Sampling errors are larger than rounding errors, so they are counted separately.
        var passed = outcomes.Count(outcome => outcome.Passes);
        var checks = outcomes.Sum(outcome => outcome.Checks);
        return $"{passed} passed, {outcomes.Length - passed} failed ({checks} checks); "
            + string.Join(
                "; ",
                [
                    .. Largest("largest relative error", outcomes.Where(outcome => outcome.IsExact)),
                    .. Largest("of sampled means", outcomes.Where(outcome => !outcome.IsExact)),
                ]
            );
    }

    private static IEnumerable<string> Largest(string title, IEnumerable<Outcome> outcomes) =>
        outcomes
            .OrderByDescending(outcome => outcome.Error)
            .Take(1)
            .Select(worst => $"{title} {Number(worst.Error)} in {worst.Name} / {worst.Worst}");

    private static string Number(double value) => value.ToString("0.0e+00", CultureInfo.InvariantCulture);

    private static JsonObject Record(Outcome[] outcomes) =>
        new()
        {
            ["command"] = "validate",
            ["cases"] = new JsonArray([.. outcomes.Select(Record)]),
            ["passed"] = outcomes.Count(outcome => outcome.Passes),
            ["failed"] = outcomes.Count(outcome => !outcome.Passes),
        };

    // JSON has no infinity and no NaN, so such an error becomes null.
    private static JsonObject Record(Outcome outcome) =>
        new()
        {
            ["name"] = outcome.Name,
            ["max_rel_err"] = double.IsFinite(outcome.Error) ? outcome.Error : null,
            ["tolerance"] = outcome.Tolerance,
            ["pass"] = outcome.Passes,
            ["checks"] = outcome.Checks,
            ["largest_in"] = outcome.Worst,
        };
}

/// <summary>Which checks <c>foof validate</c> makes, and where.</summary>
internal sealed record ValidateSettings
{
    // The matrices are so small that a second thread would only wait.
    internal static SettingTable<ValidateSettings> Table { get; } =
        new(
            Optional(s => s.Cases, Text("FILTER"), "Only the checks with this in their full name"),
            Of(s => s.Seed, Whole, "Seed of the networks and vectors", 42),
            Threads<ValidateSettings>(s => s.Threads, byDefault: 1),
            Device<ValidateSettings>(s => s.Device)
        );

    public string? Cases { get; init; }
    public long Seed { get; init; }
    public int Threads { get; init; }
    public string Device { get; init; } = null!;
}
