using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// Saving and loading posteriors.
public sealed partial class LaplacePosterior
{
    /// <summary>
    /// Saves the posterior to a safetensors file, completely or not at all; <see cref="Load"/> restores the
    /// same bits.
    /// </summary>
    /// <remarks>
    /// The network is not in it, nor are <see cref="Warnings"/> and <see cref="DiscardedTraceFraction"/>;
    /// <see cref="Summary"/> still shows after <see cref="Load"/> whether labels were sampled.
    /// </remarks>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one remains.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="InvalidOperationException">A covered parameter was freed.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was disposed of.</exception>
    public void Save(string path)
    {
        var own = Alive;
        SoundModel.RequireParameters(nameof(LaplacePosterior), layers);
        LaplaceFile.Save(path, layers, own, Summary, gradient, options);
    }

    /// <summary>
    /// Loads a posterior that <see cref="Save"/> wrote, for the network that it was fitted to; the caller
    /// owns it. Its tensors are on the device of the network's weights.
    /// </summary>
    /// <param name="model">
    /// The network, with the weights that it had at the fit; it stays the caller's.
    /// </param>
    /// <param name="path">The file.</param>
    /// <param name="options">
    /// Settings for <see cref="Update"/> that differ from the file's: memory budget, labels and logger.
    /// Structure, layers, likelihood, prior and temperature are the file's; if layers or a structure are
    /// given, they must agree with it. Null means the file's settings.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The file is of another network or other weights, of other layers or another structure than the options
    /// give, or not a posterior's; or the path is empty.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static LaplacePosterior Load(nn.Module<Tensor, Tensor> model, string path, LaplaceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        options ??= new();
        var file = LaplaceFile.Load(path, Covered(model, options.Select), options);
        return new(model, file.Layers, file.Posterior, file.Summary, file.Gradient, file.Options);
    }

    /// <summary>Returns the first layer whose weights differ from those of `mean`; null if all agree.</summary>
    internal static Layer? FirstMoved(Layer[] layers, Tensor[] mean)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var weights = WeightPenalty.weights(layers);
        return layers.Where((_, l) => !mean[l].eq(weights[l]).all().ToBoolean()).FirstOrDefault();
    }
}
