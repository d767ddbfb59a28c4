using static TorchSharp.torch;

namespace TorchSharp.Native;

/// <summary>
/// One argument of an operator. It keeps a reference to the managed object behind a handle or a list, so that
/// nothing is finalised while libtorch works on it.
/// </summary>
internal readonly struct Value
{
    private readonly object? held;
    private readonly long bits;
    private readonly Tag tag;
    private readonly int count;

    private Value(Tag tag, long bits = 0, int count = 0, object? held = null)
    {
        this.tag = tag;
        this.bits = bits;
        this.count = count;
        this.held = held;
    }

    internal static Value None => default;

    /// <summary>The tensor that this value holds.</summary>
    internal Tensor Tensor => (Tensor)held!;

    public static implicit operator Value(Tensor? tensor) =>
        tensor is null ? None : new(Tag.Tensor, tensor.Handle, 0, tensor);

    public static implicit operator Value(Tensor[] tensors) =>
        new(Tag.TensorList, 0, tensors.Length, tensors);

    public static implicit operator Value(long value) => new(Tag.Int, value);

    public static implicit operator Value(long? value) => value is { } v ? (Value)v : None;

    public static implicit operator Value(double value) =>
        new(Tag.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Value(double? value) => value is { } v ? (Value)v : None;

    public static implicit operator Value(bool value) => new(Tag.Bool, value ? 1 : 0);

    public static implicit operator Value(ScalarType value) => new(Tag.Int, (long)value);

    public static implicit operator Value(ScalarType? value) => value is { } v ? (Value)v : None;

    public static implicit operator Value(Scalar? value) =>
        value is null ? None
        : value.IsFloat ? (Value)value.Float
        : value.Type == ScalarType.Bool ? (Value)(value.Integer != 0)
        : (Value)value.Integer;

    public static implicit operator Value(long[]? values) =>
        values is null ? None : new(Tag.IntList, 0, values.Length, values);

    public static implicit operator Value((long, long) pair) => new long[] { pair.Item1, pair.Item2 };

    public static implicit operator Value(double[]? values) =>
        values is null ? None : new(Tag.DoubleList, 0, values.Length, values);

    public static implicit operator Value(string? text) =>
        text is null ? None : new(Tag.String, 0, System.Text.Encoding.UTF8.GetByteCount(text), text);

    public static implicit operator Value(Device? device) =>
        device is null ? None : new(Tag.Device, (long)device.type, device.index);

    public static implicit operator Value(Generator? generator) =>
        generator is null ? None : new(Tag.Generator, generator.Handle, 0, generator);

    /// <summary>A list in which null means "all of this dimension" (advanced indexing).</summary>
    internal static Value OptionalTensors(Tensor?[] tensors) =>
        new(Tag.OptionalTensorList, 0, tensors.Length, tensors);

    /// <summary>How many 8-byte words of scratch memory <see cref="Write"/> needs.</summary>
    internal int Words => IsList ? (tag == Tag.String ? (count + 7) / 8 : count) : 0;

    private bool IsList => tag is >= Tag.IntList and <= Tag.String;

    /// <summary>Writes the native form; lists go to <paramref name="scratch"/>, of <see cref="Words"/> words.</summary>
    internal unsafe void Write(NativeValue* target, long* scratch)
    {
        target->Tag = tag;
        target->Count = count;
        target->Bits = bits;
        if (!IsList)
            return;
        target->Bits = (long)scratch;
        switch (tag)
        {
            case Tag.IntList:
                ((long[])held!).CopyTo(new Span<long>(scratch, count));
                break;
            case Tag.DoubleList:
                ((double[])held!).CopyTo(new Span<double>(scratch, count));
                break;
            case Tag.TensorList:
            case Tag.OptionalTensorList:
                var tensors = (Tensor?[])held!;
                for (var i = 0; i < count; i++)
                    scratch[i] = tensors[i] is { } tensor ? tensor.Handle : 0;
                break;
            case Tag.String:
                System.Text.Encoding.UTF8.GetBytes((string)held!, new Span<byte>(scratch, count));
                break;
        }
    }

    /// <summary>Reached after the call: what this value points at lived until here.</summary>
    internal void KeepAlive() => GC.KeepAlive(held);
}
