using System.Text.Json;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;

namespace Foof.Cli.Tests.Laplace;

public sealed class LaplaceTests(TrainedNetwork trained) : IClassFixture<TrainedNetwork>
{
    private const int Weights = 785 * 8 + 9 * 10;
    private const int LastWeights = 9 * 10;

    private Answer Run(params string[] options) =>
        CommandLine.Run(["laplace", "--model", trained.Network, "--threads", "1", "--quiet", .. options]);

    private JsonElement Numbers(params string[] options)
    {
        var answer = Run([.. options, "--json"]);
        Assert.Equal(ExitCode.Success, answer.Code);
        using var json = JsonDocument.Parse(answer.Output);
        return json.RootElement.Clone();
    }

    private static double Number(JsonElement numbers, string name) => numbers.GetProperty(name).GetDouble();

    [Theory]
    [InlineData("full", Weights, 400)]
    [InlineData("kron", Weights, Weights)]
    [InlineData("diag", Weights, Weights)]
    [InlineData("last-layer", LastWeights, LastWeights)]
    [InlineData("last-layer-kron", LastWeights, LastWeights)]
    public void Every_structure_has_the_numbers_of_the_contract(string structure, int weights, int columns)
    {
        var numbers = Numbers("--structure", structure, "--samples", "10");
        Assert.Equal("laplace", numbers.GetProperty("command").GetString());
        Assert.Equal(structure, numbers.GetProperty("structure").GetString());
        Assert.Equal((weights, columns), (Number(numbers, "parameters"), Number(numbers, "columns")));
        Assert.Equal("validation", numbers.GetProperty("tuned_by").GetString());
        foreach (var name in new[] { "prior_precision", "fit_s", "sample100_s", "predict_s", "nll", "peak_rss_mb" })
            Assert.True(Number(numbers, name) > 0, name);
        foreach (var name in new[] { "test_accuracy", "ece", "ood_auroc" })
            Assert.InRange(Number(numbers, name), 0, 1);
        Assert.InRange(Number(numbers, "brier"), 0, 2);
        Assert.InRange(Number(numbers, "effective_parameters"), 0, weights);
        Assert.True(double.IsFinite(Number(numbers, "log_evidence")));
        Assert.Equal(20, numbers.GetProperty("reliability").EnumerateArray().Sum(bin => Number(bin, "count")));
    }

    [Fact]
    public void The_prior_is_chosen_as_asked_or_given()
    {
        string[] diagonal = ["--structure", "diag", "--tune"];
        var given = Numbers("--structure", "diag", "--prior-precision", "3.5");
        Assert.Equal(("given", 3.5), (given.GetProperty("tuned_by").GetString(), Number(given, "prior_precision")));
        var evidence = Numbers([.. diagonal, "evidence"]);
        Assert.True(Number(evidence, "log_evidence") >= Number(given, "log_evidence"));
        var layers = Numbers([.. diagonal, "evidence-per-layer"]);
        Assert.Equal(2, layers.GetProperty("prior_precision").GetArrayLength());
        Assert.True(Number(layers, "log_evidence") >= Number(evidence, "log_evidence") - 1e-6);
    }

    [Theory]
    [InlineData("probit")]
    [InlineData("bridge")]
    [InlineData("sampled")]
    [InlineData("monte-carlo")]
    public void Predictions_are_made_as_asked_and_a_seed_decides_them(string kind)
    {
        string[] options = ["--structure", "kron", "--predict", kind, "--samples", "20", "--prior-precision", "10"];
        var (first, second) = (Numbers(options), Numbers(options));
        Assert.Equal(Number(first, "nll"), Number(second, "nll"));
        Assert.Equal(Number(first, "ood_auroc"), Number(second, "ood_auroc"));
        // Compares the likelihood of test images: without samples, the seed decides only the order of sums.
        var apart = Math.Abs(Number(first, "nll") - Number(Numbers([.. options, "--seed", "7"]), "nll"));
        Assert.Equal(kind is "sampled" or "monte-carlo", apart > 1e-6);
    }

    [Fact]
    public void A_sharp_prior_leaves_the_networks_own_predictions()
    {
        var numbers = Numbers("--structure", "full", "--prior-precision", "1e9");
        var plain = numbers.GetProperty("plain");
        Assert.Equal(Number(plain, "test_accuracy"), Number(numbers, "test_accuracy"));
        Assert.Equal(Number(plain, "nll"), Number(numbers, "nll"), 1e-4);
    }

    [Fact]
    public void A_folder_gets_the_posterior_and_the_evidence_curve()
    {
        var folder = trained["posterior"];
        var numbers = Numbers("--structure", "kron", "--out", folder);
        using var checkpoint = Checkpoint.Load(trained.Network);
        using var model = ModelKind.Build(checkpoint.Run.Options, ImageShape.FashionMnist);
        checkpoint.Restore(model);
        model.eval();
        using var posterior = LaplacePosterior.Load(model, Path.Combine(folder, "posterior.safetensors"));
        Assert.Equal(Number(numbers, "log_evidence"), posterior.LogEvidence);
        Assert.Equal(Number(numbers, "prior_precision"), posterior.PriorPrecision[0]);

        using var curve = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "evidence.json")));
        Assert.Equal(1000, curve.RootElement.GetArrayLength());
        Assert.Equal(1000, numbers.GetProperty("evidence_curve").GetArrayLength());

        // The network is another one, or the file is damaged.
        var file = Path.Combine(folder, "posterior.safetensors");
        var bytes = File.ReadAllBytes(file);
        bytes[^9] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Throws<InvalidDataException>(() => LaplacePosterior.Load(model, file));
    }

    [Fact]
    public void Labels_are_sampled_if_all_do_not_fit_the_budget_with_a_warning()
    {
        string[] full = ["--structure", "full", "--memory-budget", "1"];
        var answer = Run([.. full, "--json"]);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.StartsWith(
            "Note: All labels of 40 data points do not fit the memory budget of 1,048,576 bytes: "
                + "one sampled label each is used",
            answer.Error,
            StringComparison.Ordinal
        );
        using var numbers = JsonDocument.Parse(answer.Output);
        Assert.Equal(40, Number(numbers.RootElement, "columns"));
        var warnings = numbers.RootElement.GetProperty("warnings").EnumerateArray().Select(own => own.GetString()!);
        Assert.Single(warnings, own => own.Contains("do not fit", StringComparison.Ordinal));
        // Sampled labels that are asked for give no warning.
        var asked = Run(["--structure", "full", "--labels", "sampled"]);
        Assert.DoesNotContain("do not fit", asked.Error, StringComparison.Ordinal);
        Assert.Contains(
            "must fit the memory budget of 1,048,576 bytes",
            Run([.. full, "--labels", "all"]).Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Without_a_network_the_default_one_is_trained_first()
    {
        var folder = trained["default"];
        string[] small = ["--structure", "last-layer-diag", "--samples", "5", "--test", "5", "--threads", "1"];
        var answer = CommandLine.Run([
            "laplace",
            "--data",
            trained.ManyData(),
            "--out",
            folder,
            "--json",
            "--quiet",
            .. small,
        ]);
        Assert.Equal(ExitCode.Success, answer.Code);
        // So few images do not determine a prior precision.
        Assert.All(
            answer.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("Note: The validation data do not determine", line, StringComparison.Ordinal)
        );
        using var numbers = JsonDocument.Parse(answer.Output);
        Assert.Equal(401 * 10, Number(numbers.RootElement, "parameters"));
        foreach (var file in new[] { Checkpoint.FileName, "posterior.safetensors", "evidence.json" })
            Assert.True(File.Exists(Path.Combine(folder, file)), file);
    }

    [Fact]
    public void The_table_shows_the_network_temperature_scaling_and_the_posterior()
    {
        var answer = Run("--structure", "diag");
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        foreach (var row in new[] { "plain network", "temperature scaling", "posterior diag", "6,370 weights" })
            Assert.Contains(row, answer.Output, StringComparison.Ordinal);
    }
}
