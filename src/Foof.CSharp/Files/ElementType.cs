using static TorchSharp.torch;

namespace Foof;

/// <summary>The element types of safetensors files: their names there, and their sizes in bytes.</summary>
internal static class ElementType
{
    private static readonly (string Name, ScalarType Type, int Size)[] Known =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    // What the format has besides.
    private static readonly string[] Others =
    [
        .. "F4,F6_E2M3,F6_E3M2,F8_E8M0,F8_E4M3,F8_E5M2,F8_E4M3FNUZ,F8_E5M2FNUZ,U16,U32,U64,C64,C128".Split(','),
    ];

    /// <summary>Whether the format has these elements, though they cannot be read here.</summary>
    internal static bool IsUnsupported(string name) => Others.Contains(name);

    /// <summary>All names, for a message.</summary>
    internal static string Names => string.Join(", ", Known.Select(known => known.Name));

    /// <summary>The type with this name in a file.</summary>
    internal static bool TryParse(string name, out ScalarType type)
    {
        var place = Array.FindIndex(Known, known => known.Name == name);
        type = place < 0 ? default : Known[place].Type;
        return place >= 0;
    }

    /// <summary>The name of <paramref name="type"/> in a file.</summary>
    /// <exception cref="ArgumentException">Safetensors files have no such elements.</exception>
    internal static string Name(ScalarType type) => Find(type).Name;

    /// <summary>The bytes of one element.</summary>
    /// <exception cref="ArgumentException">Safetensors files have no such elements.</exception>
    internal static int Size(ScalarType type) => Find(type).Size;

    private static (string Name, ScalarType Type, int Size) Find(ScalarType type)
    {
        var place = Array.FindIndex(Known, known => known.Type == type);
        return place >= 0
            ? Known[place]
            : throw new ArgumentException(
                $"The elements of a safetensors file must be one of {Names}; got {type}: convert the tensor.",
                nameof(type)
            );
    }
}
