using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>A network that can be trained: how it is made, and what its outputs are compared with.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Make">Makes it for images of a shape, with fresh random weights.</param>
/// <param name="Classifies">Whether the outputs are classes; otherwise they are pixels.</param>
internal sealed record ModelKind(
    string Name,
    Func<TrainingSettings, ImageShape, nn.Module<Tensor, Tensor>> Make,
    bool Classifies = true
)
{
    /// <summary>The name of the paper's network.</summary>
    internal const string Default = "mlp";

    private const int Deep = 100;
    private const int Wide = 4096;

    /// <summary>All networks.</summary>
    internal static IReadOnlyList<ModelKind> All { get; } =
    [
        new(Default, Networks.Paper),
        new("linear", (_, shape) => Networks.Linear(shape)),
        new("cnn", (_, shape) => Networks.Convolutional(shape))
        {
            Objection = shape => shape.Side < 4 ? "images of 4x4 pixels at least, which it pools twice" : null,
        },
        new("autoencoder", (_, shape) => Networks.Autoencoder(shape), Classifies: false),
        new("resnet18", (_, shape) => ResNet18.Build(shape)) { Shrinks = 8 },
        new("wrn", WideResNet.Build)
        {
            Depth = new(10, Deep, "6k + 4, such as 10, 16 or 28", depth => depth > 4 && depth % 6 == 4),
            Width = new(1, 20),
            HasNorm = true,
            Shrinks = 4,
        },
        new("vit", VisionTransformer.Build)
        {
            Depth = new(4, Deep),
            Width = new(64, Wide),
            Heads = new(4, Wide),
            HasPooling = true,
            Scores = VisionTransformer.Scores,
        },
        new("gnn", GraphNetwork.Build)
        {
            Depth = new(2, Deep),
            Width = new(32, Wide),
            Objection = shape =>
                ImagePatches.Count(shape) < 2
                    ? $"images of more than {ImagePatches.Side}x{ImagePatches.Side} pixels, whose patches have edges between them"
                    : null,
        },
        new("rnn", RowNetwork.Build) { Width = new(64, Wide), HasCell = true },
        new("vgg", Vgg.Build)
        {
            Width = new(16, 512),
            HasNorm = true,
            Shrinks = 1,
        },
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. All.Select(kind => kind.Name)];

    /// <summary>How many blocks; null if that cannot be chosen.</summary>
    internal NumberOption? Depth { get; private init; }

    /// <summary>How wide its layers are; null if that cannot be chosen.</summary>
    internal NumberOption? Width { get; private init; }

    /// <summary>How many heads of attention; null if it has no attention.</summary>
    internal NumberOption? Heads { get; private init; }

    /// <summary>Whether the pooling of tokens can be chosen.</summary>
    internal bool HasPooling { get; private init; }

    /// <summary>Whether the recurrent cell can be chosen.</summary>
    internal bool HasCell { get; private init; }

    /// <summary>The numbers that attention compares tokens by, for one image; 0 without attention.</summary>
    internal Func<TrainingSettings, ImageShape, double> Scores { get; private init; } = (_, _) => 0;

    /// <summary>Whether batch norms can be left out.</summary>
    internal bool HasNorm { get; private init; }

    // What images it needs, if those of a shape are not among them.
    private Func<ImageShape, string?> Objection { get; init; } = _ => null;

    // What the sides of an image are divided by, up to its last batch norm; 0 if it has none.
    private int Shrinks { get; init; }

    /// <summary>The likelihood; the loss is its negative logarithm.</summary>
    internal Likelihood Likelihood => Classifies ? Likelihood.Categorical : Likelihood.NewGaussian(1.0);

    /// <summary>The network called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">The name is unknown.</exception>
    internal static ModelKind Find(string name) =>
        All.FirstOrDefault(kind => kind.Name == name)
        ?? throw new CommandFailure($"The model must be one of {string.Join(", ", Names)}; got '{name}'.");

    /// <summary>Makes the network of a run, with fresh random weights.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape)
    {
        var kind = Find(settings.Model);
        return kind.Make(kind.Filled(settings), shape);
    }

    /// <summary>The settings with the network's own options where there are none.</summary>
    internal TrainingSettings Filled(TrainingSettings settings) =>
        settings with
        {
            Depth = settings.Depth ?? Depth?.Default,
            Width = settings.Width ?? Width?.Default,
            Heads = settings.Heads ?? Heads?.Default,
        };

    /// <summary>Refuses data that a network cannot be trained with.</summary>
    /// <exception cref="CommandFailure">They have too small images, or too few classes.</exception>
    internal static void Require(TrainingSettings settings, ImageData data)
    {
        var (kind, shape) = (Find(settings.Model), data.Shape);
        var needs =
            kind.Classifies && shape.Classes < 2 ? "data with two classes at least; all labels are 0"
            : kind.Objection(shape) is { } words ? $"{words}; got {shape.Text}"
            : null;
        if (needs is not null)
            throw new CommandFailure(
                $"--model {settings.Model} needs {needs}: take another model, or other data by --data.",
                ExitCode.Usage
            );
        // A batch norm takes its variance over the images and places of a batch.
        var hasNorm = kind.Shrinks > 0 && settings.Norm != ModelOption.NoNorm;
        if (
            hasNorm
            && Math.Max(shape.Rows, shape.Columns) <= kind.Shrinks
            && data.Train.Count % settings.BatchSize == 1 % settings.BatchSize
        )
            throw new CommandFailure(
                $"--batch-size must leave two of the {data.Train.Count} images of {shape.Text} pixels for the last batch, "
                    + $"for the batch norms of {settings.Model}; got {settings.BatchSize}: change it by one.",
                ExitCode.Usage
            );
    }

    /// <summary>The target of the outputs for a batch, which may be <paramref name="labels"/> itself.</summary>
    internal Tensor Target(Tensor images, Tensor labels, PixelScale scale) => Classifies ? labels : scale.From(images);

    /// <summary>How many outputs have the right class.</summary>
    internal static long Correct(Tensor output, Tensor labels) => output.argmax(1).eq(labels).sum().item<long>();
}
