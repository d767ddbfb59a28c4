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
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        OptimizerFile.Write(path, core.Recipe.Name, State(), get_rng_state());
    }

    /// <summary>
    /// Goes back to what <see cref="Save"/> wrote. With the same weights and batches, the steps that follow are
    /// those that followed then, to the bit. After an error everything is as before.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="restoreRandomNumbers">
    /// Whether the processor's random numbers go back too, which methods that sample labels need.
    /// </param>
    /// <exception cref="InvalidDataException">The file is damaged or holds no optimiser.</exception>
    /// <exception cref="ArgumentException">It is of another method or model.</exception>
    public void Load(string path, bool restoreRandomNumbers = true)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        using var file = OptimizerFile.Read(path, core.Recipe.Name);
        Restore(file.State);
        if (restoreRandomNumbers)
            set_rng_state(file.Generator);
    }

    /// <summary>
    /// All that the optimiser remembers, by name, to keep in a file of one's own. The tensors are live: they follow
    /// the next step, and must not be disposed of.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var state = core.State();
        state[GroupSettings.Name] = GroupSettings.Of(_parameter_groups);
        return state;
    }

    /// <summary>Goes back to what <see cref="State"/> gave, of which copies are made.</summary>
    /// <param name="state">Tensors by name; they stay the caller's.</param>
    /// <exception cref="ArgumentException">
    /// It is of another method, model or layout of groups; everything is as before.
    /// </exception>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(state);
        if (state.FirstOrDefault(pair => pair.Value is null) is { Key: { } missing })
            throw new ArgumentException($"The state must hold tensors; '{missing}' is null.", nameof(state));
        var settings = GroupSettings.Read(state, _parameter_groups.Count);
        core.Restore(state);
        GroupSettings.Set(_parameter_groups, settings);
    }

    /// <summary>Not supported, since it would leave the curvature out: use <see cref="State"/>.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override StateDictionary state_dict() => throw Unsupported();

    /// <summary>Not supported, since it would leave the curvature out: use <see cref="Restore"/>.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void load_state_dict(StateDictionary state_dict) => throw Unsupported();

    private NotSupportedException Unsupported() =>
        new(
            $"{GetType().Name} keeps curvature, for which TorchSharp's state has no place: "
                + "use Save(path) and Load(path), or State() and Restore(state)."
        );
}
