using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Native;

/// <summary>One operator of libtorch, found at its first call and kept.</summary>
/// <param name="name">Its name in the dispatcher without the namespace <c>aten</c>: <c>add.Tensor</c>, <c>relu</c>.</param>
internal sealed unsafe class Op(string name)
{
    private const int ScratchWords = 64;
    private const int MostArguments = 24;

    private nint handle;

    internal string Name => name;

    // Two threads may both look it up; they find the same pointer.
    private nint Handle => handle != 0 ? handle : handle = Find();

    private nint Find()
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (operation, overload) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        fixed (byte* operationText = Encoding.UTF8.GetBytes($"aten::{operation}\0"))
        fixed (byte* overloadText = Encoding.UTF8.GetBytes($"{overload}\0"))
        {
            var found = NativeMethods.foof_find(operationText, overloadText);
            if (found == 0)
                throw new NotSupportedException(
                    $"This libtorch has no operator {name}: {NativeMethods.LastError().Message}"
                );
            return found;
        }
    }

    /// <summary>Looks the operator up without calling it.</summary>
    /// <exception cref="NotSupportedException">This libtorch lacks it.</exception>
    internal void Require() => _ = Handle;

    /// <summary>Calls an operator with one tensor as result, which the caller owns.</summary>
    internal Tensor Call(params ReadOnlySpan<Value> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return new Tensor((nint)result.Bits, result.Bytes);
    }

    /// <summary>Calls an in-place operator; its result is its first argument and is dropped.</summary>
    internal void Run(params ReadOnlySpan<Value> arguments) => Invoke(arguments, null, 0);

    /// <summary>Calls an in-place operator and returns its first argument, the same object.</summary>
    internal Tensor Update(params ReadOnlySpan<Value> arguments)
    {
        Invoke(arguments, null, 0);
        return arguments[0].Tensor;
    }

    /// <summary>Calls an operator with two tensors as results.</summary>
    internal (Tensor, Tensor) Call2(params ReadOnlySpan<Value> arguments)
    {
        var results = stackalloc NativeValue[2];
        Invoke(arguments, results, 2);
        return (Wrap(results[0]), Wrap(results[1]));
    }

    /// <summary>Calls an operator with three tensors as results.</summary>
    internal (Tensor, Tensor, Tensor) Call3(params ReadOnlySpan<Value> arguments)
    {
        var results = stackalloc NativeValue[3];
        Invoke(arguments, results, 3);
        return (Wrap(results[0]), Wrap(results[1]), Wrap(results[2]));
    }

    /// <summary>Calls an operator that returns up to <paramref name="most"/> tensors.</summary>
    internal Tensor[] CallMany(int most, params ReadOnlySpan<Value> arguments)
    {
        var results = new NativeValue[most];
        fixed (NativeValue* first = results)
        {
            var count = Invoke(arguments, first, most);
            var tensors = new Tensor[count];
            for (var i = 0; i < count; i++)
                tensors[i] = Wrap(results[i]);
            return tensors;
        }
    }

    /// <summary>Calls an operator that returns one number: an integer, a float or a truth value.</summary>
    internal Scalar CallScalar(params ReadOnlySpan<Value> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return result.Tag switch
        {
            Tag.Double => BitConverter.Int64BitsToDouble(result.Bits),
            Tag.Bool => result.Bits != 0,
            _ => result.Bits,
        };
    }

    private static Tensor Wrap(in NativeValue value) => new((nint)value.Bits, value.Bytes);

    private int Invoke(ReadOnlySpan<Value> arguments, NativeValue* results, int capacity)
    {
        var native = stackalloc NativeValue[MostArguments];
        var onStack = stackalloc long[ScratchWords];
        var words = 0;
        foreach (ref readonly var argument in arguments)
            words += argument.Words;
        fixed (long* onHeap = words > ScratchWords ? new long[words] : null)
        {
            var scratch = onHeap != null ? onHeap : onStack;
            for (var i = 0; i < arguments.Length; i++)
            {
                arguments[i].Write(native + i, scratch);
                scratch += arguments[i].Words;
            }
            var count = NativeMethods.foof_call(Handle, native, arguments.Length, results, capacity);
            foreach (ref readonly var argument in arguments)
                argument.KeepAlive();
            return count >= 0 ? count : throw NativeMethods.LastError(name);
        }
    }
}
