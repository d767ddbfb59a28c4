using static TorchSharp.torch;

namespace TorchSharp.Modules;

public abstract partial class OptimizerHelper
{
    /// <summary>The settings of the groups and the state of their parameters, live.</summary>
    public virtual StateDictionary state_dict()
    {
        var dictionary = new StateDictionary();
        foreach (var group in _parameter_groups)
        {
            var places = new List<int>();
            foreach (var parameter in group.Parameters)
            {
                if (!_state.TryGetValue(parameter.Handle, out var state))
                    continue;
                places.Add(dictionary.State.Count);
                dictionary.State.Add(state);
            }
            dictionary.Options.Add(group.Options);
            dictionary.StateIndexRef.Add(places);
        }
        return dictionary;
    }

    /// <summary>
    /// Takes over a copy of the settings and state of an optimiser of the same kind and layout.
    /// </summary>
    /// <exception cref="ArgumentException">The numbers of groups or of states differ.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        var mine = this.state_dict();
        CheckCounts(mine, state_dict.Options.Count, state_dict.State.Count);
        foreach (var (target, source) in mine.Options.Zip(state_dict.Options))
            if (!ReferenceEquals(target, source))
                target.LoadStateDict(source);
        foreach (var (target, source) in mine.State.Zip(state_dict.State))
            if (!ReferenceEquals(target, source))
                target.LoadStateDict(source);
    }

    /// <summary>Writes the settings and state to a file.</summary>
    public void save_state_dict(string location)
    {
        using var writer = new BinaryWriter(File.Create(location));
        save_state_dict(writer);
    }

    /// <summary>
    /// Writes the kind of optimiser, then the settings of each group, then each state, as TorchSharp does.
    /// </summary>
    public void save_state_dict(BinaryWriter writer)
    {
        var dictionary = state_dict();
        writer.Write(GetType().Name);
        writer.Write7BitEncodedInt64(dictionary.Options.Count);
        writer.Write7BitEncodedInt64(dictionary.State.Count);
        foreach (var options in dictionary.Options)
            options.SaveStateDict(writer);
        foreach (var state in dictionary.State)
            state.SaveStateDict(writer);
    }

    /// <summary>Reads what <see cref="save_state_dict(string)"/> or TorchSharp wrote.</summary>
    /// <exception cref="InvalidDataException">The file is another optimiser's.</exception>
    /// <exception cref="ArgumentException">The numbers of groups or of states differ.</exception>
    public void load_state_dict(string location)
    {
        using var reader = new BinaryReader(File.OpenRead(location));
        load_state_dict(reader);
    }

    /// <summary>Reads what <see cref="save_state_dict(BinaryWriter)"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The stream is another optimiser's.</exception>
    /// <exception cref="ArgumentException">The numbers of groups or of states differ.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        var kind = reader.ReadString();
        if (kind != GetType().Name)
            throw new InvalidDataException(
                $"The state must be that of {GetType().Name}; got that of '{kind}'."
            );
        var mine = state_dict();
        CheckCounts(mine, StateStream.Number(reader), StateStream.Number(reader));
        foreach (var options in mine.Options)
            options.LoadStateDict(reader);
        foreach (var state in mine.State)
            state.LoadStateDict(reader);
    }

    private static void CheckCounts(StateDictionary mine, long groups, long states)
    {
        if (groups != mine.Options.Count || states != mine.State.Count)
            throw new ArgumentException(
                $"The state must have {mine.Options.Count} groups and {mine.State.Count} parameters, as the "
                    + $"optimiser has; got {groups} and {states}."
            );
    }
}
