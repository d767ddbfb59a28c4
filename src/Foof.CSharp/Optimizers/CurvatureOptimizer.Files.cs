using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public abstract partial class CurvatureOptimizer
{
    /// <summary>
    /// Writes all that the optimiser remembers (statistics, inverses, momentum, counters, the groups' settings)
    /// and the state of the processor's random numbers to a safetensors file, which is replaced only when all is
    /// written. The model's weights are not in it.
    /// </summary>
    /// <example>
    /// <code>
    /// Safetensors.Save("model.safetensors", model.state_dict());
    /// optimizer.Save("optimizer.safetensors");
    /// </code>
    /// </example>
    /// <param name="path">The file to make or to replace.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        OptimizerFile.Write(path, Recipe.Name, State(), get_rng_state());
    }

    /// <summary>
    /// Goes back to what <see cref="Save"/> wrote. With the same weights and batches, the steps that follow are
    /// those that followed then, to the bit. After an error everything is as before.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="restoreRandomNumbers">
    /// Whether the processor's random numbers go back too, which a model with dropout needs. The labels that a method samples
    /// are the optimiser's own and go back in any case.
    /// </param>
    /// <exception cref="InvalidDataException">The file is damaged or holds no optimiser.</exception>
    /// <exception cref="ArgumentException">It is of another method or model.</exception>
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
