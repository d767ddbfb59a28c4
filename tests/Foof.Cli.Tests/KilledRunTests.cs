using System.Text.Json;
using Foof.Cli.Training;

namespace Foof.Cli.Tests;

public sealed class KilledRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string[] command;

    public KilledRunTests()
    {
        string[] run = ["train", "--model", "linear", "--optimizer", "sgd", "--batch-size", "10", "--epochs", "3"];
        command = [.. run, "--data", Idx.WriteSet(folder), "--out", folder["run"]];
    }

    public void Dispose() => folder.Dispose();

    private string Model => Path.Combine(folder["run"], Checkpoint.ModelFileName);

    [Fact]
    public void The_line_of_an_epoch_appears_when_its_checkpoint_is_on_the_disk()
    {
        var kept = new List<int>();
        var lines = new AtLines(text =>
        {
            if (!text.StartsWith("epoch ", StringComparison.Ordinal))
                return;
            using var checkpoint = Checkpoint.Load(folder["run"]);
            kept.Add(checkpoint.Run.History.Count);
        });
        Assert.Equal(ExitCode.Success, CommandLine.Run(lines, CancellationToken.None, command).Code);
        Assert.Equal([1, 2, 3], kept);
    }

    [Fact]
    public void A_finished_run_without_a_model_gets_it_with_numbers_and_page()
    {
        CommandLine.Run([.. command, "--metrics", folder["whole.json"]]);
        var whole = File.ReadAllBytes(Model);
        File.Delete(Model);
        string[] resume = ["train", "--resume", folder["run"], "--report", folder["page.html"]];
        var answer = CommandLine.Run([.. resume, "--metrics", folder["parts.json"]]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.Equal(whole, File.ReadAllBytes(Model));
        Assert.Equal(Epochs("whole.json"), Epochs("parts.json"));
        Assert.Contains("After 3 epochs", File.ReadAllText(folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_run_writes_the_numbers_and_the_page_of_its_finished_epochs()
    {
        string[] files = ["--metrics", folder["parts.json"], "--report", folder["page.html"]];
        Assert.Equal(ExitCode.Stopped, CommandLine.RunAndStop(7, [.. command, .. files]).Code);
        using var json = JsonDocument.Parse(Epochs("parts.json"));
        Assert.Equal(1, json.RootElement.GetArrayLength());
        Assert.Contains("After 1 epoch ", File.ReadAllText(folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_in_its_first_epoch_has_numbers_without_epochs_and_no_page()
    {
        string[] files = ["--metrics", folder["parts.json"], "--report", folder["page.html"]];
        Assert.Equal(ExitCode.Stopped, CommandLine.RunAndStop(2, [.. command, .. files]).Code);
        Assert.Equal("[]", Epochs("parts.json"));
        Assert.False(File.Exists(folder["page.html"]));
    }

    private string Epochs(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder[file]));
        return json.RootElement.GetProperty("epochs").GetRawText();
    }
}
