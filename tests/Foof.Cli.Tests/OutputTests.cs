using System.Text.Json;
using System.Text.RegularExpressions;
using Foof.Cli.Output;

namespace Foof.Cli.Tests;

public sealed class OutputTests : IDisposable
{
    private const string Escape = "\u001b";

    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public OutputTests() => data = Idx.WriteSet(folder, train: 60);

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Lines =>
        new()
        {
            { "train", "train --model linear --epochs 1 --data DATA" },
            { "compare", "compare --optimizers sgd --model linear --epochs 1 --data DATA" },
            { "continual", "continual --tasks 2 --batch-size 10 --validation 20 --variants plain --data DATA" },
            { "info", "info" },
            { "validate", "validate --cases tied" },
        };

    private string[] Words(string line) => line.Replace("DATA", data, StringComparison.Ordinal).Split(' ');

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_numbers_stand_alone_on_standard_output(string command, string line)
    {
        var file = folder["metrics.json"];
        var answer = CommandLine.Run([.. Words(line), "--json", "--metrics", file]);
        Assert.Equal(ExitCode.Success, answer.Code);
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal(command, json.RootElement.GetProperty("command").GetString());
        Assert.Equal(File.ReadAllText(file), answer.Output.TrimEnd('\n'));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Quiet_leaves_results_and_no_progress(string command, string line)
    {
        var answer = CommandLine.Run([.. Words(line), "--quiet"]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        // The table, and what is written below it.
        Assert.Matches(command == "info" ? "^foof" : "^(╭|no penalty)", answer.Output.TrimStart());
    }

    [Fact]
    public void Progress_without_a_terminal_is_a_count_and_what_there_is_to_say()
    {
        Assert.Equal("epoch 1/3: 5 of 600, loss 0.1", PlainProgress.Sentence("epoch 1/3", 5, 600, "loss 0.1"));
        Assert.Equal("fit kron: 5 of 116", PlainProgress.Sentence("fit kron", 5, 116, ""));
    }

    [Fact]
    public void The_time_that_is_left_of_the_whole_run_stands_on_lines_that_stay()
    {
        string[] line = Words("train --model linear --epochs 2 --data DATA");
        Assert.Matches("(?m)^epoch 1/2: .* (s|min) left$", CommandLine.Run(line).Output);
        Assert.DoesNotMatch("(?m)^epoch 2/2: .* left$", CommandLine.Run(line).Output);
        line = Words("compare --optimizers sgd,adam --model linear --epochs 1 --data DATA");
        Assert.Matches("(?m)^Run 2 of 2: .* (s|min) left$", CommandLine.Run(line).Output);
        line = Words(
            "continual --tasks 2 --batch-size 10 --validation 20 --variants plain,si --strength 1 --data DATA"
        );
        var output = CommandLine.Run(line).Output;
        Assert.Matches("(?m)^plain: .* a sequence; .* (s|min) left$", output);
        Assert.Matches("(?m)^si: .* a sequence$", output);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    [InlineData("info", "info --doctor --data DATA")]
    public void No_line_ends_in_a_blank(string command, string line)
    {
        var answer = CommandLine.Run(Words(line));
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.DoesNotMatch("(?m)[ \t]$", answer.Output);
        Assert.DoesNotMatch("(?m)[ \t]$", CommandLine.Run(command, "--help").Output);
    }

    [Fact]
    public void Numbers_may_be_quiet_too()
    {
        var answer = CommandLine.Run([.. Words((string)Lines.First()[1]), "--quiet", "--json"]);
        Assert.Equal("", answer.Error);
        Assert.StartsWith("{", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_goes_to_standard_error_beside_numbers()
    {
        string[] line = Words("compare --optimizers sgd --model linear --epochs 1 --data DATA");
        Assert.Contains("Run 1 of 1", CommandLine.Run(line).Output, StringComparison.Ordinal);
        Assert.Contains("Run 1 of 1", CommandLine.Run([.. line, "--json"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_fails_says_so_and_gives_no_numbers()
    {
        var answer = CommandLine.Run("train", "--data", folder["missing"], "--json", "--quiet");
        Assert.Equal("", answer.Output);
        Assert.Contains("is no folder", answer.Sentence(), StringComparison.Ordinal);
    }

    [Fact]
    public void Checks_that_miss_are_numbers_too()
    {
        var answer = CommandLine.Run("validate", "--cases", "tied", "--json", "--quiet");
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal(0, json.RootElement.GetProperty("failed").GetInt32());
    }

    [Fact]
    public void Colours_are_for_terminals_and_for_those_who_do_not_mind_them()
    {
        string[] line = Words("info --doctor --data DATA");
        var environment = new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["NO_COLOR"] = null };
        Assert.True(HasColours(ForeignProcess.RunOnTerminal(environment, line)));
        Assert.DoesNotContain(Escape, ForeignProcess.Run(environment, line).Output, StringComparison.Ordinal);
        environment["NO_COLOR"] = "1";
        Assert.False(HasColours(ForeignProcess.RunOnTerminal(environment, line)));
    }

    // Colours from 30 to 49 and 90 to 107, of a palette or not; other sequences move the cursor or are bold.
    private static bool HasColours(Answer answer)
    {
        Assert.Equal(ExitCode.Success, answer.Code);
        return Regex.IsMatch(answer.Output, Escape + @"\[(\d+;)*(3[0-9]|4[0-9]|9[0-7]|10[0-7])[;m]");
    }
}
