using System.Diagnostics;
using System.Text.Json.Nodes;
using Foof.Cli.Bench;
using Foof.Cli.Settings;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>What K-FAC-expand and -reduce cost. (Eschenhagen et al. 2023, section 4.1)</summary>
internal sealed class SharingCost(Laboratory laboratory)
{
    private const int Points = 32;
    private const int Width = 512;
    private const int Repeats = 5;
    private static readonly int[] Batches = [32, 64, 128];
    private static readonly int[] Positions = [1, 4, 16, 64, 256];

    /// <summary>The milliseconds of a step on the wide residual network, by batch.</summary>
    internal JsonObject Steps()
    {
        var measured = new JsonArray();
        foreach (var batch in Batches)
        {
            var settings = StepSettings.Table.Fill(
                new Given()
                    .With("--model", StepModel.All.Single(model => model.Kind.Name == "wrn"))
                    .With("--batch-size", batch)
                    .With("--rounds", 1)
                    .With("--threads", get_num_threads())
            );
            var rows = StepRows.Of(settings.Model, "kfac T=1,kfac-reduce T=1");
            var times = new StepBenchmark(settings, rows).Run(laboratory.Progress, laboratory.Stop);
            laboratory.Stop.ThrowIfCancellationRequested();
            double Of(string name) => times!.Single(time => time.Name == name).Amortised;
            measured.Add(
                new JsonObject
                {
                    ["batch"] = batch,
                    ["K-FAC-expand"] = Of("kfac T=1"),
                    ["K-FAC-reduce"] = Of("kfac-reduce T=1"),
                    ["SGD"] = Of("sgd"),
                }
            );
        }
        return new() { ["batches"] = measured };
    }

    /// <summary>
    /// The time of K-FAC-reduce's activation factor as a share of K-FAC-expand's, by the number of positions, and the power of R
    /// that it falls with.
    /// </summary>
    internal JsonObject Statistics()
    {
        var measured = Positions.Select(R =>
            (R, Expand: Time(R, Foof.Positions.Averaged), Reduce: Time(R, Foof.Positions.Pooled))
        );
        var times = measured.ToArray();
        var points = times.Select(time => (X: Math.Log(time.R), Y: Math.Log(time.Reduce / time.Expand))).ToArray();
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        return new()
        {
            ["points"] = Points,
            ["width"] = Width,
            ["positions"] = new JsonArray([
                .. times.Select(time => new JsonObject
                {
                    ["positions"] = time.R,
                    ["expand_ms"] = time.Expand,
                    ["reduce_ms"] = time.Reduce,
                    ["share"] = time.Reduce / time.Expand,
                }),
            ]),
            ["exponent"] =
                points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x)),
        };
    }

    // The least of several times, after one that warms up.
    private double Time(int R, Positions positions)
    {
        using var scope = NewDisposeScope();
        var rows = ActivationsModule.rows(randn([1, Points, R, Width], device: laboratory.Device));
        var least = double.PositiveInfinity;
        for (var repeat = 0; repeat <= Repeats; repeat++)
        {
            laboratory.Stop.ThrowIfCancellationRequested();
            var start = Stopwatch.GetTimestamp();
            Statistic.activations(positions, ScalarType.Float32, rows).Dispose();
            if (repeat > 0)
                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return least;
    }
}
