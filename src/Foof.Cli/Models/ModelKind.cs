using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>A network that can be trained: how it is made, and what its outputs are compared with.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Make">Makes it, with fresh random weights.</param>
/// <param name="Classifies">Whether the outputs are classes; otherwise they are pixels.</param>
internal sealed record ModelKind(string Name, Func<nn.Module<Tensor, Tensor>> Make, bool Classifies = true)
{
    /// <summary>The name of the paper's network.</summary>
    internal const string Default = "mlp";

    private static readonly ModelKind[] Kinds =
    [
        new(Default, Networks.Paper),
        new("linear", Networks.Linear),
        new("cnn", Networks.Convolutional),
        new("autoencoder", Networks.Autoencoder, Classifies: false),
        new("resnet18", () => ResNet18.Build(channels: 1)),
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The likelihood; the loss is its negative logarithm.</summary>
    internal Likelihood Likelihood => Classifies ? Likelihood.Categorical : Likelihood.NewGaussian(1.0);

    /// <summary>The network called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">The name is unknown.</exception>
    internal static ModelKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure($"The model must be one of {string.Join(", ", Names)}; got '{name}'.");

    /// <summary>Makes the network of a run, with fresh random weights.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings) =>
        settings.Hidden is { } hidden ? Networks.Perceptron(Networks.Widths(hidden)!) : Find(settings.Model).Make();

    /// <summary>The target of the outputs for a batch, which may be <paramref name="labels"/> itself.</summary>
    internal Tensor Target(Tensor images, Tensor labels, PixelScale scale) => Classifies ? labels : scale.From(images);

    /// <summary>How many outputs have the right class.</summary>
    internal static long Correct(Tensor output, Tensor labels) => output.argmax(1).eq(labels).sum().item<long>();
}
