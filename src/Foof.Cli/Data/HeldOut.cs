namespace Foof.Cli.Data;

/// <summary>Data whose last training images are held out to choose settings by. Shares memory with the data.</summary>
internal sealed class HeldOut : IDisposable
{
    /// <summary>Holds some out.</summary>
    internal HeldOut(ImageData data, int count) => (Rest, Validation) = data.HoldOut(count);

    /// <summary>The data without them.</summary>
    internal ImageData Rest { get; }

    /// <summary>What is held out.</summary>
    internal ImageSet Validation { get; }

    /// <summary>Frees both; the data stay.</summary>
    public void Dispose()
    {
        Rest.Dispose();
        Validation.Dispose();
    }
}
