using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// Saving and loading what was learnt.
public abstract partial class Consolidator
{
    /// <summary>
    /// Saves the consolidated tasks to a safetensors file, from which <see cref="Load"/> restores the same
    /// bits.
    /// </summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one remains.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public void Save(string path)
    {
        RequireAlive();
        ConsolidationFile.Save(path, Kind, layers, Learnt, OwnState());
    }

    /// <summary>
    /// Replaces this object's tasks by those of a file that <see cref="Save"/> wrote for the same network and
    /// options; the strength does not change. The earlier tasks' tensors are freed.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The file is of another network or kind, or exceeds the memory budget; nothing changed.
    /// </exception>
    /// <exception cref="InvalidDataException">The file is damaged; nothing changed.</exception>
    /// <exception cref="IOException">The file cannot be read; nothing changed.</exception>
    public void Load(string path)
    {
        RequireAlive();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var file = ConsolidationFile.Load(path, Kind, layers);
        RequireRoom(Kept.Bytes(Consolidation.tensors(file.Learnt)), "What the file holds");
        RestoreOwnState(file.Own, path);
        Adopt(file.Learnt);
        if (Tasks > 0)
            NoteUncovered();
        NoteDiscarded();
    }

    /// <summary>The kind of consolidator that must have written a file.</summary>
    private protected abstract string Kind { get; }

    /// <summary>Further tensors to save with the tasks, by name.</summary>
    private protected virtual IEnumerable<KeyValuePair<string, Tensor>> OwnState() => [];

    /// <summary>Restores those tensors; if they do not fit, raises and changes nothing.</summary>
    private protected virtual void RestoreOwnState(IReadOnlyDictionary<string, Tensor> state, string path) { }
}
