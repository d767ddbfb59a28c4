namespace TorchSharp;

/// <summary>A number as an argument: an integer, a float or a truth value. Holds nothing native.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar(torch.ScalarType type, long integer, double real)
    {
        Type = type;
        Integer = integer;
        Float = real;
    }

    /// <summary>The type that a tensor of this number would have.</summary>
    public torch.ScalarType Type { get; }

    internal long Integer { get; }

    internal double Float { get; }

    internal bool IsFloat => Type == torch.ScalarType.Float64;

    private static Scalar OfInteger(long value) => new(torch.ScalarType.Int64, value, value);

    private static Scalar OfFloat(double value) => new(torch.ScalarType.Float64, 0, value);

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(byte value) => OfInteger(value);

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(sbyte value) => OfInteger(value);

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(short value) => OfInteger(value);

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(int value) => OfInteger(value);

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(long value) => OfInteger(value);

    /// <summary>A float.</summary>
    public static implicit operator Scalar(Half value) => OfFloat((double)value);

    /// <summary>A float.</summary>
    public static implicit operator Scalar(float value) => OfFloat(value);

    /// <summary>A float.</summary>
    public static implicit operator Scalar(double value) => OfFloat(value);

    /// <summary>A truth value.</summary>
    public static implicit operator Scalar(bool value) =>
        new(torch.ScalarType.Bool, value ? 1 : 0, value ? 1 : 0);

    /// <summary>Nothing to free; here because TorchSharp's scalars are disposable.</summary>
    public void Dispose() { }

    /// <summary>The number in invariant notation.</summary>
    public override string ToString() =>
        IsFloat
            ? Float.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : Integer.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Conversions between numbers and <see cref="Scalar"/>, for languages without implicit ones.</summary>
public static class ScalarExtensionMethods
{
    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this byte value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this sbyte value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this short value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this int value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this long value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this Half value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this float value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this double value) => value;

    /// <summary>The truth value as a scalar.</summary>
    public static Scalar ToScalar(this bool value) => value;

    /// <summary>The scalar's value.</summary>
    public static Half ToHalf(this Scalar value) => (Half)value.ToDouble();

    /// <summary>The scalar's value.</summary>
    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    /// <summary>The scalar's value.</summary>
    public static double ToDouble(this Scalar value) => value.Float;

    /// <summary>The scalar's value; a float is cut towards zero.</summary>
    public static sbyte ToSByte(this Scalar value) => checked((sbyte)value.ToInt64());

    /// <summary>The scalar's value; a float is cut towards zero.</summary>
    public static byte ToByte(this Scalar value) => checked((byte)value.ToInt64());

    /// <summary>The scalar's value; a float is cut towards zero.</summary>
    public static short ToInt16(this Scalar value) => checked((short)value.ToInt64());

    /// <summary>The scalar's value; a float is cut towards zero.</summary>
    public static int ToInt32(this Scalar value) => checked((int)value.ToInt64());

    /// <summary>The scalar's value; a float is cut towards zero.</summary>
    public static long ToInt64(this Scalar value) =>
        value.IsFloat ? checked((long)value.Float) : value.Integer;

    /// <summary>Whether the scalar is not zero.</summary>
    public static bool ToBoolean(this Scalar value) => value.Float != 0;
}
