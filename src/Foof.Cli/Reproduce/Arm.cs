using Foof.Cli.Compare;
using Foof.Cli.Training;

namespace Foof.Cli.Reproduce;

/// <summary>A method of a figure, with the setting that its search starts from.</summary>
/// <param name="Label">Its name in the figure.</param>
/// <param name="Optimizer">Its name on the command line.</param>
/// <param name="LearningRate">The learning rate to start with.</param>
/// <param name="Damping">The damping to start with; null if it has none.</param>
internal sealed record Arm(string Label, string Optimizer, double LearningRate, double? Damping = null)
{
    /// <summary>A change of the method; null if nothing is changed.</summary>
    internal Variant? Variant { get; init; }

    /// <summary>Settings of its own.</summary>
    internal Func<TrainingSettings, TrainingSettings> Set { get; init; } = settings => settings;

    /// <summary>Whether the damping stays as it is.</summary>
    internal bool KeepsDamping { get; init; }

    /// <summary>Whether the learning rate stays, too: the search was another arm's.</summary>
    internal bool IsTuned { get; init; }
}

/// <summary>What was measured of an arm.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Grid">The settings that were tried, on the first seed.</param>
/// <param name="Runs">A run of each seed, with the best setting.</param>
internal sealed record ArmResult(Arm Arm, Grid Grid, IReadOnlyList<FinishedRun> Runs)
{
    /// <summary>The final training loss: its mean and its deviation over seeds; null if a run diverged.</summary>
    internal MeanOfSeeds? Loss =>
        Runs.All(run => run.TrainLoss is not null) ? MeanOfSeeds.Of(Runs.Select(run => run.TrainLoss!.Value)) : null;

    /// <summary>The mean seconds of a run, without evaluations.</summary>
    internal double Seconds => Runs.Average(run => run.WarmUpSeconds + run.Epochs.Sum(epoch => epoch.Seconds));

    /// <summary>The mean of something over the seeds after each epoch that all of them finished, from 0 on.</summary>
    internal IReadOnlyList<(double Epoch, double Seconds, MeanOfSeeds Value)> Course(Func<EpochResult, double> value)
    {
        var finished = Runs.Min(run => run.Epochs.Count);
        return
        [
            .. Enumerable
                .Range(0, finished + 1)
                .Where(epoch => epoch > 0 || Runs.All(run => run.Start is not null))
                .Select(epoch =>
                    (
                        (double)epoch,
                        Runs.Average(run =>
                            epoch == 0 ? 0 : run.WarmUpSeconds + run.Epochs.Take(epoch).Sum(one => one.Seconds)
                        ),
                        MeanOfSeeds.Of(Runs.Select(run => value(epoch == 0 ? run.Start! : run.Epochs[epoch - 1])))
                    )
                ),
        ];
    }
}

/// <summary>A mean over seeds.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation of a single seed; null with one seed.</param>
internal sealed record MeanOfSeeds(double Mean, double? Deviation)
{
    /// <summary>The mean of at least one value.</summary>
    internal static MeanOfSeeds Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        var mean = all.Average();
        return new(
            mean,
            all.Length == 1 ? null : Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1))
        );
    }

    /// <inheritdoc />
    public override string ToString() =>
        Reports.Say.Spread(Reports.Say.Number(Mean), Deviation is { } one ? Reports.Say.Number(one) : null);
}
