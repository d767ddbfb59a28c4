using Foof.Cli.Data;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>What a network says of the test images, and how sure it is.</summary>
/// <param name="Confidence">The largest probability of each image.</param>
/// <param name="Predicted">The class that has it.</param>
/// <param name="Label">The right class.</param>
internal sealed record TestPredictions(double[] Confidence, long[] Predicted, long[] Label)
{
    private const int BatchSize = 1000;
    private const int MostExamples = 12;

    /// <summary>Predicts in evaluation mode without recording.</summary>
    internal static TestPredictions Of(nn.Module<Tensor, Tensor> model, ImageSet set)
    {
        using var unrecorded = no_grad();
        model.eval();
        var (confidence, predicted) = (new List<double>(), new List<long>());
        for (long start = 0; start < set.Count; start += BatchSize)
        {
            using var scope = NewDisposeScope();
            var images = set.Images.narrow(0, start, Math.Min(BatchSize, set.Count - start));
            var (values, classes) = model.call(images).to(ScalarType.Float64).softmax(1).max(1);
            confidence.AddRange(values.cpu().data<double>().ToArray());
            predicted.AddRange(classes.cpu().data<long>().ToArray());
        }
        using var labels = set.Labels.cpu();
        return new([.. confidence], [.. predicted], labels.data<long>().ToArray());
    }

    /// <summary>For a reliability diagram.</summary>
    internal Reliability Reliability() =>
        Reports.Sections.Reliability.Of(
            "network",
            Confidence.Select((confidence, image) => (confidence, IsRight(image)))
        );

    /// <summary>The wrong images, with the surest of them to look at, and the right ones.</summary>
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
                [
                    .. wrong
                        .OrderByDescending(image => Confidence[image])
                        .Take(MostExamples)
                        .Select(image => Show(set, data, image)),
                ]
            ),
            new("right images", Confidences(right), []),
        ];
    }

    private bool IsRight(int image) => Predicted[image] == Label[image];

    private int[] Images(Func<int, bool> isIn) => [.. Enumerable.Range(0, Label.Length).Where(isIn)];

    private double[] Confidences(int[] images) => [.. images.Select(image => Confidence[image])];

    private ShownImage Show(ImageSet set, string data, int image)
    {
        var (said, label) = (ClassNames.Of(data, Predicted[image]), ClassNames.Of(data, Label[image]));
        var sure = Say.Percent(Confidence[image]);
        return new(
            Pixels(set, image),
            ImageSet.Side,
            $"Test image {image}, {label}, taken for {said} with a confidence of {sure}",
            $"{said}, {sure}; is {label}"
        );
    }

    /// <summary>An image's grey values, from 0 to 255.</summary>
    internal static byte[] Pixels(ImageSet set, long image)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var pixels = ImageSet.Unnormalised(set.Images.narrow(0, image, 1)) * 255.0;
        return pixels.round().clamp(0.0, 255.0).to(ScalarType.Byte).cpu().data<byte>().ToArray();
    }
}
