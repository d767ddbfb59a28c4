using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// A posterior in a file.
public sealed partial class LaplacePosterior
{
    /// <summary>
    /// Writes the posterior to a safetensors file, all or nothing, which <see cref="Load"/> reads to the same
    /// bits.
    /// </summary>
    /// <remarks>
    /// The network is not in it, nor are <see cref="Warnings"/> and <see cref="DiscardedTraceFraction"/>;
    /// <see cref="Summary"/> still says after <see cref="Load"/> whether labels were sampled.
    /// </remarks>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there stays.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was freed.</exception>
    public void Save(string path) => LaplaceFile.Save(path, layers, Alive, Summary, gradient, options);

    /// <summary>
    /// Reads what <see cref="Save"/> wrote, for the network that it was fitted to; the caller owns the
    /// posterior.
    /// </summary>
    /// <param name="model">The network, with the weights that it had; it stays the caller's.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">
    /// What <see cref="Update"/> is to do otherwise than the file says: its memory budget and labels, and
    /// where warnings are logged. Structure, layers, likelihood, prior and temperature are the file's; layers
    /// or a structure that are given must be these. Null: all as the file says.
    /// </param>
    /// <exception cref="ArgumentException">The file is of another network, or of something else.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static LaplacePosterior Load(
        nn.Module<Tensor, Tensor> model,
        string path,
        LaplaceOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        options ??= new();
        var file = LaplaceFile.Load(path, Covered(model, options), options);
        return new(model, file.Layers, file.Posterior, file.Summary, file.Gradient, file.Options);
    }
}
