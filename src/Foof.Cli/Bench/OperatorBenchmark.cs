using System.Diagnostics;
using Foof.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>
/// Times the plain call that a user makes: the operation, then the result's disposal, no scope.
/// </summary>
internal static class OperatorBenchmark
{
    private const int ManyCalls = 4000;
    private const int FewCalls = 4;
    private const int WarmUpRounds = 20;

    private sealed record Row(string Name, int Calls, Func<Tensor> Call)
    {
        internal List<double> Microseconds { get; } = [];
        internal double Bytes { get; set; } = double.MaxValue;
    }

    /// <summary>
    /// Measures every row in every round, one after another, so that a busy moment hits them all.
    /// </summary>
    /// <returns>A line for each row; null when it was stopped.</returns>
    internal static IReadOnlyList<OperatorTime>? Run(
        int rounds,
        IProgressView progress,
        CancellationToken stop
    )
    {
        using var scope = NewDisposeScope();
        var rows = Rows();
        // The compiler's second, optimising pass must be over before anything counts.
        for (var round = 0; round < WarmUpRounds && !stop.IsCancellationRequested; round++)
            foreach (var row in rows)
                Time(row);
        progress.Track(
            "bench ops",
            rounds,
            meter =>
            {
                for (var round = 0; round < rounds && !stop.IsCancellationRequested; round++)
                {
                    foreach (var row in rows)
                        Measure(row);
                    meter.Show(round + 1, () => $"{rows[0].Name} {rows[0].Microseconds[^1]:F3} us");
                }
            }
        );
        return stop.IsCancellationRequested
            ? null
            : [.. rows.Select(row => OperatorTime.Of(row.Name, row.Microseconds, row.Bytes))];
    }

    private static Row[] Rows()
    {
        var (small, other) = (randn(4, 4), randn(4, 4));
        var (inputs, weights, sum) = (randn(100, 1000), randn(1000, 1000), randn(100, 1000));
        return
        [
            new("add 4x4", ManyCalls, () => small.add(other)),
            new("mm 4x4", ManyCalls, () => small.mm(other)),
            new("mul 4x4", ManyCalls, () => small.mul(other)),
            new("relu 4x4", ManyCalls, () => small.relu()),
            new("sum 4x4", ManyCalls, () => small.sum()),
            new("transpose 4x4", ManyCalls, () => small.t()),
            new("addmm 100x1000x1000", FewCalls, () => sum.addmm(inputs, weights)),
        ];
    }

    private static void Measure(Row row)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var microseconds = Time(row);
        row.Bytes = Math.Min(row.Bytes, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / row.Calls);
        row.Microseconds.Add(microseconds);
    }

    private static double Time(Row row)
    {
        var call = row.Call;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < row.Calls; i++)
            call().Dispose();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / row.Calls;
    }
}
