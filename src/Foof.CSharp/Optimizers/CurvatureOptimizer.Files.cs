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
    /// <exception cref="InvalidOperationException">The model's parameters were replaced or freed.</exception>
    public void Save(string path)
    {
        RequireUsable();
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
    /// <exception cref="InvalidDataException">
    /// The file is damaged, is not an optimiser's, or holds random numbers of another libtorch that are to be restored;
    /// nothing changed.
    /// </exception>
    /// <exception cref="ArgumentException">The file is of another method or model.</exception>
    /// <exception cref="InvalidOperationException">The model's parameters were replaced or freed.</exception>
    public void Load(string path, bool restoreRandomNumbers = true)
    {
        RequireUsable();
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        using var file = OptimizerFile.Read(path, Recipe.Name);
        if (restoreRandomNumbers)
            RequireGenerator(path, file.Generator);
        Restore(file.State);
        if (restoreRandomNumbers)
            set_rng_state(file.Generator);
    }

    // libtorch ends the process on any other state.
    private static void RequireGenerator(string path, Tensor state)
    {
        try
        {
            GeneratorState.check(OptimizerFile.GeneratorKey, state);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException(
                $"{path} must hold the random numbers of this libtorch, and holds others ([{Shape.text(state.shape)}] of "
                    + $"{state.dtype}): load it with restoreRandomNumbers: false.",
                error
            );
        }
    }
}

/// <summary>An optimiser's state in a safetensors file, with a hash of the whole content.</summary>
/// <param name="Content">The file's tensors.</param>
/// <param name="State">The tensors of the optimiser's state, by the names that the optimiser uses.</param>
/// <param name="Generator">The state of the processor's random numbers.</param>
internal sealed record OptimizerFile(
    SafetensorsContent Content,
    IReadOnlyDictionary<string, Tensor> State,
    Tensor Generator
) : IDisposable
{
    private const string MethodKey = "method";
    private const string CheckSumKey = "check_sum";
    private const string StatePrefix = "state.";
    internal const string GeneratorKey = "generator";

    internal static void Write(string path, string method, IReadOnlyDictionary<string, Tensor> state, Tensor generator)
    {
        KeyValuePair<string, Tensor>[] tensors =
        [
            .. state.Select(pair => KeyValuePair.Create(StatePrefix + pair.Key, pair.Value)),
            new(GeneratorKey, generator),
        ];
        Safetensors.Save(path, tensors, [new(MethodKey, method), new(CheckSumKey, FileCheckSum.Of(tensors, method))]);
    }

    /// <summary>Reads a file of <paramref name="method"/>; the caller owns the result.</summary>
    internal static OptimizerFile Read(string path, string method)
    {
        var content = Safetensors.Load(path);
        try
        {
            return Checked(path, method, content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static OptimizerFile Checked(string path, string method, SafetensorsContent content)
    {
        if (
            !content.Metadata.TryGetValue(MethodKey, out var found)
            || !content.Metadata.TryGetValue(CheckSumKey, out var kept)
            || !content.Tensors.TryGetValue(GeneratorKey, out var generator)
        )
            throw new InvalidDataException(
                $"{path} must be a file that an optimiser's Save wrote; it has no optimiser's state: name another file."
            );
        if (FileCheckSum.Of(content.Tensors, found) != kept)
            throw new InvalidDataException(
                $"{path} is damaged: its check sum does not match its content; load another file."
            );
        if (found != method)
            throw new ArgumentException(
                $"{path} must be of the method '{method}'; it is of '{found}': load it into that optimiser.",
                nameof(path)
            );
        var state = content
            .Tensors.Where(pair => pair.Key.StartsWith(StatePrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[StatePrefix.Length..], pair => pair.Value);
        return new(content, state, generator);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose() => Content.Dispose();
}
