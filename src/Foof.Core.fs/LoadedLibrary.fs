namespace Foof

open System
open System.Runtime.InteropServices
open TorchSharp

/// Libraries that libtorch itself has loaded: another beside libtorch's own would have threads that fight with its.
[<RequireQualifiedAccess>]
module internal LoadedLibrary =

    [<DllImport("libc")>]
    extern nativeint private dlopen(string name, int flags)

    let private ifLoadedAlready = 1 ||| 4 // RTLD_LAZY, RTLD_NOLOAD

    /// The binding's.
    [<Literal>]
    let Native = "libfoof_native.so"

    /// Whether such a library can be given a tensor's bytes: on the processor, and no more than a span counts.
    let takes (tensor: torch.Tensor) =
        tensor.device_type = DeviceType.CPU
        && tensor.numel () * tensor.element_size () <= int64 Int32.MaxValue

    /// Where a tensor begins whose first row is in one piece; a span of all of it could not count more than 2 GB.
    let first (tensor: torch.Tensor) =
        &MemoryMarshal.GetReference (tensor.narrow (0L, 0L, 1L)).bytes

    /// Memory for a library's own use. The result belongs to the caller.
    let bytes (count: int64) =
        torch.empty (count, dtype = torch.ScalarType.Byte, device = torch.CPU)

    /// Whether its functions in float32 and float64 can be given a tensor: one of these types, in one piece, not empty.
    let takesNumbers (tensor: torch.Tensor) =
        (tensor.dtype = torch.ScalarType.Float32
         || tensor.dtype = torch.ScalarType.Float64)
        && 0L < tensor.numel ()
        && takes tensor
        && tensor.is_contiguous ()

    /// Whether it is loaded and has all of these functions.
    let has (functions: string list) (library: string) =
        try
            OperatingSystem.IsLinux()
            && (match dlopen (library, ifLoadedAlready) with
                | 0n -> false
                | handle ->
                    functions
                    |> List.forall (fun name -> NativeLibrary.TryGetExport(handle, name) |> fst))
        with
        | :? DllNotFoundException
        | :? EntryPointNotFoundException -> false

    /// Whether the binding's library has a kernel, and the processor the instructions: `available` asks the library.
    let offers (kernel: string) (available: unit -> int) =
        lazy (has [ kernel ] Native && available () <> 0)
