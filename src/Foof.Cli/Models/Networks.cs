using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>The small networks; ResNet-18 has a file of its own.</summary>
internal static class Networks
{
    private const int PaperWidth = 1000;
    private const int MostWidth = 100_000;
    private const int Narrow = 16;
    private const int Wide = 32;
    private const int HiddenOfCnn = 128;

    private static readonly int[] Bottleneck = [1000, 500, 250, 30, 250, 500, 1000];

    /// <summary>
    /// The perceptron of --hidden, with biases; otherwise the paper's network: 784-1000-1000-1000-10 with rectifiers and
    /// without biases (Benzing 2022, App. D).
    /// </summary>
    internal static nn.Module<Tensor, Tensor> Paper(TrainingSettings settings, ImageShape shape) =>
        settings.Hidden is { } hidden
            ? Perceptron(shape, Widths(hidden)!)
            : Perceptron(shape, [PaperWidth, PaperWidth, PaperWidth], hasBias: false);

    /// <summary>A perceptron with rectifiers between its layers.</summary>
    internal static nn.Module<Tensor, Tensor> Perceptron(
        ImageShape shape,
        IReadOnlyList<int> widths,
        bool hasBias = true
    )
    {
        var parts = new List<(string, nn.Module<Tensor, Tensor>)> { ("flatten", nn.Flatten()) };
        var inputs = shape.Pixels;
        foreach (var (place, width) in widths.Index())
        {
            parts.Add(($"linear{place + 1}", nn.Linear(inputs, width, hasBias)));
            parts.Add(($"relu{place + 1}", nn.ReLU()));
            inputs = width;
        }
        parts.Add(($"linear{widths.Count + 1}", nn.Linear(inputs, shape.Classes, hasBias)));
        return Initialisation.Kaiming(nn.Sequential(parts));
    }

    /// <summary>The widths in a text such as 400-400; null if the text is wrong.</summary>
    internal static int[]? Widths(string text)
    {
        int[] widths = [.. text.Split('-').Select(part => int.TryParse(part, out var width) ? width : 0)];
        return widths.All(width => width is >= 1 and <= MostWidth) ? widths : null;
    }

    /// <summary>Softmax regression: one layer with a bias.</summary>
    internal static nn.Module<Tensor, Tensor> Linear(ImageShape shape) =>
        Initialisation.Kaiming(
            nn.Sequential(("flatten", nn.Flatten()), ("linear", nn.Linear(shape.Pixels, shape.Classes)))
        );

    /// <summary>Two convolutions 3x3 with pooling and two linear layers, all with biases.</summary>
    internal static nn.Module<Tensor, Tensor> Convolutional(ImageShape shape) =>
        Initialisation.Kaiming(
            nn.Sequential(
                ("convolution1", nn.Conv2d(shape.Channels, Narrow, 3, padding: 1)),
                ("relu1", nn.ReLU()),
                ("pool1", nn.MaxPool2d(2)),
                ("convolution2", nn.Conv2d(Narrow, Wide, 3, padding: 1)),
                ("relu2", nn.ReLU()),
                ("pool2", nn.MaxPool2d(2)),
                ("flatten", nn.Flatten()),
                ("linear1", nn.Linear(Wide * (shape.Rows / 4) * (shape.Columns / 4), HiddenOfCnn)),
                ("relu3", nn.ReLU()),
                ("linear2", nn.Linear(HiddenOfCnn, shape.Classes))
            )
        );

    /// <summary>The deep autoencoder 784-1000-500-250-30-250-500-1000-784 with tanh between its layers.</summary>
    internal static nn.Module<Tensor, Tensor> Autoencoder(ImageShape shape)
    {
        int[] widths = [shape.Pixels, .. Bottleneck, shape.Pixels];
        var model = nn.Sequential(("flatten", nn.Flatten()));
        for (var layer = 1; layer < widths.Length; layer++)
        {
            if (layer > 1)
                model.append($"tanh{layer - 1}", nn.Tanh());
            model.append($"linear{layer}", nn.Linear(widths[layer - 1], widths[layer]));
        }
        return Initialisation.Xavier(model);
    }
}
