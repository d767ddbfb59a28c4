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
    public void A_full_disk_at_the_end_says_where_the_run_is_kept(string option)
    {
        var sentence = CommandLine.Run([.. command, option, "/dev/full"]).Sentence();
        Assert.StartsWith("/dev/full could not be written (No space left on device); ", sentence);
        Assert.EndsWith(
            $"the run is kept in {folder["run"]}: make room, or name another file by {option}, and repeat the command "
                + "with --resume in place of --out.",
            sentence,
            StringComparison.Ordinal
        );
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
}
