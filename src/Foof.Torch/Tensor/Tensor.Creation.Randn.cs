using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of this size of standard normal numbers.</summary>
    public static Tensor randn(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        Fresh(
            Aten.RandnGenerator.Call(size, generator, dtype ?? default_dtype, Value.None, On(device)),
            requires_grad
        );

    /// <inheritdoc cref="randn(long[], ScalarType?, Device, bool, Generator)"/>
    public static Tensor randn(
        ReadOnlySpan<long> size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn(size.ToArray(), dtype, device, requires_grad, generator);

    /// <summary>A vector of standard normal numbers.</summary>
    public static Tensor randn(
        long size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([size], dtype, device, requires_grad, generator);

    /// <summary>A matrix of standard normal numbers.</summary>
    public static Tensor randn(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([rows, columns], dtype, device, requires_grad, generator);

    /// <summary>A tensor of three dimensions of standard normal numbers.</summary>
    public static Tensor randn(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>A tensor of four dimensions of standard normal numbers.</summary>
    public static Tensor randn(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);

    /// <summary>A vector of standard normal numbers.</summary>
    public static Tensor randn(
        int size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([size], dtype, device, requires_grad, generator);

    /// <summary>A matrix of standard normal numbers.</summary>
    public static Tensor randn(
        int rows,
        int columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([rows, columns], dtype, device, requires_grad, generator);

    /// <summary>A tensor of three dimensions of standard normal numbers.</summary>
    public static Tensor randn(
        int dim0,
        int dim1,
        int dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>A tensor of four dimensions of standard normal numbers.</summary>
    public static Tensor randn(
        int dim0,
        int dim1,
        int dim2,
        int dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);
}
