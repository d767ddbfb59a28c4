using System.Diagnostics;

namespace Foof.Cli.Tests;

public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task A_signal_stops_the_program_which_answers_130_and_says_that_no_run_is_finished(string signal)
    {
        var data = Idx.WriteSet(folder);
        string[] command = ["compare", "--data", data, "--model", "linear", "--epochs", "1000000"];
        using var process = ForeignProcess.Begin([.. command, "--optimizers", "sgd", "--out", folder["kept"]]);
        // The signals are listened to before the first line is written.
        Assert.StartsWith("Run 1 of 1", process.StandardOutput.ReadLine());
        // On a busy machine the lines of epochs fill the pipe before the signal comes.
        var rest = process.StandardOutput.ReadToEndAsync();
        using (var kill = Process.Start("kill", [signal, $"{process.Id}"]))
            kill.WaitForExit();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        await rest;
        Assert.Equal(ExitCode.Stopped, process.ExitCode);
        Assert.StartsWith("Stopped in run 1 of 1; no run is finished: the same command starts again.", errors);
    }
}
