using Foof.Cli.Data;
using TorchSharp;

namespace Foof.Cli.Tests;

public sealed class ImageDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pixels_are_normalised_as_in_the_paper()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder));
        Assert.Equal([50, 1, 28, 28], data.Train.Images.shape);
        Assert.Equal((230 / 255.0 - 0.1307) / 0.3081, data.Train.Images[0, 0, 0, 0].ToDouble(), 1e-6);
        Assert.Equal([0L, 1, 2, 3], data.Train.Labels.data<long>().ToArray()[..4]);
    }

    [Fact]
    public void Pixels_come_back_from_0_to_1()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder));
        using var pixels = data.Train.Scale.From(data.Train.Images);
        Assert.Equal([50, 784], pixels.shape);
        Assert.Equal(230 / 255.0, pixels[3, 3 * 56].ToDouble(), 1e-6);
    }

    [Fact]
    public void Unit_pixels_are_from_0_to_1()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder), pixels: PixelScale.Unit);
        Assert.Equal(230 / 255.0, data.Train.Images[0, 0, 0, 0].ToDouble(), 1e-6);
        using var part = data.Train.Part(3, 1);
        using var pixels = part.Scale.From(part.Images);
        Assert.Equal(230 / 255.0, pixels[0, 3 * 56].ToDouble(), 1e-6);
        using var made = ImageSet.Made(part.Images, PixelScale.Standardised);
        Assert.Equal((230 / 255.0 - 0.1307) / 0.3081, made.Images.flatten(1)[0, 3 * 56].ToDouble(), 1e-6);
    }

    [Fact]
    public void A_subset_is_the_first_images_and_tests_stay()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder), subset: 7);
        Assert.Equal(7, data.Train.Count);
        Assert.Equal(20, data.Test.Count);
    }

    [Fact]
    public void A_fingerprint_distinguishes_data()
    {
        using var first = ImageData.Read(Idx.WriteSet(folder));
        using var second = ImageData.Read(Idx.WriteSet(folder, seed: 2));
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
    }

    [Fact]
    public void Every_image_is_in_one_batch_and_the_last_batch_is_smaller()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder));
        using var batches = new Batches(data.Train, 15, seed: 3, pass: 1);
        var sums = new List<double>();
        var sizes = new List<long>();
        for (var place = 0; place < batches.Count; place++)
        {
            var (images, labels) = batches[place];
            sizes.Add(labels.shape[0]);
            for (var image = 0; image < labels.shape[0]; image++)
                sums.Add(images[image].sum().ToDouble());
        }
        Assert.Equal([15, 15, 15, 5], sizes);
        var all = Enumerable.Range(0, 50).Select(image => data.Train.Images[image].sum().ToDouble());
        Assert.Equal(all.Order(), sums.Order());
    }

    [Fact]
    public void Passes_and_seeds_have_orders_of_their_own()
    {
        using var data = ImageData.Read(Idx.WriteSet(folder));
        string[] orders = [Order(data, 1, 1), Order(data, 1, 2), Order(data, 2, 1), Order(data, 2, 2)];
        Assert.Equal(4, orders.Distinct().Count());
        Assert.Equal(orders[0], Order(data, 1, 1));
    }

    private static string Order(ImageData data, long seed, int pass)
    {
        using var batches = new Batches(data.Train, 50, seed, pass);
        return string.Join(' ', batches[0].Labels.data<long>().ToArray());
    }

    [Fact]
    public void Counts_that_differ_are_refused()
    {
        var path = Idx.WriteSet(folder);
        File.WriteAllBytes(Path.Combine(path, Idx.TrainLabels), Idx.Labels(49));
        Assert.Contains("offset 4: expected 50 labels, one for each image", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_out_of_range_is_refused_with_its_place()
    {
        var path = Idx.WriteSet(folder);
        var labels = Idx.Labels(50);
        labels[8 + 31] = 10;
        File.WriteAllBytes(Path.Combine(path, Idx.TrainLabels), labels);
        Assert.EndsWith("offset 39: expected a label from 0 to 9; found 10.", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        var path = Idx.WriteSet(folder);
        File.WriteAllBytes(Path.Combine(path, Idx.TestImages), [.. Idx.Header(0x803, 1, 28, 27), .. new byte[28 * 27]]);
        Assert.EndsWith("offset 12: expected 28 columns an image; found 27.", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named_both_ways()
    {
        var path = Idx.WriteSet(folder);
        File.Delete(Path.Combine(path, Idx.TestLabels));
        Assert.Equal($"{path} must hold {Idx.TestLabels} or {Idx.TestLabels}.gz; found neither.", Refusal(path));
    }

    [Theory]
    [InlineData("mnist", "; the nearest is fashion-mnist")]
    [InlineData("fashon-mnist", "; the nearest is fashion-mnist")]
    [InlineData("Fashion_MNIST", "; the nearest is fashion-mnist")]
    [InlineData("/no-such-folder/fashion-mnist", "; the nearest is fashion-mnist")]
    [InlineData("/no-such-folder", "")]
    public void Data_that_do_not_exist_get_the_names_that_do(string name, string hint) =>
        Assert.Equal(
            "--data must be fashion-mnist, or a folder that holds "
                + $"{Idx.TrainImages}, {Idx.TrainLabels}, {Idx.TestImages}, {Idx.TestLabels} "
                + $"(gzipped or not); {name} is no folder{hint}.",
            CommandLine.Run("train", "--data", name).Sentence()
        );

    [Fact]
    public void A_subset_larger_than_the_data_is_refused() =>
        Assert.StartsWith("--subset must be at most 50", Refusal(Idx.WriteSet(folder), 51), StringComparison.Ordinal);

    // What is wrong with a file comes from the library's reader.
    private static string Refusal(string data, int? subset = null)
    {
        var error = Xunit.Record.Exception(() => ImageData.Read(data, subset));
        Assert.True(error is CommandFailure or InvalidDataException or FileNotFoundException, $"{error}");
        return error!.Message;
    }
}
