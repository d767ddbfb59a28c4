using Foof.Cli.Data;
using Foof.Cli.Training;
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
    public void Images_of_another_size_than_those_to_train_with_are_refused()
    {
        var path = Idx.WriteSet(folder);
        File.WriteAllBytes(Path.Combine(path, Idx.TestImages), [.. Idx.Header(0x803, 1, 28, 27), .. new byte[28 * 27]]);
        Assert.EndsWith(
            $"{Idx.TestImages}: offset 12: expected 28 columns an image, as in {Idx.TrainImages}; found 27.",
            Refusal(path),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(new[] { 7, 5 }, new[] { 1, 7, 5 })]
    [InlineData(new[] { 3, 32, 32 }, new[] { 3, 32, 32 })]
    [InlineData(new[] { 1, 1 }, new[] { 1, 1, 1 })]
    public void Shape_and_classes_are_the_files(int[] sizes, int[] shape)
    {
        using var data = ImageData.Read(Idx.WriteShape(folder, sizes, classes: 13), subset: 6);
        Assert.Equal(new ImageShape(shape[0], shape[1], shape[2], 13), data.Shape);
        Assert.Equal([6, .. shape.Select(size => (long)size)], data.Train.Images.shape);
        Assert.Equal([20, .. shape.Select(size => (long)size)], data.Test.Images.shape);
    }

    [Fact]
    public void Channels_are_read_in_the_files_order()
    {
        var path = Idx.WriteShape(folder, [3, 2, 2]);
        var bytes = File.ReadAllBytes(Path.Combine(path, "train-images-idx4-ubyte"))[20..];
        File.WriteAllBytes(
            Path.Combine(path, "train-images-idx4-ubyte"),
            Idx.Packed([.. Idx.Header(0x804, 40, 3, 2, 2), .. bytes])
        );
        using var data = ImageData.Read(path, pixels: PixelScale.Unit);
        using var image = data.Train.Part(7, 1);
        Assert.Equal(
            bytes[(7 * 12)..(8 * 12)].Select(value => value / 255f),
            image.Images.contiguous().data<float>().ToArray()
        );
        // A page shows the mean of the channels.
        var grey = Enumerable
            .Range(0, 4)
            .Select(place => Enumerable.Range(0, 3).Average(c => bytes[84 + 4 * c + place]));
        Assert.Equal(grey.Select(value => (byte)Math.Round(value)), TestPredictions.Pixels(data.Train, 7));
    }

    [Fact]
    public void Classes_are_those_of_both_sets_and_of_no_subset()
    {
        var path = Idx.WriteShape(folder, [4, 4], classes: 3);
        byte[] labels = [.. Enumerable.Range(0, 20).Select(image => (byte)(image == 4 ? 6 : 0))];
        File.WriteAllBytes(Path.Combine(path, Idx.TestLabels), [.. Idx.Header(0x801, 20), .. labels]);
        using var data = ImageData.Read(path, subset: 1);
        Assert.Equal(7, data.Shape.Classes);
    }

    [Fact]
    public void Data_of_the_same_bytes_in_another_shape_have_another_fingerprint()
    {
        using var wide = ImageData.Read(Idx.WriteShape(folder, [2, 8]));
        var path = Idx.WriteShape(folder, [4, 4]);
        foreach (var (name, count) in new[] { (Idx.TrainImages, 40), (Idx.TestImages, 20) })
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder["data2x8of10"], name))[16..];
            File.WriteAllBytes(Path.Combine(path, name), [.. Idx.Header(0x803, count, 4, 4), .. bytes]);
        }
        using var square = ImageData.Read(path);
        Assert.NotEqual(wide.Fingerprint, square.Fingerprint);
    }

    [Theory]
    [InlineData(
        "offset 0: expected the magic number 0x00000804 of images with channels; found 0x00000803.",
        0x803,
        2,
        1,
        1,
        1
    )]
    [InlineData("offset 8: expected a length of dimension 1 from 1 to 2147483647; found 0.", 0x804, 2, 0, 1, 1)]
    [InlineData(
        "offset 20: expected 40 bytes or more, as the lengths before say; found a file of 22 bytes, which cannot hold them.",
        0x804,
        2,
        1,
        1,
        20
    )]
    [InlineData("offset 21: expected the end of the file; found more bytes.", 0x804, 1, 1, 1, 1)]
    public void A_file_with_channels_that_is_wrong_is_refused(string sentence, params int[] header)
    {
        var path = Idx.WriteShape(folder, [3, 2, 2]);
        File.WriteAllBytes(Path.Combine(path, "train-images-idx4-ubyte"), [.. Idx.Header(header), 1, 2]);
        Assert.EndsWith($"train-images-idx4-ubyte: {sentence}", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_both_kinds_are_refused_and_a_missing_one_is_named()
    {
        var path = Idx.WriteShape(folder, [3, 2, 2]);
        var (grey, colours) = (Path.Combine(path, Idx.TestImages), Path.Combine(path, "t10k-images-idx4-ubyte"));
        File.WriteAllBytes(grey, [.. Idx.Header(0x803, 20, 2, 2), .. new byte[80]]);
        Assert.EndsWith(
            $"offset 0: expected no {Idx.TestImages} beside it; found both.",
            Refusal(path),
            StringComparison.Ordinal
        );
        File.Delete(colours);
        Assert.EndsWith(
            "offset 4: expected 3 channels an image, as in train-images-idx4-ubyte; found 1.",
            Refusal(path),
            StringComparison.Ordinal
        );
        File.Delete(grey);
        Assert.Equal(
            $"{path} must hold t10k-images-idx4-ubyte or t10k-images-idx4-ubyte.gz; found neither.",
            Refusal(path)
        );
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
