using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of this size of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        Fresh(
            Aten.RandGenerator.Call(size, generator, dtype ?? default_dtype, Value.None, On(device)),
            requires_grad
        );

    /// <inheritdoc cref="rand(long[], ScalarType?, Device, bool, Generator)"/>
    public static Tensor rand(
        ReadOnlySpan<long> size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand(size.ToArray(), dtype, device, requires_grad, generator);

    /// <summary>A vector of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        long size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([size], dtype, device, requires_grad, generator);

    /// <summary>A matrix of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([rows, columns], dtype, device, requires_grad, generator);

    /// <summary>A tensor of three dimensions of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>A tensor of four dimensions of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);

    /// <summary>A vector of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        int size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([size], dtype, device, requires_grad, generator);

    /// <summary>A matrix of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        int rows,
        int columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([rows, columns], dtype, device, requires_grad, generator);

    /// <summary>A tensor of three dimensions of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        int dim0,
        int dim1,
        int dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>A tensor of four dimensions of uniform numbers in [0, 1).</summary>
    public static Tensor rand(
        int dim0,
        int dim1,
        int dim2,
        int dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);
}
