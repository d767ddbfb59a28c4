using Foof.Cli.Engine;
using Foof.Cli.Output;

namespace Foof.Cli.Bench;

/// <summary>
/// Times steps as <c>train</c> takes them. In every round each row runs one period, in slices that alternate with the
/// other rows', so that a busy moment hits them all.
/// </summary>
internal sealed class StepBenchmark(StepSettings settings, StepRow[] rows)
{
    private const int Slices = 10;
    private const int StepsAlone = 3;

    /// <summary>Measures every row.</summary>
    /// <returns>The time of each row; null if the user stopped it.</returns>
    internal IReadOnlyList<StepTime>? Run(IProgressView progress, CancellationToken stop)
    {
        var work = rows.Length + settings.Rounds * Slices * rows.Length;
        IReadOnlyList<StepTime>? times = null;
        progress.Track("bench step", work, meter => times = Measure(meter, stop));
        return times;
    }

    private StepTime[]? Measure(Meter meter, CancellationToken stop)
    {
        var done = 0;
        var peaks = new List<double?>();
        // Each row first runs alone, which shows its memory and compiles its code.
        foreach (var row in rows)
        {
            if (stop.IsCancellationRequested)
                return null;
            meter.Show(++done, () => $"{row.Name} alone");
            peaks.Add(PeakAlone(row));
        }
        var best = Speed.Gflops(device: settings.Place) * 1e9;
        var runs = new List<StepRun>();
        try
        {
            foreach (var row in rows)
                runs.Add(new(row, settings));
            for (var round = 0; round < settings.Rounds; round++)
            {
                for (var slice = 0; slice < Slices; slice++)
                    foreach (var run in runs)
                    {
                        if (stop.IsCancellationRequested)
                            return null;
                        meter.Show(++done, () => $"round {round + 1}, {run.Row.Name}");
                        run.Run(run.StepsInSlice(Slices));
                    }
                foreach (var run in runs)
                    run.EndRound();
            }
            // A busy neighbour may have slowed the first measurement.
            best = Math.Max(best, Speed.Gflops(device: settings.Place) * 1e9);
            var flops = settings.Model.FlopsOfDataPoint();
            return [.. runs.Zip(peaks, (run, peak) => Time(run, runs, flops, best, peak))];
        }
        finally
        {
            foreach (var run in runs)
                run.Dispose();
        }
    }

    private double? PeakAlone(StepRow row)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var isReset = MemoryUse.ResetPeak();
        using (var run = new StepRun(row, settings))
            run.Run(StepsAlone);
        return isReset ? MemoryUse.PeakMegabytes : null;
    }

    private StepTime Time(StepRun run, List<StepRun> runs, double flopsOfDataPoint, double best, double? peak)
    {
        var baseline = runs.Single(other => other.Row.Name == run.Row.Baseline);
        var flops = flopsOfDataPoint * (run.Row.BatchSize ?? settings.BatchSize);
        var amortised = Spread.Of(run.Amortised).Median;
        return new(
            run.Row.Name,
            amortised,
            Spread.Of(run.Milliseconds),
            Spread.Of(run.Amortised.Zip(baseline.Amortised, (own, other) => own / other)).Median,
            flops,
            flops / (amortised * 1e-3) / best,
            run.BytesPerStep,
            peak,
            run.IsShortened,
            run.Phases
        );
    }
}
