using Foof.Cli.Data;
using Foof.Cli.Output;

namespace Foof.Cli.Continual;

/// <summary>Runs all variants. Strengths are chosen with the first seed, on validation images.</summary>
/// <param name="settings">Everything that decides the numbers.</param>
/// <param name="data">The images.</param>
/// <param name="record">The finished sequences.</param>
internal sealed class ContinualRun(ContinualSettings settings, ImageData data, ContinualRecord record)
{
    private readonly TimeLeft time = new();
    private readonly List<VariantResult> results = [];
    private readonly HashSet<string> said = [];
    private ContinualVariant[] waiting = [];
    private int steps;

    /// <summary>The finished variants.</summary>
    internal IReadOnlyList<VariantResult> Results => results;

    /// <summary>Runs the sequences that are not finished yet; false if the user stopped it.</summary>
    internal bool Run(IProgressView progress, CancellationToken stop)
    {
        waiting = [.. ContinualVariant.Find(settings.Variants)];
        while (waiting is [var variant, .. var rest])
        {
            if (Of(variant, progress, stop) is not { } result)
                return false;
            results.Add(result);
            waiting = rest;
            progress.Line(Describe(result) + time.Of("; ", Sequences * steps));
        }
        return true;
    }

    // How many sequences are left, those among them that are running.
    private long Sequences =>
        waiting.Sum(variant =>
            Math.Max(0L, Strengths(variant).Length + settings.Seeds - 1L - record.CountOf(variant.Name))
        );

    /// <summary>Runs one variant; null if the user stopped it.</summary>
    internal VariantResult? Of(ContinualVariant variant, IProgressView progress, CancellationToken stop)
    {
        try
        {
            if (Tried(variant, progress, stop) is not { } tried)
                return null;
            var best = tried.MaxBy(result => result.ValidationAccuracy)!;
            var chosen = new List<SequenceResult>();
            foreach (var seed in settings.AllSeeds)
            {
                if (Sequence(variant, best.Strength, seed, progress, stop) is not { } result)
                    return null;
                chosen.Add(result);
            }
            return new(variant, chosen, tried);
        }
        catch (SequenceFailure failure)
        {
            throw new CommandFailure(failure.Message);
        }
    }

    // A strength at which the numbers fail is the worst. If all fail, the last failure is reported.
    private List<SequenceResult>? Tried(ContinualVariant variant, IProgressView progress, CancellationToken stop)
    {
        var tried = new List<SequenceResult>();
        var strengths = Strengths(variant);
        foreach (var (place, strength) in strengths.Index())
            try
            {
                if (Sequence(variant, strength, settings.Seed, progress, stop) is not { } result)
                    return null;
                tried.Add(result);
            }
            catch (SequenceFailure failure) when (tried.Count > 0 || place < strengths.Length - 1)
            {
                progress.Line(failure.Message);
            }
        return tried;
    }

    private double[] Strengths(ContinualVariant variant) =>
        settings.Strength is { } given && variant.Grid is not [0] ? [given] : variant.Grid;

    private SequenceResult? Sequence(
        ContinualVariant variant,
        double strength,
        long seed,
        IProgressView progress,
        CancellationToken stop
    )
    {
        if (record.Find(variant.Name, strength, seed) is { } done)
            return done;
        using var sequence = TaskSequence.Make(settings, data, seed);
        var run = new SequenceRun(settings, variant, strength, seed, sequence);
        SequenceResult? result = null;
        steps = run.Steps;
        progress.Track(
            $"{variant.Name}, strength {strength}, seed {seed}",
            run.Steps,
            meter => result = run.Run(meter, time, (Sequences - 1) * steps, stop)
        );
        foreach (var warning in run.Warnings.Where(said.Add))
            progress.Line($"Note: {warning}");
        if (result is not null)
            record.Add(result);
        return result;
    }

    private static string Describe(VariantResult result)
    {
        var tried = string.Join(", ", result.Tried.Select(one => $"{one.Strength}: {one.ValidationAccuracy:F4}"));
        return $"{result.Variant.Name}: strength {result.Strength} (validation {tried}), average accuracy "
            + $"{result.AverageAccuracy:F4}, forgetting {result.Forgetting:F4}, "
            + $"{result.Chosen.Average(one => one.Seconds):F1} s a sequence";
    }
}
