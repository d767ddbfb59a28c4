using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public abstract partial class CurvatureOptimizer
{
    /// <summary>
    /// Saves the optimiser's whole state (statistics, inverses, momentum, counters, the groups' settings) and
    /// the state of the processor's random numbers to a safetensors file, which is replaced only once
    /// everything is written. The model's weights are not in it.
    /// </summary>
    /// <example>
    /// <code>
    /// Safetensors.Save("model.safetensors", model.state_dict());
    /// optimizer.Save("optimizer.safetensors");
    /// </code>
    /// </example>
    /// <param name="path">The file to make or to replace.</param>
    /// <exception cref="IOException">The file cannot be written; the old one remains.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        OptimizerFile.Write(path, Recipe.Name, State(), get_rng_state());
    }

    /// <summary>
    /// Restores the state that <see cref="Save"/> wrote. With the same weights and batches, the following
    /// steps equal those that followed the save, to the bit. After an error, nothing has changed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="restoreRandomNumbers">
    /// Whether the state of the processor's random numbers is restored too, as a model with dropout needs.
    /// The labels that a method samples depend only on the optimiser's own state, which is always restored.
    /// </param>
    /// <exception cref="InvalidDataException">The file is damaged, or is not an optimiser's.</exception>
    /// <exception cref="ArgumentException">The file is of another method or model.</exception>
    public void Load(string path, bool restoreRandomNumbers = true)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        using var file = OptimizerFile.Read(path, Recipe.Name);
        Restore(file.State);
        if (restoreRandomNumbers)
            set_rng_state(file.Generator);
    }
}
