using Foof.Cli.Training;

namespace Foof.Cli.Tests;

public sealed class DiskFullTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string[] command;

    public DiskFullTests()
    {
        string[] run = ["train", "--model", "linear", "--optimizer", "sgd", "--epochs", "1"];
        command = [.. run, "--data", Idx.WriteSet(folder), "--out", folder["run"]];
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--metrics")]
    [InlineData("--report")]
    public void A_full_disk_is_noticed_at_the_start(string option)
    {
        File.CreateSymbolicLink(folder["link"], "/dev/full");
        foreach (var file in new[] { "/dev/full", folder["link"] })
            Assert.Equal(
                $"{option} must name a file that can be written; {file} is not one (no space is left there): name "
                    + "another.",
                CommandLine.Run([.. command, option, file]).Sentence()
            );
        Assert.False(Directory.Exists(folder["run"]) && Directory.EnumerateFiles(folder["run"]).Any());
    }

    // The disk is full from the first line of progress on.
    private Answer RunUntilFull(params string[] line)
    {
        var full = new AtLines(_ =>
        {
            if (!File.Exists(folder["file"]))
                File.CreateSymbolicLink(folder["file"], "/dev/full");
        });
        return CommandLine.Run(full, CancellationToken.None, line);
    }

    [Theory]
    [InlineData("--metrics")]
    [InlineData("--report")]
    public void A_full_disk_at_the_end_says_where_the_run_is_kept(string option)
    {
        var sentence = RunUntilFull([.. command, option, folder["file"]]).Sentence();
        Assert.StartsWith($"{folder["file"]} could not be written (No space left on device); ", sentence);
        Assert.EndsWith(
            $"the run is kept in {folder["run"]}: make room, or name another file by {option}, and repeat the command "
                + "with --resume in place of --out.",
            sentence,
            StringComparison.Ordinal
        );
        File.Delete(folder["file"]);
        string[] resume = ["train", "--resume", folder["run"], option, folder["file"]];
        Assert.Equal(ExitCode.Success, CommandLine.Run(resume).Code);
        Assert.True(File.Exists(folder["file"]));
    }

    [Theory]
    [InlineData(Checkpoint.FileName, "the one of the last save is kept: make room, and continue by ./foof train")]
    [InlineData(Checkpoint.ModelFileName, "has its weights: make room, and continue by ./foof train --resume")]
    public void A_full_disk_names_the_file_and_how_to_continue(string name, string rest)
    {
        Directory.CreateDirectory(folder["run"]);
        var file = Path.Combine(folder["run"], name);
        File.CreateSymbolicLink(file, "/dev/full");
        var sentence = CommandLine.Run([.. command, "--force"]).Sentence();
        Assert.StartsWith($"{file} could not be written (No space left on device); ", sentence);
        Assert.Contains(rest, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_is_repeated_and_trains_nothing_again()
    {
        string[] run = ["compare", "--model", "linear", "--optimizers", "sgd", "--epochs", "1", .. command[^4..]];
        Assert.EndsWith(
            $"the run is kept in {folder["run"]}: make room, or name another file by --metrics, and repeat the command.",
            RunUntilFull([.. run, "--metrics", folder["file"]]).Sentence(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "compare --model linear --optimizers sgd,adam --epochs 1",
        "compare.json",
        "no run was kept: make room, "
    )]
    [InlineData("continual --tasks 2 --validation 10 --variants plain,si", "continual.json", "the sequences before ")]
    public void A_table_on_a_full_disk_is_named_with_what_is_kept(string line, string name, string rest)
    {
        var file = Path.Combine(folder["run"], name);
        var full = new AtLines(_ =>
        {
            File.Delete(file);
            File.CreateSymbolicLink(file, "/dev/full");
        });
        var answer = CommandLine.Run(full, CancellationToken.None, [.. line.Split(' '), .. command[^4..]]);
        Assert.StartsWith($"{file} could not be written (No space left on device); {rest}", answer.Sentence());
    }

    [Fact]
    public void Output_on_a_full_disk_is_a_sentence_and_never_a_crash()
    {
        var help = ForeignProcess.RunInShell("--help > /dev/full");
        Assert.Equal(
            "Reading or writing failed (No space left on device): name another place or make room, and repeat the "
                + "command.",
            help.Sentence()
        );
        Assert.Equal(ExitCode.Failure, ForeignProcess.RunInShell("train --wibble 2> /dev/full").Code);
    }

    [Fact]
    public void Numbers_may_go_to_a_pipe_by_its_name()
    {
        string[] numbers = ["--quiet", "--metrics", "/dev/stdout"];
        var answer = ForeignProcess.Run(new Dictionary<string, string?>(), [.. command, .. numbers]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.Contains("\"command\": \"train\"", answer.Output, StringComparison.Ordinal);
    }
}
