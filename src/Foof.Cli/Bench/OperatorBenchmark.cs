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
    private const int SpinningMilliseconds = 200;

    private sealed record Row(string Name, int Calls, Func<Tensor> Call)
    {
        internal List<double> Microseconds { get; } = [];
        internal double Bytes { get; set; } = double.MaxValue;
    }

    /// <summary>
    /// Measures the small operations one after another in every round, so that a busy moment hits them all, and the
    /// large one by itself when they are done.
    /// </summary>
    /// <returns>A line for each row; null when it was stopped.</returns>
    internal static IReadOnlyList<OperatorTime>? Run(
        int rounds,
        IProgressView progress,
        CancellationToken stop
    )
    {
        using var scope = NewDisposeScope();
        var (small, large) = (SmallRows(), LargeRow());
        Row[] rows = [.. small, large];
        // The compiler's second, optimising pass must be over before anything counts.
        for (var round = 0; round < WarmUpRounds && !stop.IsCancellationRequested; round++)
            foreach (var row in rows)
                Time(row);
        // After a large product OpenMP's threads spin for some milliseconds in wait of the next one, and where two
        // processors share a core that doubles the time of whatever comes then.
        Thread.Sleep(SpinningMilliseconds);
        progress.Track(
            "bench ops",
            2 * rounds,
            meter =>
            {
                MeasureRounds(small, 0, meter);
                MeasureRounds([large], rounds, meter);
            }
        );

        void MeasureRounds(Row[] measured, int done, Meter meter)
        {
            for (var round = 0; round < rounds && !stop.IsCancellationRequested; round++)
            {
                foreach (var row in measured)
                    Measure(row);
                meter.Show(
                    done + round + 1,
                    () => $"{measured[0].Name} {measured[0].Microseconds[^1]:F3} us"
                );
            }
        }

        return stop.IsCancellationRequested
            ? null
            : [.. rows.Select(row => new OperatorTime(row.Name, Spread.Of(row.Microseconds), row.Bytes))];
    }

    private static Row[] SmallRows()
    {
        var (left, right) = (randn(4, 4), randn(4, 4));
        return
        [
            new("add 4x4", ManyCalls, () => left.add(right)),
            new("mm 4x4", ManyCalls, () => left.mm(right)),
            new("mul 4x4", ManyCalls, () => left.mul(right)),
            new("relu 4x4", ManyCalls, () => left.relu()),
            new("sum 4x4", ManyCalls, () => left.sum()),
            new("transpose 4x4", ManyCalls, () => left.t()),
        ];
    }

    private static Row LargeRow()
    {
        var (inputs, weights, sum) = (randn(100, 1000), randn(1000, 1000), randn(100, 1000));
        return new("addmm 100x1000x1000", FewCalls, () => sum.addmm(inputs, weights));
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
