using Foof.Cli.Training;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>The images of a run. The images that are held out share their memory with the rest.</summary>
internal sealed class RunData : IDisposable
{
    private readonly ImageData all;

    /// <summary>Reads them.</summary>
    /// <param name="name">The data set as the user wrote it.</param>
    /// <param name="settings">The number of images, how many are held out, and the scale of the pixels.</param>
    /// <param name="device">The device that receives them.</param>
    internal RunData(string name, TrainingSettings settings, Device device)
    {
        all = ImageData.Read(name, settings.Subset, PixelScale.Find(settings.Pixels)).To(device);
        (Rest, Validation) = settings.Validation is { } count ? HoldOut(count) : (all, null);
    }

    /// <summary>The images to train and to test with.</summary>
    internal ImageData Rest { get; }

    /// <summary>The last training images, which are held out; null if none are.</summary>
    internal ImageSet? Validation { get; }

    private (ImageData, ImageSet) HoldOut(int count)
    {
        if (count >= all.Train.Count)
            using (all)
                throw ImageData.TooManyHeldOut(all.Train.Count, count);
        var kept = all.Train.Count - count;
        var rest = all with { Train = all.Train.Part(0, kept), Test = all.Test.Part(0, all.Test.Count) };
        return (rest, all.Train.Part(kept, count));
    }

    /// <summary>Frees all images.</summary>
    public void Dispose()
    {
        if (Validation is not null)
            Rest.Dispose();
        Validation?.Dispose();
        all.Dispose();
    }
}
