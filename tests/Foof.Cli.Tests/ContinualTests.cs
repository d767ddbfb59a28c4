using System.Text.Json;
using Foof.Cli.Continual;
using Foof.Cli.Data;
using TorchSharp;

namespace Foof.Cli.Tests;

public sealed partial class ContinualTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ContinualTests() => data = Idx.WriteSet(folder, train: 60);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(params string[] more) => Tiny(2, more);

    private string[] Tiny(int tasks, params string[] more) =>
        [
            "continual",
            "--data",
            data,
            "--tasks",
            $"{tasks}",
            "--batch-size",
            "10",
            "--validation",
            "20",
            "--threads",
            "1",
            .. more,
        ];

    private static JsonElement[] Rows(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. json.RootElement.Clone().GetProperty("rows").EnumerateArray()];
    }

    [Theory]
    [InlineData("permuted")]
    [InlineData("split")]
    public void Every_variant_learns_and_the_metrics_hold_together(string scenario)
    {
        var file = folder["metrics.json"];
        string[] all = ["--variants", string.Join(',', ContinualVariant.Names)];
        var answer = CommandLine.Run(Tiny(["--scenario", scenario, "--strength", "1", "--metrics", file, .. all]));
        Assert.Equal("", answer.Error);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains("Kronecker, merged: test accuracy", answer.Output, StringComparison.Ordinal);
        var rows = Rows(file);
        Assert.Equal(ContinualVariant.Names, rows.Select(row => row.GetProperty("name").GetString()));
        foreach (var row in rows)
        {
            var matrix = row.GetProperty("accuracy")
                .EnumerateArray()
                .Select(line => line.EnumerateArray().Select(value => value.GetDouble()).ToArray())
                .ToArray();
            Assert.Equal(2, matrix.Length);
            Assert.All(matrix, line => Assert.All(line, value => Assert.InRange(value, 0, 1)));
            Assert.Equal(matrix[1].Average(), row.GetProperty("average_accuracy").GetDouble(), 12);
            Assert.Equal(matrix[0][0] - matrix[1][0], row.GetProperty("forgetting").GetDouble(), 12);
            Assert.Equal(
                row.GetProperty("name").GetString() == "plain" ? 0 : 1,
                row.GetProperty("strength").GetDouble()
            );
            // Without a penalty, nothing is kept.
            Assert.Equal(row.GetProperty("name").GetString() == "plain", row.GetProperty("bytes").GetInt64() == 0);
        }
    }

    [Fact]
    public void Some_variants_run_only_where_they_are_named()
    {
        var file = folder["metrics.json"];
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny("--strength", "1", "--metrics", file)).Code);
        var found = Rows(file).Select(row => row.GetProperty("name").GetString());
        Assert.Equal(["diagonal-summed", "full-compressed"], ContinualVariant.Names.Except(found));
    }

    // After two tasks of three: a penalty of each, their sum with one slope, and 50 directions in all.
    [Fact]
    public void A_sum_and_a_compression_take_what_their_forms_say()
    {
        var file = folder["metrics.json"];
        string[] three = ["--variants", "diagonal,diagonal-summed,full-compressed"];
        var answer = CommandLine.Run(Tiny(3, ["--strength", "1", "--metrics", file, .. three]));
        Assert.Equal("", answer.Error);
        const int Weights = 785 * 100 + 101 * 100 + 101 * 10;
        long[] expected =
        [
            2 * (2 * Weights * sizeof(float)),
            3 * Weights * sizeof(float) + sizeof(float),
            (ContinualVariant.CompressedColumns + 1) * Weights * sizeof(float),
        ];
        Assert.Equal(expected, Rows(file).Select(row => row.GetProperty("bytes").GetInt64()));
    }

    // Without compression, recentring or another Fisher, a sum is the same function as its terms.
    [Fact]
    public void A_sum_of_penalties_learns_as_its_terms_do()
    {
        var file = folder["metrics.json"];
        string[] two = ["--variants", "diagonal,diagonal-summed"];
        Assert.Equal("", CommandLine.Run(Tiny(["--strength", "1", "--metrics", file, .. two])).Error);
        var rows = Rows(file).Select(row => row.GetProperty("accuracy").GetRawText()).ToArray();
        Assert.Equal(rows[0], rows[1]);
    }

    [Fact]
    public void A_strength_is_chosen_on_validation_images_with_the_first_seed()
    {
        var file = folder["metrics.json"];
        var answer = CommandLine.Run(
            Tiny("--variants", "diagonal-online", "--seeds", "2", "--seed", "7", "--metrics", file)
        );
        Assert.Equal(ExitCode.Success, answer.Code);
        var row = Assert.Single(Rows(file));
        var tried = row.GetProperty("tried").EnumerateArray().ToArray();
        Assert.Equal(4, tried.Length);
        var best = tried.MaxBy(one => one.GetProperty("validation_accuracy").GetDouble());
        Assert.Equal(best.GetProperty("strength").GetDouble(), row.GetProperty("strength").GetDouble());
        Assert.Equal(
            [7, 8],
            row.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetProperty("seed").GetInt32())
        );
    }

    [Fact]
    public void Seeds_are_honoured()
    {
        double[] Accuracies(string seed)
        {
            var file = folder["metrics.json"];
            var answer = CommandLine.Run(
                Tiny("--variants", "full-mc", "--strength", "3", "--seed", seed, "--metrics", file)
            );
            Assert.Equal(ExitCode.Success, answer.Code);
            return
            [
                .. Rows(file)[0]
                    .GetProperty("accuracy")
                    .EnumerateArray()
                    .SelectMany(row => row.EnumerateArray())
                    .Select(value => value.GetDouble()),
            ];
        }

        var first = Accuracies("1");
        Assert.Equal(first, Accuracies("1"));
        Assert.NotEqual(first, Accuracies("2"));
    }

    [Fact]
    public void A_run_that_was_stopped_continues_to_the_same_numbers()
    {
        string[] options = ["--variants", "plain,kronecker-merged", "--strength", "1"];
        var (whole, parts) = (folder["whole.json"], folder["parts.json"]);
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny([.. options, "--metrics", whole])).Code);

        // A sequence has 2 tasks of 4 steps.
        string[] files = ["--out", folder["out"], "--metrics", parts, "--report", folder["page.html"]];
        var stopped = CommandLine.RunAndStop(12, Tiny([.. options, .. files]));
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        Assert.Contains(
            "continue with ./foof continual --resume",
            stopped.Sentence(ExitCode.Stopped),
            StringComparison.Ordinal
        );
        Assert.Equal(Matrices(whole)[..1], Matrices(parts));
        Assert.Contains("Learning without forgetting", File.ReadAllText(folder["page.html"]), StringComparison.Ordinal);
        var resumed = CommandLine.Run("continual", "--resume", folder["out"], "--metrics", parts);
        Assert.Equal("", resumed.Error);
        Assert.Equal(Matrices(whole), Matrices(parts));

        static string[] Matrices(string file) =>
            [.. Rows(file).Select(row => row.GetProperty("accuracy").GetRawText())];
    }

    [Fact]
    public void A_run_is_replaced_by_force_alone_and_continued_without_it()
    {
        string[] command = Tiny("--variants", "plain", "--out", folder["out"]);
        Assert.Equal("", CommandLine.Run(command).Error);
        Assert.EndsWith(
            $"{folder["out"]} has a continual.json: name another, continue it by "
                + $"./foof continual --resume {folder["out"]}, or replace the run by --force.",
            CommandLine.Run(command).Sentence(),
            StringComparison.Ordinal
        );
        Assert.Equal("", CommandLine.Run([.. command, "--force"]).Error);
        Assert.Equal("", CommandLine.Run("continual", "--resume", folder["out"]).Error);
    }

    [Fact]
    public void A_run_that_is_stopped_in_its_first_sequence_starts_again()
    {
        string[] files = ["--out", folder["out"], "--metrics", folder["parts.json"], "--report", folder["page.html"]];
        Assert.Equal(
            "Stopped before a sequence was finished: the same command starts again.",
            CommandLine.RunAndStop(3, Tiny(["--variants", "plain", .. files])).Sentence(ExitCode.Stopped)
        );
        Assert.Empty(Rows(folder["parts.json"]));
        Assert.False(File.Exists(folder["page.html"]));
    }

    [Fact]
    public void Without_a_folder_a_stop_keeps_nothing_and_says_so()
    {
        var stopped = CommandLine.RunAndStop(3, Tiny("--variants", "si"));
        Assert.Contains("there is no --out", stopped.Sentence(ExitCode.Stopped), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "--variants must be among plain, diagonal", "--variants", "kronecher")]
    [InlineData(ExitCode.Usage, "the nearest is kronecker", "--variants", "kronecher")]
    [InlineData(ExitCode.Usage, "--variants must name one at least", "--variants", ",")]
    [InlineData(ExitCode.Usage, "--strength must be a number of at least 0; got '-1'", "--strength", "-1")]
    [InlineData(ExitCode.Usage, "--scenario must be one of permuted, split", "--scenario", "rotated")]
    [InlineData(
        ExitCode.Usage,
        "--validation must be less than the 30 training images",
        "--subset",
        "30",
        "--validation",
        "30"
    )]
    [InlineData(
        ExitCode.Usage,
        "task 3 has 6, 0 and 4: change --subset or --validation.",
        "--scenario",
        "split",
        "--subset",
        "34",
        "--validation",
        "4"
    )]
    [InlineData(ExitCode.Usage, "--tasks must be at most 5 for split", "--scenario", "split", "--tasks", "6")]
    [InlineData(ExitCode.Failure, "--resume must name a folder with a continual.json", "--resume", "nowhere")]
    public void What_cannot_be_is_refused(int code, string part, params string[] options)
    {
        var answer = CommandLine.Run(["continual", "--data", data, .. options]);
        Assert.Contains(part, answer.Sentence(code), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_continues_as_it_was_with_the_same_data_only()
    {
        var target = folder["out"];
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny("--variants", "plain", "--out", target)).Code);
        Assert.Contains(
            "--strength must be left out with --resume",
            CommandLine.Run("continual", "--resume", target, "--strength", "2").Sentence(ExitCode.Usage),
            StringComparison.Ordinal
        );
        var other = Idx.WriteSet(folder, train: 60, seed: 2);
        Assert.Contains(
            "was made with other data",
            CommandLine.Run("continual", "--resume", target, "--data", other).Sentence(),
            StringComparison.Ordinal
        );
        var file = Path.Combine(target, "continual.json");
        File.WriteAllText(file, File.ReadAllText(file)[..40]);
        Assert.Contains(
            "is damaged",
            CommandLine.Run("continual", "--resume", target).Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Forgetting_is_the_fall_from_the_best_value_of_earlier_tasks()
    {
        double[][] test =
        [
            [0.8, 0.1, 0.1],
            [0.9, 0.7, 0.2],
            [0.6, 0.6, 0.8],
        ];
        var result = new SequenceResult("plain", 0, 1, test, test, 0, 1);
        Assert.Equal(((0.9 - 0.6) + (0.7 - 0.6)) / 2, result.Forgetting, 12);
        Assert.Equal((0.6 + 0.6 + 0.8) / 3, result.AverageAccuracy, 12);
    }
}
