using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Scratch memory on the stack is written before it is read; clearing it would cost as much as a small operator.
[module: SkipLocalsInit]
[assembly: DisableRuntimeMarshalling]

namespace TorchSharp.Native;

/// <summary>What a <see cref="NativeValue"/> holds; the same numbers as in native/foof.cpp.</summary>
internal enum Tag
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    DoubleList = 6,
    TensorList = 7,
    OptionalTensorList = 8,
    String = 9,
    Device = 10,
    Generator = 11,
}

/// <summary>One argument or result as it crosses to C; the layout of <c>Value</c> in native/foof.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public Tag Tag;
    public int Count;
    public long Bits;
    public long Bytes;
}

/// <summary>The C ABI of native/foof.cpp. Getters that only read a field skip the GC transition.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Name = NativeLibraries.Name;

    [LibraryImport(Name)]
    internal static partial byte* foof_last_error();

    [LibraryImport(Name)]
    internal static partial byte* foof_torch_version();

    [LibraryImport(Name)]
    internal static partial nint foof_find(byte* name, byte* overload);

    [LibraryImport(Name)]
    internal static partial int foof_call(
        nint op,
        NativeValue* arguments,
        int argument_count,
        NativeValue* results,
        int capacity
    );

    [LibraryImport(Name)]
    internal static partial void foof_free(nint tensor);

    [LibraryImport(Name)]
    internal static partial nint foof_alias(nint tensor);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial long foof_dim(nint tensor);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial long foof_numel(nint tensor);

    [LibraryImport(Name)]
    internal static partial int foof_sizes(nint tensor, long* sizes);

    [LibraryImport(Name)]
    internal static partial int foof_strides(nint tensor, long* strides);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_dtype(nint tensor);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_device_type(nint tensor);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_device_index(nint tensor);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_is_contiguous(nint tensor);

    [LibraryImport(Name)]
    internal static partial void* foof_data(nint tensor);

    [LibraryImport(Name)]
    internal static partial int foof_copy_in(nint tensor, void* source, long bytes);

    [LibraryImport(Name)]
    internal static partial int foof_copy_out(nint tensor, void* target, long bytes);

    [LibraryImport(Name)]
    internal static partial int foof_requires_grad(nint tensor);

    [LibraryImport(Name)]
    internal static partial int foof_set_requires_grad(nint tensor, int requires_grad);

    [LibraryImport(Name)]
    internal static partial int foof_is_leaf(nint tensor);

    [LibraryImport(Name)]
    internal static partial nint foof_grad(nint tensor);

    [LibraryImport(Name)]
    internal static partial int foof_set_grad(nint tensor, nint gradient);

    [LibraryImport(Name)]
    internal static partial int foof_set_data(nint tensor, nint source);

    [LibraryImport(Name)]
    internal static partial int foof_autograd_grad(
        nint* outputs,
        int output_count,
        nint* inputs,
        int input_count,
        nint* grad_outputs,
        int grad_output_count,
        int retain_graph,
        int create_graph,
        int allow_unused,
        NativeValue* results
    );

    [LibraryImport(Name)]
    internal static partial int foof_autograd_backward(
        nint* tensors,
        int tensor_count,
        nint* grad_tensors,
        int grad_count,
        int retain_graph,
        int create_graph,
        nint* inputs,
        int input_count
    );

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_grad_enabled();

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial void foof_set_grad_enabled(int enabled);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial int foof_inference_enabled();

    [LibraryImport(Name)]
    internal static partial nint foof_inference_enter(int enabled);

    [LibraryImport(Name)]
    internal static partial void foof_inference_leave(nint mode);

    [LibraryImport(Name)]
    internal static partial nint foof_generator_new(int device_type, int device_index, ulong seed);

    [LibraryImport(Name)]
    internal static partial nint foof_generator_default(int device_type, int device_index);

    [LibraryImport(Name)]
    internal static partial void foof_generator_free(nint generator);

    [LibraryImport(Name)]
    internal static partial int foof_generator_seed(nint generator, ulong seed);

    [LibraryImport(Name)]
    internal static partial ulong foof_generator_current_seed(nint generator);

    [LibraryImport(Name)]
    internal static partial nint foof_generator_state(nint generator);

    [LibraryImport(Name)]
    internal static partial int foof_generator_set_state(nint generator, nint state);

    [LibraryImport(Name)]
    internal static partial int foof_manual_seed(ulong seed);

    [LibraryImport(Name)]
    internal static partial void foof_give_back_memory();

    [LibraryImport(Name)]
    internal static partial int foof_fixed_point_available();

    [LibraryImport(Name)]
    internal static partial int foof_threads();

    [LibraryImport(Name)]
    internal static partial int foof_set_threads(int count);

    [LibraryImport(Name)]
    internal static partial int foof_interop_threads();

    [LibraryImport(Name)]
    internal static partial int foof_set_interop_threads(int count);

    [LibraryImport(Name)]
    internal static partial int foof_allow_tf32(int cudnn);

    [LibraryImport(Name)]
    internal static partial void foof_set_allow_tf32(int cudnn, int allowed);

    [LibraryImport(Name)]
    internal static partial int foof_cuda_available();

    [LibraryImport(Name)]
    internal static partial int foof_cuda_devices();

    [LibraryImport(Name)]
    internal static partial int foof_cuda_synchronize(int device_index);

    /// <summary>The calling thread's last error, as the exception that a caller sees.</summary>
    internal static ExternalException LastError(string? subject = null)
    {
        var text = Marshal.PtrToStringUTF8((nint)foof_last_error()) ?? "unknown error";
        return new ExternalException(subject is null ? text : $"{subject}: {text}");
    }

    /// <summary>Throws the last error where a call reported failure by a negative number.</summary>
    internal static void Check(int status)
    {
        if (status < 0)
            throw LastError();
    }

    /// <summary>Throws the last error where a call reported failure by null.</summary>
    internal static nint Check(nint pointer) => pointer != 0 ? pointer : throw LastError();
}
