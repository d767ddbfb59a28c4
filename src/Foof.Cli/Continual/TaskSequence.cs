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

    private TaskSequence(ImageSet train, ImageSet validation, ContinualTask[] tasks, ImageShape shape)
    {
        Shape = shape;
        this.train = train;
        this.validation = validation;
        Tasks = tasks;
    }

    /// <summary>The shape of the images.</summary>
    internal ImageShape Shape { get; }

    /// <summary>The tasks in their order.</summary>
    internal IReadOnlyList<ContinualTask> Tasks { get; }

    /// <summary>Makes the tasks of a seed. The data still belong to the caller.</summary>
    internal static TaskSequence Make(ContinualSettings settings, ImageData data, long seed)
    {
        var kept = data.Train.Count - settings.Validation;
        var train = data.Train.Part(0, kept);
        var validation = data.Train.Part(kept, settings.Validation);
        var tasks = Enumerable
            .Range(0, settings.Tasks)
            .Select(place =>
                settings.Scenario == Split
                    ? ContinualTask.OfClasses(
                        train,
                        validation,
                        data.Test,
                        Classes(data.Shape.Classes / settings.Tasks, place)
                    )
                    : ContinualTask.Permuted(train, validation, data.Test, Order(seed, place, data))
            );
        return new(train, validation, [.. tasks], data.Shape);
    }

    /// <summary>Refuses data with too few classes for the tasks.</summary>
    /// <exception cref="CommandFailure">A task would have one class.</exception>
    internal static void RequireClasses(ContinualSettings settings, ImageData data)
    {
        var classes = data.Shape.Classes;
        if (classes < 2)
            throw new CommandFailure(
                "--data must have two classes at least; all labels are 0: name other data.",
                ExitCode.Usage
            );
        if (settings.Scenario == Split && settings.Tasks > classes / 2)
            throw new CommandFailure(
                $"--tasks must be at most {classes / 2} for split, where a task has two of {classes} classes or more; "
                    + $"got {settings.Tasks}.",
                ExitCode.Usage
            );
    }

    /// <summary>How many training images the smallest task has.</summary>
    /// <exception cref="CommandFailure">A task would have no images.</exception>
    internal static long FewestImages(ContinualSettings settings, ImageData data)
    {
        using var sequence = Make(settings, data, settings.Seed);
        foreach (var (place, task) in sequence.Tasks.Index())
            if (Math.Min(task.Train.Count, Math.Min(task.Validation.Count, task.Test.Count)) == 0)
                throw new CommandFailure(
                    $"Every task must have images to train, to validate and to test; task {place + 1} has "
                        + $"{task.Train.Count}, {task.Validation.Count} and {task.Test.Count}: change --subset or "
                        + "--validation.",
                    ExitCode.Usage
                );
        return sequence.Tasks.Min(task => task.Train.Count);
    }

    // All tasks have equally many classes, in their order; the remaining classes are in no task.
    private static long[] Classes(int count, int place) =>
        [.. Enumerable.Range(place * count, count).Select(label => (long)label)];

    // The first task does not permute its pixels.
    private static Tensor? Order(long seed, int place, ImageData data)
    {
        if (place == 0)
            return null;
        using var generator = new Generator(unchecked((ulong)(seed * 1_000_003 + place)));
        return randperm(data.Shape.Pixels, generator: generator).to(data.Train.Labels.device).DetachFromDisposeScope();
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

/// <summary>One task of a sequence: its images, inputs and outputs.</summary>
internal sealed class ContinualTask : IDisposable
{
    private readonly Tensor? permutation;
    private readonly long[]? classes;

    private ContinualTask(ImageSet train, ImageSet validation, ImageSet test, Tensor? permutation, long[]? classes)
    {
        (Train, Validation, Test) = (train, validation, test);
        this.permutation = permutation;
        this.classes = classes;
    }

    /// <summary>The images to learn.</summary>
    internal ImageSet Train { get; }

    /// <summary>Images that are held out of training, to choose strengths.</summary>
    internal ImageSet Validation { get; }

    /// <summary>The images to test with.</summary>
    internal ImageSet Test { get; }

    /// <summary>
    /// All images with permuted pixels, or as they are without a permutation. The sets still belong to the caller.
    /// </summary>
    internal static ContinualTask Permuted(ImageSet train, ImageSet validation, ImageSet test, Tensor? permutation) =>
        new(train, validation, test, permutation, null);

    /// <summary>The images of some classes, which have their own outputs.</summary>
    internal static ContinualTask OfClasses(ImageSet train, ImageSet validation, ImageSet test, long[] classes) =>
        new(Of(train, classes), Of(validation, classes), Of(test, classes), null, classes);

    /// <summary>The network with only this task's outputs.</summary>
    internal nn.Module<Tensor, Tensor> Head(nn.Module<Tensor, Tensor> model) =>
        classes is null ? model : new TaskHead(model, classes);

    /// <summary>The network's inputs for images, one row per image.</summary>
    internal Tensor Input(Tensor images)
    {
        var rows = images.flatten(1);
        return permutation is null ? rows : rows.index_select(1, permutation);
    }

    /// <summary>The numbers of the head's outputs for labels.</summary>
    internal static Tensor Target(nn.Module<Tensor, Tensor> head, Tensor labels) =>
        head is TaskHead some ? some.Labels(labels) : labels;

    private static ImageSet Of(ImageSet set, long[] classes)
    {
        using var scope = NewDisposeScope();
        var wanted = zeros_like(set.Labels, dtype: ScalarType.Bool);
        foreach (var label in classes)
            wanted = wanted.logical_or(set.Labels.eq(label));
        var places = wanted.nonzero().flatten();
        return new(
            set.Images.index_select(0, places).DetachFromDisposeScope(),
            set.Labels.index_select(0, places).DetachFromDisposeScope(),
            set.Scale
        );
    }

    /// <summary>Frees the tensors that belong to this task.</summary>
    public void Dispose()
    {
        permutation?.Dispose();
        if (classes is null)
            return;
        Train.Dispose();
        Validation.Dispose();
        Test.Dispose();
    }
}
