using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Continual;

/// <summary>The tasks that a scenario makes of a data set.</summary>
internal sealed class TaskSequence : IDisposable
{
    /// <summary>Every task has all images, each time with the pixels in another order.</summary>
    internal const string Permuted = "permuted";

    /// <summary>Every task has classes of its own, and the network knows which task it is.</summary>
    internal const string Split = "split";

    /// <summary>All scenarios.</summary>
    internal static IReadOnlyList<string> Scenarios { get; } = [Permuted, Split];

    private readonly ImageSet train;
    private readonly ImageSet validation;

    private TaskSequence(ImageSet train, ImageSet validation, ContinualTask[] tasks)
    {
        this.train = train;
        this.validation = validation;
        Tasks = tasks;
    }

    /// <summary>The tasks in their order.</summary>
    internal IReadOnlyList<ContinualTask> Tasks { get; }

    /// <summary>Makes them: the same ones for the same seed. The data stay the caller's.</summary>
    internal static TaskSequence Make(ContinualSettings settings, ImageData data, long seed)
    {
        var kept = data.Train.Count - settings.Validation;
        var train = data.Train.Part(0, kept);
        var validation = data.Train.Part(kept, settings.Validation);
        var tasks = Enumerable
            .Range(0, settings.Tasks)
            .Select(place =>
                settings.Scenario == Split
                    ? ContinualTask.OfClasses(train, validation, data.Test, Classes(settings.Tasks, place))
                    : ContinualTask.Permuted(
                        train,
                        validation,
                        data.Test,
                        Order(seed, place, train.Labels.device)
                    )
            );
        return new(train, validation, [.. tasks]);
    }

    // As many for each task, in their order; what is left over is in no task.
    private static long[] Classes(int tasks, int place)
    {
        var count = ImageSet.Classes / tasks;
        return [.. Enumerable.Range(place * count, count).Select(label => (long)label)];
    }

    // The first task's pixels are in their own order.
    private static Tensor? Order(long seed, int place, Device device)
    {
        if (place == 0)
            return null;
        using var generator = new Generator(unchecked((ulong)(seed * 1_000_003 + place)));
        return randperm(ImageSet.Pixels, generator: generator).to(device).DetachFromDisposeScope();
    }

    /// <summary>Frees the tasks.</summary>
    public void Dispose()
    {
        foreach (var task in Tasks)
            task.Dispose();
        train.Dispose();
        validation.Dispose();
    }
}
