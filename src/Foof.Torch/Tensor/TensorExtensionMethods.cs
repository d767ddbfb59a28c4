namespace TorchSharp;

/// <summary>Conversions of tensors to numbers and of arrays to tensors.</summary>
public static partial class TensorExtensionMethods
{
    /// <summary>The element of a tensor that has one, converted.</summary>
    public static Half ToHalf(this torch.Tensor value) => value.ToScalar().ToHalf();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static float ToSingle(this torch.Tensor value) => value.ToScalar().ToSingle();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static double ToDouble(this torch.Tensor value) => value.ToScalar().ToDouble();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static sbyte ToSByte(this torch.Tensor value) => value.ToScalar().ToSByte();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static byte ToByte(this torch.Tensor value) => value.ToScalar().ToByte();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static short ToInt16(this torch.Tensor value) => value.ToScalar().ToInt16();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static int ToInt32(this torch.Tensor value) => value.ToScalar().ToInt32();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static long ToInt64(this torch.Tensor value) => value.ToScalar().ToInt64();

    /// <summary>The element of a tensor that has one, converted.</summary>
    public static bool ToBoolean(this torch.Tensor value) => value.ToScalar().ToBoolean();

    /// <summary>The lengths of the dimensions as 32-bit integers.</summary>
    public static ReadOnlySpan<int> IntShape(this torch.Tensor tensor) =>
        Array.ConvertAll(tensor.shape, length => checked((int)length));

    /// <summary>A parameter that takes over the tensor, whose handle is empty afterwards.</summary>
    public static Modules.Parameter AsParameter(this torch.Tensor tensor) => new(tensor);

    /// <summary>A tensor of these dimensions that holds a copy of the array.</summary>
    public static torch.Tensor ToTensor<T>(
        this T[] rawArray,
        long[] dimensions,
        bool doCopy = false,
        bool requires_grad = false
    ) => torch.Copied(rawArray, dimensions, null, null, requires_grad);

    /// <summary>A tensor without dimensions that holds a number.</summary>
    public static torch.Tensor ToTensor<T>(
        this T scalar,
        torch.Device? device = null,
        bool requires_grad = false
    )
        where T : struct => torch.Copied(new[] { scalar }, [], null, device, requires_grad);

    /// <summary>The product of the lengths: the number of elements.</summary>
    public static long TotalSize(this IEnumerable<long> shape) =>
        shape.Aggregate(1L, (size, length) => size * length);
}
