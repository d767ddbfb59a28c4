namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor without dimensions that holds a number, as this type.</summary>
    public static Tensor tensor(
        byte scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(new[] { scalar }, [], dtype, device, requires_grad);

    /// <summary>A vector that holds a copy of the list.</summary>
    public static Tensor tensor(
        IList<byte> rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(Flat(rawArray), [rawArray.Count], dtype, device, requires_grad);

    /// <summary>A vector that holds a copy of the array.</summary>
    public static Tensor tensor(
        byte[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], dtype, device, requires_grad);

    /// <summary>A tensor of these dimensions that holds a copy of the list.</summary>
    public static Tensor tensor(
        IList<byte> rawArray,
        ReadOnlySpan<long> dimensions,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(Flat(rawArray), dimensions.ToArray(), dtype, device, requires_grad);

    /// <summary>A tensor of these dimensions that holds a copy of the array.</summary>
    public static Tensor tensor(
        byte[] rawArray,
        ReadOnlySpan<long> dimensions,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, dimensions.ToArray(), dtype, device, requires_grad);

    /// <summary>A matrix that holds a copy of the list, row by row.</summary>
    public static Tensor tensor(
        IList<byte> rawArray,
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(Flat(rawArray), [rows, columns], dtype, device, requires_grad);

    /// <summary>A tensor of three dimensions that holds a copy of the list, row by row.</summary>
    public static Tensor tensor(
        IList<byte> rawArray,
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(Flat(rawArray), [dim0, dim1, dim2], dtype, device, requires_grad);

    /// <summary>A tensor of four dimensions that holds a copy of the list, row by row.</summary>
    public static Tensor tensor(
        IList<byte> rawArray,
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(Flat(rawArray), [dim0, dim1, dim2, dim3], dtype, device, requires_grad);

    /// <summary>A matrix that holds a copy of the array.</summary>
    public static Tensor tensor(
        byte[,] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, Lengths(rawArray), dtype, device, requires_grad);

    /// <summary>A tensor of three dimensions that holds a copy of the array.</summary>
    public static Tensor tensor(
        byte[,,] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, Lengths(rawArray), dtype, device, requires_grad);

    /// <summary>A tensor of four dimensions that holds a copy of the array.</summary>
    public static Tensor tensor(
        byte[,,,] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, Lengths(rawArray), dtype, device, requires_grad);

    /// <summary>A vector that holds a copy of the list.</summary>
    public static Tensor as_tensor(IList<byte> rawArray, ScalarType? dtype = null, Device? device = null) =>
        tensor(rawArray, dtype, device);

    /// <summary>A vector that holds a copy of the array.</summary>
    public static Tensor as_tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null) =>
        tensor(rawArray, dtype, device);
}
