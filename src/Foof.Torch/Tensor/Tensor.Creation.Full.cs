using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of this size full of one value.</summary>
    public static Tensor full(
        long[] size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.Full.Call(
                size,
                value,
                dtype ?? (value.IsFloat ? default_dtype : value.Type),
                Value.None,
                On(device)
            ),
            requires_grad
        );

    /// <inheritdoc cref="full(long[], Scalar, ScalarType?, Device, bool)"/>
    public static Tensor full(
        ReadOnlySpan<long> size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full(size.ToArray(), value, dtype, device, requires_grad);

    /// <summary>A vector full of one value.</summary>
    public static Tensor full(
        long size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([size], value, dtype, device, requires_grad);

    /// <summary>A matrix full of one value.</summary>
    public static Tensor full(
        long rows,
        long columns,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([rows, columns], value, dtype, device, requires_grad);

    /// <summary>A tensor of three dimensions full of one value.</summary>
    public static Tensor full(
        long dim0,
        long dim1,
        long dim2,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2], value, dtype, device, requires_grad);

    /// <summary>A tensor of four dimensions full of one value.</summary>
    public static Tensor full(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2, dim3], value, dtype, device, requires_grad);

    /// <summary>A vector full of one value.</summary>
    public static Tensor full(
        int size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([size], value, dtype, device, requires_grad);

    /// <summary>A matrix full of one value.</summary>
    public static Tensor full(
        int rows,
        int columns,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([rows, columns], value, dtype, device, requires_grad);

    /// <summary>A tensor of three dimensions full of one value.</summary>
    public static Tensor full(
        int dim0,
        int dim1,
        int dim2,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2], value, dtype, device, requires_grad);

    /// <summary>A tensor of four dimensions full of one value.</summary>
    public static Tensor full(
        int dim0,
        int dim1,
        int dim2,
        int dim3,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2, dim3], value, dtype, device, requires_grad);
}
