using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// The paper's network: 784-1000-1000-1000-10 with rectifiers and without biases (Benzing 2022, App. D).
/// </summary>
internal static class Mlp
{
    private const int Width = 1000;

    /// <summary>Makes one with other hidden layers, with biases.</summary>
    internal static nn.Module<Tensor, Tensor> Build(IReadOnlyList<int> widths)
    {
        var parts = new List<(string, nn.Module<Tensor, Tensor>)> { ("flatten", nn.Flatten()) };
        foreach (var (place, width) in widths.Index())
        {
            var inputs = place == 0 ? ImageSet.Pixels : widths[place - 1];
            parts.Add(($"linear{place + 1}", nn.Linear(inputs, width)));
            parts.Add(($"relu{place + 1}", nn.ReLU()));
        }
        parts.Add(($"linear{widths.Count + 1}", nn.Linear(widths[^1], ImageSet.Classes)));
        return Initialisation.Kaiming(nn.Sequential(parts));
    }

    /// <summary>The widths that a text such as 400-400 names; null where it names none.</summary>
    internal static int[]? Widths(string text)
    {
        int[] widths = [.. text.Split('-').Select(part => int.TryParse(part, out var width) ? width : 0)];
        return widths.All(width => width is >= 1 and <= 100_000) ? widths : null;
    }

    /// <summary>Makes one.</summary>
    internal static nn.Module<Tensor, Tensor> Build() =>
        Initialisation.Kaiming(
            nn.Sequential(
                ("flatten", nn.Flatten()),
                ("linear1", nn.Linear(ImageSet.Pixels, Width, hasBias: false)),
                ("relu1", nn.ReLU()),
                ("linear2", nn.Linear(Width, Width, hasBias: false)),
                ("relu2", nn.ReLU()),
                ("linear3", nn.Linear(Width, Width, hasBias: false)),
                ("relu3", nn.ReLU()),
                ("linear4", nn.Linear(Width, ImageSet.Classes, hasBias: false))
            )
        );
}
