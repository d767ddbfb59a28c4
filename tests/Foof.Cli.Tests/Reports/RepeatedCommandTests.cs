using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Foof.Cli.Tests.Reports;

/// <summary>The command on a page, copied and run, has the page's results.</summary>
public sealed partial class RepeatedCommandTests : IDisposable
{
    private static readonly string[] Network = ["--model", "mlp", "--hidden", "8", "--batch-size", "10", "--seed", "7"];

    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public RepeatedCommandTests()
    {
        // A shell must not take this for two words.
        data = folder["my data"];
        Directory.Move(Idx.WriteSet(folder, train: 60), data);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_training_run_is_repeated() =>
        Repeated(
            "train",
            [.. Network, "--optimizer", "kfac", "--epochs", "2", "--damping", "0.5", "--weight-decay", "0.01"],
            ["--validation", "20", "--pixels", "unit", "--statistics-share", "0.5", "--invert-every", "3"]
        );

    [Fact]
    public void A_comparison_is_repeated() =>
        Repeated(
            "compare",
            [.. Network, "--optimizers", "foof,sgd", "--learning-rate", "0.01,0.2", "--damping", "0.5,2"],
            ["--epochs", "1", "--subset", "50", "--momentum", "0.4"]
        );

    [Fact]
    public void A_posterior_is_repeated_with_its_network()
    {
        string[] run = ["train", "--data", data, .. Network, "--epochs", "1", "--out", folder["network"]];
        Assert.Equal(ExitCode.Success, CommandLine.Run(run).Code);
        var page = Repeated(
            "laplace",
            [
                "--model",
                folder["network"],
                "--structure",
                "diag",
                "--samples",
                "7",
                "--seed",
                "3",
                "--predict",
                "sampled",
            ],
            ["--prior-precision", "2.5", "--temperature", "0.5", "--subsample", "40", "--labels", "sampled"]
        );
        var trained = Words(Cell(page, "network"));
        Assert.Equal(["./foof", "train"], trained[..2]);
        Assert.Equal(folder["network"], trained[Array.IndexOf(trained, "--out") + 1]);
    }

    [Fact]
    public void A_sequence_of_tasks_is_repeated() =>
        Repeated(
            "continual",
            ["--tasks", "2", "--batch-size", "10", "--validation", "20", "--seed", "5", "--seeds", "2"],
            ["--variants", "plain,diagonal-online", "--strength", "2.5", "--learning-rate", "0.01"]
        );

    private string Repeated(string command, string[] options, string[] more)
    {
        var (first, again, page) = (folder["first.json"], folder["again.json"], folder["page.html"]);
        string[] given = [command, "--data", data, "--threads", "1", .. options, .. more];
        Run([.. given, "--metrics", first, "--report", page]);
        var html = File.ReadAllText(page);
        var words = Words(Cell(html, "command"));
        Assert.Equal(["./foof", command], words[..2]);
        Run([.. words[1..], "--metrics", again]);
        Assert.Equal(Numbers(first), Numbers(again));
        return html;
    }

    private static void Run(string[] arguments)
    {
        var answer = CommandLine.Run(arguments);
        Assert.True(answer.Code == ExitCode.Success, answer.Error);
    }

    private static string Cell(string page, string row) =>
        WebUtility.HtmlDecode(Regex.Match(page, $"<th scope=\"row\">{row}</th><td>([^<]*)</td>").Groups[1].Value);

    // As a shell splits it.
    private static string[] Words(string line) =>
        [.. Word().Matches(line).Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];

    // Times and memory differ from run to run.
    private static string Numbers(string file)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        Strip(json);
        return json.ToJsonString();
    }

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray list)
            foreach (var one in list)
                Strip(one);
        if (node is not JsonObject some)
            return;
        foreach (var name in some.Select(pair => pair.Key).Where(name => Measured().IsMatch(name)).ToArray())
            some.Remove(name);
        foreach (var (_, value) in some)
            Strip(value);
    }

    [GeneratedRegex("'([^']*)'|[^ ]+")]
    private static partial Regex Word();

    [GeneratedRegex("seconds|_s$|_ms|_mb$")]
    private static partial Regex Measured();
}
