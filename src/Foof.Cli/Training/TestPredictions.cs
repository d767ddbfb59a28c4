using Foof.Cli.Data;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A network's predictions for images, and how confident they are.</summary>
/// <param name="Confidence">The largest probability of each image.</param>
/// <param name="Predicted">The class that has it.</param>
/// <param name="Label">The right class.</param>
internal sealed record TestPredictions(double[] Confidence, long[] Predicted, long[] Label)
{
    private const int BatchSize = 1000;
    private const int MostExamples = 12;
    private const int MostForeign = 6;

    /// <summary>
    /// A network's class probabilities [n; C] in evaluation mode, without gradients. They belong to the
    /// caller.
    /// </summary>
    internal static Tensor Probabilities(nn.Module<Tensor, Tensor> model, ImageSet set)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        model.eval();
        var parts = set.InOrder(BatchSize).Select(batch => model.call(batch.Images).to(ScalarType.Float64).softmax(1));
        return scope.MoveToOuter(cat([.. parts], 0));
    }

    /// <summary>The predictions of probabilities [n; C] for images with labels [n].</summary>
    internal static TestPredictions Of(Tensor probabilities, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var (confidence, predicted) = probabilities.to(ScalarType.Float64).cpu().max(1);
        return new(
            confidence.data<double>().ToArray(),
            predicted.data<long>().ToArray(),
            labels.cpu().data<long>().ToArray()
        );
    }

    /// <summary>
    /// A group of images without a right class, with the images that have the highest confidence.
    /// </summary>
    /// <param name="name">The name of the group, in the plural.</param>
    /// <param name="set">The images.</param>
    /// <param name="data">The data set's name, which decides the classes' names.</param>
    internal ImageGroup Foreign(string name, ImageSet set, string data) =>
        new(
            name,
            Confidence,
            [
                .. Surest(Enumerable.Range(0, Confidence.Length))
                    .Take(MostForeign)
                    .Select(image =>
                    {
                        var (said, sure) = (ClassNames.Of(data, Predicted[image]), Say.Percent(Confidence[image]));
                        return new ShownImage(
                            Pixels(set, image),
                            set.Columns,
                            $"One of the {name}, taken for {said} with a confidence of {sure}",
                            $"predicted {said}, {sure}"
                        );
                    }),
            ]
        );

    /// <summary>The wrong images, with those that have the highest confidence, and the right ones.</summary>
    /// <param name="set">The test images.</param>
    /// <param name="data">The data set's name, which decides the classes' names.</param>
    internal IReadOnlyList<ImageGroup> Groups(ImageSet set, string data)
    {
        var wrong = Images(image => !IsRight(image));
        var right = Images(IsRight);
        return
        [
            new(
                "wrong images",
                Confidences(wrong),
                [.. Surest(wrong).Take(MostExamples).Select(image => Show(set, data, image))]
            ),
            new("right images", Confidences(right), []),
        ];
    }

    private IEnumerable<int> Surest(IEnumerable<int> images) => images.OrderByDescending(image => Confidence[image]);

    private bool IsRight(int image) => Predicted[image] == Label[image];

    private int[] Images(Func<int, bool> isIn) => [.. Enumerable.Range(0, Label.Length).Where(isIn)];

    private double[] Confidences(int[] images) => [.. images.Select(image => Confidence[image])];

    private ShownImage Show(ImageSet set, string data, int image)
    {
        var (said, label) = (ClassNames.Of(data, Predicted[image]), ClassNames.Of(data, Label[image]));
        var sure = Say.Percent(Confidence[image]);
        return new(
            Pixels(set, image),
            set.Columns,
            $"Test image {image}, {label}, taken for {said} with a confidence of {sure}",
            $"predicted {said}, {sure}, truly {label}"
        );
    }

    /// <summary>An image's grey values, from 0 to 255; the means of its channels.</summary>
    internal static byte[] Pixels(ImageSet set, long image)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var pixels = set.Scale.From(set.Images.narrow(0, image, 1).mean([1])) * 255.0;
        return pixels.round().clamp(0.0, 255.0).to(ScalarType.Byte).cpu().data<byte>().ToArray();
    }
}
