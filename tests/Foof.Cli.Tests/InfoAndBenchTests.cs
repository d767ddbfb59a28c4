using System.Text.Json;

namespace Foof.Cli.Tests;

public sealed class InfoAndBenchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Info_shows_the_libraries_and_the_speed()
    {
        var file = folder["info.json"];
        var answer = CommandLine.Run("info", "--metrics", file);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains("libtorch", answer.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var facts = json.RootElement;
        // The library's own word, beside the version that TorchSharp was compiled against.
        Assert.StartsWith(
            $"{facts.GetProperty("libtorch").GetString()}.",
            TorchSharp.torch.__version__,
            StringComparison.Ordinal
        );
        Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+$", facts.GetProperty("torchsharp").GetString());
        Assert.True(facts.GetProperty("gflops_float32_1000").GetDouble() > 0);
        Assert.True(facts.GetProperty("gflops_bfloat16_1000").GetDouble() > 0);
        Assert.True(facts.GetProperty("threads").GetInt32() >= 1);
    }

    [Fact]
    public void Bench_step_writes_the_rows_of_the_contract_and_names_rows_that_there_are()
    {
        var file = folder["step.json"];
        string[] small = ["bench", "step", "--model", "cnn", "--batch-size", "2", "--rounds", "1"];
        var answer = CommandLine.Run([
            .. small,
            "--rows",
            "foof T=1,foof T=100 S=10,foof T=100 S=10 facade,eva",
            "--steps",
            "20",
            "--metrics",
            file,
        ]);
        Assert.Equal(ExitCode.Success, answer.Code);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.Equal(
            ["sgd", "foof T=100 S=10", "foof T=100 S=10 facade", "foof T=1", "eva T=1"],
            rows.Select(row => row.GetProperty("name").GetString())
        );
        Assert.Equal(1.0, rows[0].GetProperty("ratio_to_sgd").GetDouble());
        foreach (var name in new[] { "median_ms", "p10", "p90", "flops", "peak_share", "bytes_per_step" })
            Assert.All(rows, row => Assert.True(row.GetProperty(name).GetDouble() > 0));
        Assert.True(rows[1].GetProperty("extrapolated").GetBoolean());

        var wrong = CommandLine.Run([.. small, "--rows", "fof"]);
        Assert.Equal(ExitCode.Usage, wrong.Code);
        Assert.StartsWith("--rows must name rows of this network: 'sgd', 'sgd by hand', 'adam'", wrong.Error);
    }

    [Fact]
    public void Exponents_are_the_slopes_of_logarithms()
    {
        Bench.GramTime[] rows =
        [
            .. new[] { 1, 2, 4, 8 }.Select(m => new Bench.GramTime(
                Bench.GramTime.ByColumns,
                m,
                10,
                new(3.0 * m * m * m, 0, 0),
                0,
                5.0 * m
            )),
        ];
        Assert.Equal(3.0, Bench.GramTime.Exponent(rows, row => row.Milliseconds.Median)!.Value, 12);
        Assert.Equal(1.0, Bench.GramTime.Exponent(rows, row => row.Megabytes)!.Value, 12);
        Assert.Null(Bench.GramTime.Exponent(rows, row => row.Flops));
    }

    [Fact]
    public void The_peak_counts_memory_that_was_freed_before_and_is_used_again()
    {
        // Many, beside which what other tests free meanwhile is little.
        const int blocks = 256;
        Touch();
        if (!Output.MemoryUse.ResetPeak())
            return;
        var before = Output.MemoryUse.PeakMegabytes;
        Touch();
        Assert.True(Output.MemoryUse.PeakMegabytes - before > blocks / 2);

        // A megabyte each: smaller than what the allocator asks the system for by itself.
        static void Touch()
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            for (var block = 0; block < blocks; block++)
                TorchSharp.torch.ones(1 << 18);
        }
    }

    [Theory]
    [InlineData("step")]
    [InlineData("gram")]
    public void A_stopped_benchmark_writes_nothing(string kind)
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var answer = CommandLine.Run(null, source.Token, "bench", kind, "--metrics", folder["x.json"]);
        Assert.Equal(ExitCode.Stopped, answer.Code);
        Assert.False(File.Exists(folder["x.json"]));
    }

    [Fact]
    public void Percentiles_are_interpolated_between_ranks()
    {
        Assert.Equal(new(3.5, 1.5, 5.5), Bench.Spread.Of([5, 1, 4, 2, 3, 6]));
    }
}
