using System.Text.Json.Nodes;
using Foof.Cli.Compare;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>What the runs of a figure have in common.</summary>
/// <param name="Model">The network.</param>
/// <param name="Images">How many training images it has; null: all of them.</param>
/// <param name="BatchSize">The images of a step.</param>
/// <param name="Epochs">The passes over the images.</param>
internal sealed record Workload(string Model, int? Images, int BatchSize, int Epochs);

/// <summary>Makes the runs of figures, and keeps each when it is finished.</summary>
internal sealed class Laboratory : IDisposable
{
    private const int CandidatesOnAllSeeds = 3;

    private readonly ReproduceSettings settings;
    private readonly Terminal terminal;
    private readonly Lazy<ImageData> read;
    private readonly Lazy<RunTable> kept;
    private readonly Lazy<Measurements> numbers;

    /// <summary>Opens a folder of finished runs; they and the images are read when they are first needed.</summary>
    internal Laboratory(ReproduceSettings settings, string dataName, string folder, Terminal terminal)
    {
        this.settings = settings;
        this.terminal = terminal;
        Protocol = settings.Quick ? Protocol.Quick : Protocol.Paper;
        Device = Devices.Find(settings.Device);
        read = new(() => ImageData.Read(dataName).To(Device));
        kept = new(() => RunTable.Open(folder, Data.Fingerprint));
        numbers = new(() => Measurements.Open(folder, $"{Data.Fingerprint}, {Protocol.Name}"));
    }

    /// <summary>How large the experiments are.</summary>
    internal Protocol Protocol { get; }

    /// <summary>Where they run.</summary>
    internal Device Device { get; }

    /// <summary>The name of the figure that is made, for the lines of progress.</summary>
    internal string Figure { get; set; } = "";

    /// <summary>The seeds; settings are chosen on the first one.</summary>
    internal IReadOnlyList<long> Seeds => [.. Enumerable.Range(1, settings.Seeds).Select(seed => (long)seed)];

    /// <summary>Where long work shows its progress.</summary>
    internal IProgressView Progress => terminal.Progress;

    /// <summary>Whether the user wants to stop.</summary>
    internal CancellationToken Stop => terminal.Stop;

    /// <summary>The first training images, and as many test images as the protocol has. They belong to the caller.</summary>
    /// <exception cref="CommandFailure">There are not so many.</exception>
    internal ImageData Part(int? images)
    {
        if (images > Data.Train.Count)
            throw new CommandFailure(
                $"Figure {Figure} needs {images} training images; the data has {Data.Train.Count}: name more by --data, or take "
                    + "--quick."
            );
        return Data with
        {
            Train = Data.Train.Part(0, images ?? Data.Train.Count),
            Test = Data.Test.Part(0, Math.Min(Protocol.TestImages, Data.Test.Count)),
        };
    }

    /// <summary>The runs of several arms, each tuned by itself.</summary>
    internal IReadOnlyList<ArmResult> Run(Workload load, params ReadOnlySpan<Arm> arms)
    {
        var results = new List<ArmResult>();
        foreach (var arm in arms)
            results.Add(Run(load, arm));
        return results;
    }

    /// <summary>
    /// The runs of an arm: its setting is chosen by the training loss on the first seed, among those that diverge on no seed.
    /// </summary>
    internal ArmResult Run(Workload load, Arm arm)
    {
        using var part = Part(load.Images);
        double? Loss(double rate, double? damping) => Run(part, load, arm, rate, damping, Seeds[0]).TrainLoss;
        var grid = arm.IsTuned
            ? new Grid([], new(arm.LearningRate, arm.Damping, null), true)
            : new GridSearch(Loss, settings.Tried ?? Protocol.Tried).From(
                arm.LearningRate,
                arm.Damping,
                arm.KeepsDamping
            );
        ArmResult Of(GridCell cell) =>
            new(
                arm,
                grid with
                {
                    Best = cell,
                },
                [.. Seeds.Select(seed => Run(part, load, arm, cell.LearningRate, cell.Damping, seed))]
            );
        // A setting that diverges on another seed is no good one.
        var best = grid
            .Cells.Where(cell => cell.Loss is not null)
            .OrderBy(cell => cell.Loss)
            .Take(CandidatesOnAllSeeds)
            .Select(Of)
            .FirstOrDefault(result => result.Loss is not null);
        return best ?? Of(grid.Best);
    }

    private FinishedRun Run(ImageData part, Workload load, Arm arm, double rate, double? damping, long seed)
    {
        var one = arm.Set(Settings(load, arm, rate, damping, seed));
        if (Table.Find(one, arm.Variant?.Name) is { } kept)
            return kept;
        MemoryNeed.Require(one, part.Shape);
        var run =
            new SingleRun(one, part, Device) { MeasuresStart = true, Variant = arm.Variant }.Train(
                new TracksOnly(Progress, $"{Figure}, {arm.Label}: "),
                Stop
            ) ?? throw new OperationCanceledException(Stop);
        Table.Add(run);
        Progress.Line(
            $"{Figure}, {arm.Label}: learning rate {Say.Number(rate)}"
                + (damping is { } lambda ? $", damping {Say.Number(lambda)}" : "")
                + $", seed {seed}: "
                + (run.TrainLoss is { } loss ? $"training loss {Say.Number(loss)}" : "diverged")
                + $", {Say.Time(run.Epochs.Sum(epoch => epoch.Seconds))}"
        );
        return run;
    }

    private TrainingSettings Settings(Workload load, Arm arm, double rate, double? damping, long seed)
    {
        var given = new Given()
            .With("--optimizer", arm.Optimizer)
            .With("--model", load.Model)
            .With("--data", settings.Data)
            .With("--learning-rate", rate)
            .With("--batch-size", load.BatchSize)
            .With("--epochs", load.Epochs)
            .With("--seed", seed)
            .With("--threads", settings.Threads)
            .With("--device", settings.Device);
        if (load.Images is { } images)
            given = given.With("--subset", images);
        if (damping is { } lambda)
            given = given.With("--damping", lambda);
        return TrainingSettings.Read(given);
    }

    /// <summary>Numbers that are no run's: measured once, and kept.</summary>
    /// <param name="name">Their name in the file.</param>
    /// <param name="measure">Measures them; it looks at <see cref="Stop"/>.</param>
    internal JsonObject Measured(string name, Func<JsonObject> measure)
    {
        if (Numbers.Find(name) is { } kept)
            return kept;
        var found = measure();
        Stop.ThrowIfCancellationRequested();
        Numbers.Add(name, found);
        // Read back, so that whole numbers are numbers as they are in later commands.
        return Numbers.Find(name)!;
    }

    /// <summary>The set-up, for reports.</summary>
    internal Reports.Sections.Measurement Measurement(string command) =>
        new(
            command,
            read.IsValueCreated
                ? $"{Path.GetFileName(settings.Data.TrimEnd('/'))} (fingerprint {Data.Fingerprint})"
                : "no images",
            read.IsValueCreated && Table.Machines is { Count: > 0 } machines ? machines : [Machine.Description],
            settings.Device,
            settings.Threads,
            Seeds[0]
        );

    /// <summary>Reads the images and the finished runs, and refuses those that no figure can be made of.</summary>
    internal void Prepare()
    {
        _ = (Table, Numbers);
        using var classes = Data.Train.Labels.unique().output;
        if (classes.numel() < 2)
            throw new CommandFailure(
                "--data must have images of two classes at least for these figures; all images have one label."
            );
    }

    private ImageData Data => read.Value;

    private RunTable Table => kept.Value;

    private Measurements Numbers => numbers.Value;

    /// <summary>Frees the images.</summary>
    public void Dispose()
    {
        if (read.IsValueCreated)
            Data.Dispose();
    }

    // The lines of epochs would hide those of runs.
    private sealed class TracksOnly(IProgressView inner, string before) : IProgressView
    {
        public void Track(string title, int total, Action<Meter> work) => inner.Track(before + title, total, work);

        public void Line(string text) { }
    }
}
