using System.Text.Json;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Reads and checks the entries of a safetensors header, one tensor each.</summary>
/// <param name="damaged">Makes an error from a sentence.</param>
internal sealed class EntryReader(Func<string, InvalidDataException> damaged)
{
    private const int MostDimensions = 64;

    /// <summary>Returns the properties of an object in order; raises if a name occurs twice.</summary>
    internal static OrderedDictionary<string, JsonElement> Properties(
        JsonElement json,
        string what,
        Func<string, InvalidDataException> damaged
    )
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw damaged($"{what} must be an object; found {json.ValueKind}");
        var properties = new OrderedDictionary<string, JsonElement>();
        foreach (var property in json.EnumerateObject())
            if (!properties.TryAdd(property.Name, property.Value))
                throw damaged($"{what} must name each entry once; found '{property.Name}' twice");
        return properties;
    }

    /// <summary>
    /// Returns one tensor's entry; raises unless its type is known, its shape possible and its bytes as many
    /// as both need.
    /// </summary>
    internal TensorEntry Read(string name, JsonElement json)
    {
        var what = $"tensor '{name}'";
        var properties = Properties(json, what, damaged);
        var type = Type(what, Property(properties, what, "dtype"));
        var shape = Integers(Property(properties, what, "shape"), $"the shape of {what}");
        if (shape.Length > MostDimensions)
            throw damaged($"{what} must have at most {MostDimensions} dimensions; found {shape.Length}");
        var needed = Bytes(what, shape, type);
        var offsets = Integers(Property(properties, what, "data_offsets"), $"data_offsets of {what}");
        if (offsets is not [var begin, var end] || begin > end)
            throw damaged($"data_offsets of {what} must be two numbers, in order; found [{Join(offsets)}]");
        if (end - begin != needed)
            throw damaged(
                $"{what} of shape [{Join(shape)}] must have {needed} bytes; "
                    + $"data_offsets [{Join(offsets)}] give {end - begin}"
            );
        return new(name, type, shape, begin, end);
    }

    private JsonElement Property(
        OrderedDictionary<string, JsonElement> properties,
        string what,
        string name
    ) =>
        properties.TryGetValue(name, out var value)
            ? value
            : throw damaged($"{what} must have dtype, shape and data_offsets; found no {name}");

    private ScalarType Type(string what, JsonElement json)
    {
        var name = json.ValueKind == JsonValueKind.String ? json.GetString()! : json.ValueKind.ToString();
        return ElementType.TryParse(name, out var type)
            ? type
            : throw damaged($"the dtype of {what} must be one of {ElementType.Names}; found '{name}'");
    }

    private long[] Integers(JsonElement json, string what)
    {
        if (json.ValueKind != JsonValueKind.Array)
            throw damaged($"{what} must be a list of numbers; found {json.ValueKind}");
        var numbers = new long[json.GetArrayLength()];
        foreach (var (place, element) in json.EnumerateArray().Index())
            if (
                element.ValueKind != JsonValueKind.Number
                || !element.TryGetInt64(out numbers[place])
                || numbers[place] < 0
            )
                throw damaged(
                    $"{what} must hold whole numbers from 0 to {long.MaxValue}; found {element.GetRawText()}"
                );
        return numbers;
    }

    private long Bytes(string what, long[] shape, ScalarType type)
    {
        // Strides are products of the other lengths, so these must fit even where one length is zero.
        Int128 widest = ElementType.Size(type);
        foreach (var length in shape)
        {
            widest *= Math.Max(1, length);
            if (widest > long.MaxValue)
                throw damaged($"{what} must have fewer than 2^63 bytes; found the shape [{Join(shape)}]");
        }
        return shape.Contains(0) ? 0 : (long)widest;
    }

    /// <summary>Returns where the last entry ends; raises if entries overlap or leave a gap.</summary>
    internal long End(TensorEntry[] entries)
    {
        long reached = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != reached)
                throw damaged(
                    $"tensor '{entry.Name}' must begin at data offset {reached}, where the one before ends; "
                        + $"found {entry.Begin}: {(entry.Begin < reached ? "an overlap" : "a gap")}"
                );
            reached = entry.End;
        }
        return reached;
    }

    private static string Join(long[] numbers) => string.Join(", ", numbers);
}
