using System.Diagnostics;
using Foof.Cli.Output;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>
/// Times the Gram matrix K = G^T G of a network's Fisher factor, with growing numbers of columns m and growing widths.
/// </summary>
internal sealed class GramBenchmark(int rounds)
{
    private const int Layers = 3;
    private const int BaseColumns = 500;
    private const int BaseWidth = 500;
    private static readonly int[] Columns = [250, 500, 1000, 2000];
    private static readonly int[] Widths = [250, 500, 1000, 2000];

    /// <summary>Measures every row.</summary>
    /// <returns>The rows, with the growing m first; null if the user stopped it.</returns>
    internal IReadOnlyList<GramTime>? Run(Terminal terminal)
    {
        (string Grows, int Columns, int Width)[] cases =
        [
            .. Columns.Select(m => (GramTime.ByColumns, m, BaseWidth)),
            .. Widths.Select(width => (GramTime.ByWidth, BaseColumns, width)),
        ];
        return Measured.Rows(
            terminal,
            "bench gram",
            cases,
            one => $"m = {one.Columns}, width {one.Width}",
            one => Measure(one.Grows, one.Columns, one.Width)
        );
    }

    private GramTime Measure(string grows, int m, int width)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var factors = Enumerable
            .Range(0, Layers)
            .Select(_ => LayerFactor.NewProduct(ActivationsModule.rows(randn(1, m, 1, width)), randn(1, m, 1, width)));
        var G = FisherFactorModule.ofColumns(new FisherColumns([.. factors], 1.0 / m));
        FisherFactorModule.gram(G).Dispose();
        var megabytes = Megabytes(G);
        var milliseconds = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            FisherFactorModule.gram(G).Dispose();
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var flops = 4.0 * m * m * width * Layers;
        return new(grows, m, width, Spread.Of(milliseconds), flops, megabytes);
    }

    // Memory is measured in separate runs, since fresh memory would slow the timed rounds down.
    private double? Megabytes(FisherFactor G)
    {
        var peaks = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            if (!MemoryUse.ResetPeak())
                return null;
            var before = MemoryUse.PeakMegabytes;
            FisherFactorModule.gram(G).Dispose();
            peaks.Add(MemoryUse.PeakMegabytes - before);
        }
        return Spread.Of(peaks).Median;
    }
}
