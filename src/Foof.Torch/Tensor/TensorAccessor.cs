using System.Collections;
using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>
/// The elements of a tensor in host memory, in row-major order whatever its strides; reads and writes go to
/// the tensor's own memory.
/// </summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : unmanaged
{
    private readonly Tensor tensor;
    private readonly bool owned;
    private readonly T* first;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    /// <summary>Reads and writes <paramref name="tensor"/>, which must be on the processor.</summary>
    internal TensorAccessor(Tensor tensor, bool owned)
    {
        this.tensor = tensor;
        this.owned = owned;
        first = (T*)NativeMethods.foof_data(tensor.Handle);
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    /// <summary>How many elements there are.</summary>
    public long Count { get; }

    /// <summary>False: elements can be set.</summary>
    public bool IsReadOnly => false;

    /// <summary>
    /// The element at these indices, one a dimension; a single index counts in row-major order.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An index lies outside the tensor.</exception>
    public T this[params long[] indices]
    {
        get
        {
            var element = *At(Offset(indices));
            GC.KeepAlive(tensor);
            return element;
        }
        set
        {
            *At(Offset(indices)) = value;
            GC.KeepAlive(tensor);
        }
    }

    /// <summary>The elements in row-major order, as a copy.</summary>
    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    /// <summary>The elements as an array with the tensor's dimensions, as a copy.</summary>
    public Array ToNDArray()
    {
        if (shape.Length < 2)
            return ToArray();
        var array = Array.CreateInstance(typeof(T), shape);
        if (Count > 0)
            CopyTo(
                System.Runtime.InteropServices.MemoryMarshal.CreateSpan(
                    ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(
                        ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array)
                    ),
                    checked((int)Count)
                )
            );
        return array;
    }

    /// <summary>Copies elements from <paramref name="tensorIndex"/> on until either side ends.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies elements from <paramref name="tensorIndex"/> on until either side ends.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (contiguous && count > 0)
            new ReadOnlySpan<T>(At(tensorIndex), count).CopyTo(target);
        else
            for (var i = 0; i < count; i++)
                target[i] = *At(Linear(tensorIndex + i));
        GC.KeepAlive(tensor);
    }

    /// <summary>Sets elements from <paramref name="tensorIndex"/> on until either side ends.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    /// <summary>Sets elements from <paramref name="tensorIndex"/> on until either side ends.</summary>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        if (contiguous && count > 0)
            source[..count].CopyTo(new Span<T>(At(tensorIndex), count));
        else
            for (var i = 0; i < count; i++)
                *At(Linear(tensorIndex + i)) = source[i];
        GC.KeepAlive(tensor);
    }

    /// <summary>Runs over the elements in row-major order.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0L; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// Frees the copy that was made of a tensor on another device; a tensor of the host stays.
    /// </summary>
    public void Dispose()
    {
        if (owned)
            tensor.Dispose();
    }

    // A disposed tensor must not be read, so its handle is asked for at every access.
    private T* At(long offset)
    {
        _ = tensor.Handle;
        return first + offset;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1)
            return Linear(indices[0]);
        if (indices.Length != shape.Length)
            throw new ArgumentOutOfRangeException(
                nameof(indices),
                $"The tensor has {shape.Length} dimensions; got {indices.Length} indices."
            );
        var offset = 0L;
        for (var i = 0; i < indices.Length; i++)
            offset += Checked(indices[i], shape[i]) * strides[i];
        return offset;
    }

    private long Linear(long index)
    {
        var rest = Checked(index, Count);
        if (contiguous)
            return rest;
        var offset = 0L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            rest = Math.DivRem(rest, shape[i], out var place);
            offset += place * strides[i];
        }
        return offset;
    }

    private static long Checked(long index, long length) =>
        index >= 0 && index < length
            ? index
            : throw new ArgumentOutOfRangeException(
                nameof(index),
                $"The index must lie in [0, {length}); got {index}."
            );
}
