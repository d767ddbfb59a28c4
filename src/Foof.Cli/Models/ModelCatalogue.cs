using Foof.Cli.Training;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>The networks that the command line knows.</summary>
internal static class ModelCatalogue
{
    /// <summary>The name of the paper's network.</summary>
    internal const string Default = "mlp";

    private static readonly ModelKind[] Kinds =
    [
        new("mlp", Mlp.Build),
        new("linear", LinearModel.Build),
        new("cnn", Cnn.Build),
        new("autoencoder", Autoencoder.Build, Classifies: false),
        new("resnet18", () => ResNet18.Build(channels: 1)),
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>Makes the network of a run, with fresh random weights.</summary>
    /// <exception cref="CommandFailure">There is no such network, or it has no hidden layers to choose.</exception>
    internal static nn.Module<Tensor, Tensor> Build(TrainingOptions options)
    {
        if (options.Hidden is not { } hidden)
            return Find(options.Model).Build();
        if (options.Model != Default)
            throw new CommandFailure(
                $"--hidden is for --model {Default}; got --model {options.Model}.",
                ExitCode.Usage
            );
        return Mlp.Build(
            Mlp.Widths(hidden)
                ?? throw new CommandFailure(
                    $"--hidden must be widths joined by hyphens, such as 400-400; got '{hidden}'.",
                    ExitCode.Usage
                )
        );
    }

    /// <summary>The network called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    internal static ModelKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure($"The model must be one of {string.Join(", ", Names)}; got '{name}'.");
}
