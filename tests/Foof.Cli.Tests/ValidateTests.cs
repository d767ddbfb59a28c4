using System.Text.Json;
using Foof.Cli.Commands;
using Foof.Cli.Output;
using Foof.Validation;
using Spectre.Console;
using Checks = Foof.Validation.Validation;

namespace Foof.Cli.Tests;

public sealed class ValidateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("deep linear", 9)]
    [InlineData("CONV GROUPS=2 / full / kronecker EXPAND / heuristic / lambda=1e-4 / solve", 1)]
    [InlineData("tokens / empirical / low rank / tikhonov", 1)]
    [InlineData("embedding / monte carlo / eigenbasis / product", 1)]
    [InlineData("layer norm / full / gauss-newton operator", 1)]
    [InlineData("batch norm, training / full / units", 1)]
    [InlineData("ignored labels / empirical / fisher operator", 1)]
    [InlineData("tokens / full / posterior low rank / delta=1 / output covariance", 1)]
    [InlineData("layer norm / full / posterior diagonal / delta=1 / output covariance", 1)]
    [InlineData(
        "conv groups=2 / full / posterior low rank per layer / mean, precision by layer, temperature / sampler",
        1
    )]
    public void A_filter_chooses_checks_by_their_full_name(string filter, int count)
    {
        var answer = CommandLine.Run("validate", "--cases", filter);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.Contains($"{count} passed, 0 failed", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_numbers_are_those_of_the_contract()
    {
        var file = folder["validate.json"];
        CommandLine.Run("validate", "--cases", "kronecker is exact", "--metrics", file);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var metrics = json.RootElement;
        Assert.Equal("validate", metrics.GetProperty("command").GetString());
        Assert.Equal(1, metrics.GetProperty("passed").GetInt32());
        Assert.Equal(0, metrics.GetProperty("failed").GetInt32());
        var row = Assert.Single(metrics.GetProperty("cases").EnumerateArray());
        Assert.Equal("deep linear / full / kronecker is exact", row.GetProperty("name").GetString());
        Assert.Equal(1e-10, row.GetProperty("tolerance").GetDouble());
        Assert.InRange(row.GetProperty("max_rel_err").GetDouble(), 0, 1e-10);
        Assert.True(row.GetProperty("pass").GetBoolean());
    }

    [Fact]
    public void Means_of_samples_are_held_to_what_their_own_scatter_allows()
    {
        var file = folder["sampled.json"];
        CommandLine.Run("validate", "--cases", "sampled", "--seed", "7", "--metrics", file);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var rows = json.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(10, rows.Length);
        Assert.All(
            rows,
            row =>
            {
                Assert.InRange(row.GetProperty("tolerance").GetDouble(), 1e-3, 0.2);
                Assert.True(row.GetProperty("pass").GetBoolean());
            }
        );
    }

    [Fact]
    public void The_same_seed_gives_the_same_errors_whatever_else_runs()
    {
        const string Case = "tied / monte carlo / low rank / product";
        Assert.Equal(Errors("--cases", Case), Errors("--cases", Case));
        Assert.NotEqual(Errors("--cases", Case), Errors("--cases", Case, "--seed", "7"));

        double[] Errors(params string[] options)
        {
            var file = folder["errors.json"];
            CommandLine.Run(["validate", "--metrics", file, .. options]);
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var rows = json.RootElement.GetProperty("cases").EnumerateArray();
            return [.. rows.Select(row => row.GetProperty("max_rel_err").GetDouble())];
        }
    }

    [Fact]
    public void Every_structure_kind_of_layer_label_rule_and_damping_is_among_the_checks()
    {
        var names = Checks
            .suites(42)
            .SelectMany(suite => suite.Cases)
            .SelectMany(each => each.Checks.Select(check => $"{each.Name} / {check.Name}"))
            .ToArray();
        string[] parts =
        [
            .. new[] { "conv stride=2", "conv padding=1", "conv dilation=2", "conv groups=2", "tied" },
            .. new[] { "fully connected, bias /", "fully connected /", "tokens", "embedding", "layer norm" },
            .. new[] { "batch norm, running", "batch norm, training", "ignored labels" },
            .. new[] { "sigma per output", "sampled factors", "sampled gradients" },
            .. new[] { "monte carlo", "full", "empirical", "dense", "low rank", "low rank per layer" },
            .. new[] { "diagonal", "units", "eigenbasis", "kronecker expand", "kronecker reduce" },
            .. new[] { "kronecker kfc", "trace kronecker", "heuristic", "heuristic inputs" },
            .. new[] { "each factor", "lambda=1e-4" },
            .. new[] { "lambda=1 /", "lambda=1e4", "product", "solve", "root-solve", "log det", "trace" },
            .. new[] { "float32 / order 1001", "undamped spectrum", "gathered", "another noise / foof" },
            .. new[] { "gauss-newton operator", "conjugate gradients", "exact per token", "exact for means" },
        ];
        Assert.All(parts, part => Assert.Contains(names, name => name.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void A_filter_without_a_match_is_one_sentence_with_some_names()
    {
        var sentence = CommandLine.Run("validate", "--cases", "convolution groups").Sentence(ExitCode.Usage);
        Assert.StartsWith(
            "--cases must be a part of a check's name, and 'convolution groups' is in none; "
                + "there are for example 'fully connected, bias / monte carlo / dense'; ",
            sentence,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(1e-9)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_case_that_misses_fails_the_command_and_is_named(double error)
    {
        var file = folder["missed.json"];
        var (code, output) = Run([Suite("wrong", () => error), Suite("right", () => 0)], file);
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("1 passed, 1 failed", output, StringComparison.Ordinal);
        Assert.Contains(": wrong / product", output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var rows = json.RootElement.GetProperty("cases").EnumerateArray();
        Assert.Equal([false, true], rows.Select(row => row.GetProperty("pass").GetBoolean()));
        Assert.Equal(1, json.RootElement.GetProperty("failed").GetInt32());
    }

    [Fact]
    public void A_failure_of_the_numbers_is_a_case_that_misses()
    {
        var suite = Suite("singular", () => throw new NumericalFailure("it is singular", "K", "more damping"));
        var (code, output) = Run([suite]);
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("K: it is singular; more damping.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_validation_writes_nothing()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var file = folder["stopped.json"];
        var answer = CommandLine.Run(null, source.Token, "validate", "--metrics", file);
        Assert.Equal("Stopped before all checks were made; nothing was written.", answer.Sentence(ExitCode.Stopped));
        Assert.False(File.Exists(file));
    }

    private static Suite Suite(string name, Func<double> error) =>
        new(() => { }, [Case.Exact(name, [new Check("product", error)])]);

    private static (int Code, string Output) Run(Suite[] suites, string? metrics = null)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) }
        );
        var terminal = new Terminal(console, TextWriter.Null, CancellationToken.None);
        return (ValidateCommand.Run(terminal, suites, null, new() { Metrics = metrics }), output.ToString());
    }
}
