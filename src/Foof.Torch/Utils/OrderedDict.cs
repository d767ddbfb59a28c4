using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that enumerates its entries in the order in which their keys first came.</summary>
public class OrderedDict<TKey, TValue> : IEnumerable<(TKey, TValue)>
    where TKey : notnull
{
    private readonly List<(TKey, TValue)> entries = [];
    private readonly Dictionary<TKey, int> places = [];

    /// <summary>The number of entries.</summary>
    public int Count => entries.Count;

    /// <summary>The keys, in order.</summary>
    public ICollection<TKey> Keys => entries.ConvertAll(entry => entry.Item1);

    /// <summary>The values, in order.</summary>
    public ICollection<TValue> Values => entries.ConvertAll(entry => entry.Item2);

    /// <summary>The value of <paramref name="key"/>; a new key goes to the end.</summary>
    /// <exception cref="KeyNotFoundException">Read, and the key is not there.</exception>
    public TValue this[TKey key]
    {
        get => entries[places[key]].Item2;
        set
        {
            if (places.TryGetValue(key, out var place))
                entries[place] = (key, value);
            else
                Add(key, value);
        }
    }

    /// <summary>The keys, in order.</summary>
    public IEnumerable<TKey> keys() => Keys;

    /// <summary>The values, in order.</summary>
    public IEnumerable<TValue> values() => Values;

    /// <summary>The entries, in order.</summary>
    public IEnumerator<(TKey, TValue)> items() => GetEnumerator();

    /// <summary>Adds an entry at the end.</summary>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    public void Add(TKey key, TValue value)
    {
        places.Add(key, entries.Count);
        entries.Add((key, value));
    }

    /// <summary>Adds an entry at the end.</summary>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    /// <summary>Whether <paramref name="key"/> has a value.</summary>
    public bool ContainsKey(TKey key) => places.ContainsKey(key);

    /// <summary>The value of <paramref name="key"/>, where it has one.</summary>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = places.TryGetValue(key, out var place);
        value = found ? entries[place].Item2 : default;
        return found;
    }

    /// <summary>Takes an entry out; in a dictionary of n entries this takes time proportional to n.</summary>
    public bool Remove(TKey key)
    {
        if (!places.Remove(key, out var place))
            return false;
        entries.RemoveAt(place);
        for (var i = place; i < entries.Count; i++)
            places[entries[i].Item1] = i;
        return true;
    }

    /// <summary>Takes out every entry.</summary>
    public void Clear()
    {
        entries.Clear();
        places.Clear();
    }

    /// <summary>Takes out every entry.</summary>
    public void clear() => Clear();

    /// <summary>The entries, in order.</summary>
    public IEnumerator<(TKey, TValue)> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
