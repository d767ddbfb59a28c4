namespace TorchSharp;

public static partial class torch
{
    /// <summary>The types of a tensor's elements, with libtorch's numbers.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned, 8 bits.</summary>
        Byte = 0,

        /// <summary>Signed, 8 bits.</summary>
        Int8 = 1,

        /// <summary>Signed, 16 bits.</summary>
        Int16 = 2,

        /// <summary>Signed, 32 bits.</summary>
        Int32 = 3,

        /// <summary>Signed, 64 bits.</summary>
        Int64 = 4,

        /// <summary>IEEE half precision.</summary>
        Float16 = 5,

        /// <summary>IEEE single precision.</summary>
        Float32 = 6,

        /// <summary>IEEE double precision.</summary>
        Float64 = 7,

        /// <summary>A pair of single-precision floats.</summary>
        ComplexFloat32 = 9,

        /// <summary>A pair of double-precision floats.</summary>
        ComplexFloat64 = 10,

        /// <summary>A truth value in one byte.</summary>
        Bool = 11,

        /// <summary>Single precision's range with 8 bits of mantissa.</summary>
        BFloat16 = 15,
    }

    /// <summary>Unsigned, 8 bits.</summary>
    public static ScalarType uint8 => ScalarType.Byte;

    /// <summary>Signed, 8 bits.</summary>
    public static ScalarType int8 => ScalarType.Int8;

    /// <summary>Signed, 16 bits.</summary>
    public static ScalarType int16 => ScalarType.Int16;

    /// <summary>Signed, 32 bits.</summary>
    public static ScalarType int32 => ScalarType.Int32;

    /// <summary>Signed, 64 bits.</summary>
    public static ScalarType int64 => ScalarType.Int64;

    /// <summary>IEEE half precision.</summary>
    public static ScalarType float16 => ScalarType.Float16;

    /// <summary>IEEE half precision.</summary>
    public static ScalarType half => ScalarType.Float16;

    /// <summary>IEEE single precision.</summary>
    public static ScalarType float32 => ScalarType.Float32;

    /// <summary>IEEE single precision.</summary>
    public static ScalarType @float => ScalarType.Float32;

    /// <summary>IEEE double precision.</summary>
    public static ScalarType float64 => ScalarType.Float64;

    /// <summary>IEEE double precision.</summary>
    public static ScalarType @double => ScalarType.Float64;

    /// <summary>Single precision's range with 8 bits of mantissa.</summary>
    public static ScalarType bfloat16 => ScalarType.BFloat16;

    /// <summary>A truth value in one byte.</summary>
    public static ScalarType @bool => ScalarType.Bool;

    /// <summary>A pair of single-precision floats.</summary>
    public static ScalarType complex64 => ScalarType.ComplexFloat32;

    /// <summary>A pair of double-precision floats.</summary>
    public static ScalarType complex128 => ScalarType.ComplexFloat64;

    private static ScalarType default_dtype = ScalarType.Float32;

    /// <summary>Sets the type of tensors that are made without one; at the start, Float32.</summary>
    /// <exception cref="ArgumentException">The type is no floating-point type.</exception>
    public static void set_default_dtype(ScalarType dtype)
    {
        if (!is_floating_point(dtype))
            throw new ArgumentException(
                $"The default type must be a floating-point type; got {dtype}.",
                nameof(dtype)
            );
        default_dtype = dtype;
    }

    /// <summary>The type of tensors that are made without one.</summary>
    public static ScalarType get_default_dtype() => default_dtype;

    /// <summary>Whether elements of this type are real floats.</summary>
    public static bool is_floating_point(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    /// <summary>Whether elements of this type are complex.</summary>
    public static bool is_complex(ScalarType type) =>
        type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    /// <summary>Whether elements of this type are integers (truth values are none).</summary>
    public static bool is_integral(ScalarType type) =>
        type
            is ScalarType.Byte
                or ScalarType.Int8
                or ScalarType.Int16
                or ScalarType.Int32
                or ScalarType.Int64;
}
