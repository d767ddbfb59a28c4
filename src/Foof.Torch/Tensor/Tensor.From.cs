using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor with the dimensions and elements of an array of numbers, as a copy.</summary>
    /// <exception cref="NotSupportedException">
    /// The elements are not numbers that a tensor can hold.
    /// </exception>
    public static Tensor from_array(Array rawArray, Device? device = null) =>
        from_array(rawArray, null, device);

    /// <summary>
    /// A tensor with the dimensions and elements of an array of numbers, as a copy of another type.
    /// </summary>
    /// <exception cref="NotSupportedException">
    /// The elements are not numbers that a tensor can hold.
    /// </exception>
    public static Tensor from_array(
        Array rawArray,
        ScalarType? dtype,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, Lengths(rawArray), dtype, device, requires_grad);

    /// <summary>A tensor with the dimensions and elements of an array of numbers, as a copy.</summary>
    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) =>
        from_array(data, dtype, device);

    /// <summary>
    /// The tensor with this type on this device: a second handle to it if it is so already.
    /// </summary>
    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) =>
        data.to(dtype ?? data.dtype, device ?? data.device);

    private static T[] Flat<T>(IList<T> list) => list as T[] ?? [.. list];

    private static long[] Lengths(Array array) =>
        [.. Enumerable.Range(0, array.Rank).Select(array.GetLongLength)];

    internal static unsafe Tensor Copied(
        Array source,
        long[] dimensions,
        ScalarType? dtype,
        Device? device,
        bool requires_grad
    )
    {
        var type = TypeOf(source.GetType().GetElementType()!);
        var elements = dimensions.TotalSize();
        if (elements != source.LongLength)
            throw new ArgumentException(
                $"The array must have {elements} elements for the shape [{string.Join(", ", dimensions)}]; "
                    + $"got {source.LongLength}.",
                nameof(source)
            );
        var host = Aten.EmptyMemoryFormat.Call(dimensions, type, Value.None, CPU);
        fixed (byte* first = &System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(source))
            NativeMethods.Check(
                NativeMethods.foof_copy_in(host.Handle, first, elements * type.ElementSize())
            );
        GC.KeepAlive(host);
        return Fresh(Moved(host, dtype ?? type, On(device)), requires_grad);
    }

    private static Tensor Moved(Tensor host, ScalarType dtype, Device device) =>
        dtype == host.dtype && device.type == DeviceType.CPU
            ? host
            : host.to(dtype, device, disposeAfter: true);

    private static ScalarType TypeOf(Type element) =>
        Type.GetTypeCode(element) switch
        {
            TypeCode.Byte => ScalarType.Byte,
            TypeCode.SByte => ScalarType.Int8,
            TypeCode.Int16 => ScalarType.Int16,
            TypeCode.Int32 => ScalarType.Int32,
            TypeCode.Int64 => ScalarType.Int64,
            TypeCode.Single => ScalarType.Float32,
            TypeCode.Double => ScalarType.Float64,
            TypeCode.Boolean => ScalarType.Bool,
            _ when element == typeof(Half) => ScalarType.Float16,
            _ => throw new NotSupportedException($"A tensor cannot hold elements of type {element.Name}."),
        };
}
