using Foof.Cli.Output;

namespace Foof.Cli.Tests;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public RunFolderTests() => data = Idx.WriteSet(folder, train: 2010);

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Commands =>
        new(
            "train --model linear --optimizer sgd --epochs 1",
            "continual --tasks 2 --validation 20 --variants plain",
            "compare --optimizers sgd --model linear --epochs 1",
            "laplace --structure diag"
        );

    private string[] Words(string command, string run) => [.. command.Split(' '), "--data", data, "--out", folder[run]];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_folder_that_another_command_writes_into_is_refused(string command)
    {
        Directory.CreateDirectory(folder["run"]);
        using (RunFolder.Lock(folder["run"]))
            Assert.Equal(
                $"{folder["run"]} must be written by one command at a time; another one is writing into it: wait for "
                    + "its end, or name another folder by --out.",
                CommandLine.Run(Words(command, "run")).Sentence()
            );
        Assert.Empty(Directory.EnumerateFiles(folder["run"]));
    }

    [Fact]
    public void A_killed_command_holds_no_folder_and_its_unfinished_files_are_removed()
    {
        string[] command = ["train", "--data", data, "--model", "linear", "--optimizer", "sgd", "--out", folder["run"]];
        using var process = ForeignProcess.Begin([.. command, "--epochs", "1000000"]);
        Assert.StartsWith("epoch 1/", process.StandardOutput.ReadLine());
        Assert.Contains("one command at a time", CommandLine.Run([.. command, "--force"]).Sentence());
        process.Kill();
        process.WaitForExit();
        var unfinished = Path.Combine(folder["run"], $"model.safetensors.{Guid.NewGuid():N}.tmp");
        File.WriteAllText(unfinished, "");
        File.WriteAllText(Path.Combine(folder["run"], "notes.tmp"), "");
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. command, "--force"]).Code);
        Assert.False(File.Exists(unfinished));
        Assert.Equal(
            ["checkpoint.safetensors", "model.safetensors", "notes.tmp"],
            Directory.EnumerateFiles(folder["run"]).Select(Path.GetFileName).Order()
        );
    }

    [Fact]
    public void A_posterior_is_replaced_by_force_alone()
    {
        CommandLine.Run(Words("train --model linear --optimizer sgd --epochs 1", "run"));
        string[] command =
        [
            "laplace",
            "--model",
            folder["run"],
            "--structure",
            "diag",
            "--samples",
            "2",
            "--out",
            folder["run"],
        ];
        Assert.Equal(ExitCode.Success, CommandLine.Run(command).Code);
        Assert.EndsWith(
            "has a posterior.safetensors: name another, or replace the run by --force.",
            CommandLine.Run(command).LastSentence(),
            StringComparison.Ordinal
        );
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. command, "--force"]).Code);
    }
}
