using System.Diagnostics;
using Foof.Cli.Engine;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>A row that runs on its own network and batches. It owns them.</summary>
internal sealed class StepRun : IDisposable
{
    private const int Batches = 4;
    private const int LeastSteps = 5;

    private readonly (Tensor Input, Tensor Target)[] batches;
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly ILearner learner;
    private readonly List<double> inRound = [];
    private readonly int stepsOfPeriod;
    private readonly bool isLarge;
    private readonly bool countsByMedian;
    private readonly Device device;
    private readonly PhaseClock? clock;
    private int step;
    private long bytes;
    private long steps;

    /// <summary>Makes the network and the optimiser, and takes the first step.</summary>
    internal StepRun(StepRow row, StepSettings settings)
    {
        Row = row;
        stepsOfPeriod = row.StepsOfPeriod(settings.Steps);
        isLarge = settings.Model.IsLarge;
        countsByMedian = IsShortened || (row.Period == 1 && settings.Model.Period > settings.Steps);
        device = settings.Place;
        manual_seed(1).Dispose();
        var options = row.Options(settings);
        batches =
        [
            .. Enumerable
                .Range(0, Batches)
                .Select(_ => settings.Model.Batch(options.BatchSize, device))
                .Select(batch => (batch.Input.DetachFromDisposeScope(), batch.Target.DetachFromDisposeScope())),
        ];
        model = settings.Model.Make().to(device);
        // With a warm-up of one batch, the first period begins with the second batch.
        var optimizer = row.Optimizer.Method is { } method
            ? row.Optimizer with
            {
                Make = CurvatureLearner.Of(method.WithWarmUp(1)),
            }
            : row.Optimizer;
        learner = optimizer.Make(model, settings.Model.Kind, options);
        Step();
        inRound.Clear();
        (bytes, steps) = (0, 0);
        clock = settings.Phases ? new() : null;
    }

    /// <summary>The row.</summary>
    internal StepRow Row { get; }

    /// <summary>Whether a part of the row's period is not run.</summary>
    internal bool IsShortened => Row.Period > stepsOfPeriod;

    /// <summary>The milliseconds of every step that was measured.</summary>
    internal List<double> Milliseconds { get; } = [];

    /// <summary>The milliseconds of a step amortised over the period, in each round.</summary>
    internal List<double> Amortised { get; } = [];

    /// <summary>The managed memory that a step allocates.</summary>
    internal double BytesPerStep => steps == 0 ? 0 : (double)bytes / steps;

    /// <summary>
    /// How many steps one of several equal slices of a round has. Slices of short periods have several steps, so that
    /// the first step, which finds another row's data in the caches, does not decide the time.
    /// </summary>
    internal int StepsInSlice(int slices)
    {
        var least = Row.BatchSize is null && !isLarge ? LeastSteps : 1;
        var periods = Math.Max(1, least * slices / stepsOfPeriod);
        return Math.Max(1, periods * stepsOfPeriod / slices);
    }

    /// <summary>
    /// The milliseconds of each phase of a step, amortised over the period; null if they are not measured. Statistics and
    /// inversions of a period that is run in part are all run.
    /// </summary>
    internal IReadOnlyDictionary<string, double>? Phases =>
        clock?.Milliseconds.ToDictionary(
            phase => phase.Key,
            phase =>
                phase.Value
                / steps
                * (phase.Key is "statistics" or "inversion" && IsShortened ? (double)stepsOfPeriod / Row.Period : 1)
        );

    /// <summary>Runs some steps.</summary>
    internal void Run(int count)
    {
        using var timed = clock?.Listen();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < count; i++)
            Step();
        bytes += GC.GetTotalAllocatedBytes(precise: true) - before;
        steps += count;
    }

    /// <summary>Ends a round, whose steps give one amortised time.</summary>
    internal void EndRound()
    {
        Amortised.Add(countsByMedian ? OfShortenedPeriod() : inRound.Average());
        Milliseconds.AddRange(inRound);
        inRound.Clear();
    }

    // The first steps of a period are plain, like those that were left out. There are few of them, so their median
    // counts: one disturbed step must not stand for hundreds. Rows whose steps are all alike count by their median too.
    private double OfShortenedPeriod()
    {
        var plainSteps = Row.Period == 1 ? inRound.Count : stepsOfPeriod - Row.StatisticsSteps;
        var plain = Spread.Of(inRound.Take(plainSteps)).Median;
        var others = inRound.Skip(plainSteps).ToList();
        return (others.Sum() + (Row.Period - others.Count) * plain) / Row.Period;
    }

    private void Step()
    {
        using var scope = NewDisposeScope();
        var (input, target) = batches[step++ % Batches];
        var start = Stopwatch.GetTimestamp();
        learner.Step(input, target);
        Devices.Settle(device);
        inRound.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        learner.Dispose();
        model.Dispose();
        foreach (var (input, target) in batches)
        {
            input.Dispose();
            target.Dispose();
        }
    }
}
