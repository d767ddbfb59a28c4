namespace Foof

open System.Runtime.InteropServices
open TorchSharp

/// Correlations of images with errors, which are the gradients of 3 x 3 convolutions' weights, in float32: by the binding's
/// library, on processors with AVX-512. 2 x 2 errors and the 4 x 4 pixels that they meet take 16 products in place of 36
/// (Winograd's minimal filtering, with the kernel as what is found), and rounding is a few times that of their plain sum.
[<RequireQualifiedAccess>]
module internal Correlation =

    [<Literal>]
    let private Library = "libfoof_native.so"

    /// What is correlated; the order is the library's.
    [<Struct>]
    type private Shape = {
        Images: int64
        Channels: int64
        Height: int64
        Width: int64
        Outputs: int64
        Rows: int64
        Columns: int64
        Above: int64
        Left: int64
    }

    [<DllImport(Library)>]
    extern int private foof_correlation_available()

    [<DllImport(Library)>]
    extern int64 private foof_correlation_bytes(Shape& shape, int threads)

    [<DllImport(Library)>]
    extern void private foof_correlate(
        Shape& shape,
        byte& images,
        byte& errors,
        byte& gradient,
        byte& own,
        int threads
    )

    /// Whether the binding's library is there, and the processor has the instructions.
    let isAvailable =
        lazy
            (LoadedLibrary.has [ nameof foof_correlate ] Library
             && foof_correlation_available () <> 0)

    /// Whether it is of this convolution's kind: kernels of 3 x 3 neighbouring points in one piece that move by one.
    let fits (window: Window) =
        window.Kernel = struct (3L, 3L) && Patches.areDense window

    /// Whether it can be given a tensor.
    let takes (tensor: torch.Tensor) =
        isAvailable.Value
        && tensor.dtype = torch.ScalarType.Float32
        && 0L < tensor.numel ()
        && LoadedLibrary.takes tensor

    let private bytesOf (tensor: torch.Tensor) =
        &MemoryMarshal.GetReference tensor.bytes

    /// As `ofPatches`, by so many threads.
    let byThreads threads struct (above, left) (images: torch.Tensor) (errors: torch.Tensor) =
        Scope.tensor (fun () ->
            let images, errors = images.contiguous (), errors.contiguous ()

            let mutable shape = {
                Images = images.size 0
                Channels = images.size 1
                Height = images.size 2
                Width = images.size 3
                Outputs = errors.size 1
                Rows = errors.size 2
                Columns = errors.size 3
                Above = above
                Left = left
            }

            let gradient = images.new_empty (shape.Outputs, 9L * shape.Channels)

            let own =
                torch.empty (
                    foof_correlation_bytes (&shape, threads),
                    dtype = torch.ScalarType.Byte,
                    device = torch.CPU
                )

            foof_correlate (
                &shape,
                &bytesOf images,
                &bytesOf errors,
                &bytesOf gradient,
                &bytesOf own,
                threads
            )

            gradient)

    /// sum_p e_p a_p^T over the patches a_p of images, given how many rows and columns of zeros precede them, and the errors there.
    ///
    /// Shapes: images [n; c; h; w], errors [n; d_out; h'; w'] -> [d_out; 9 c]. The result belongs to the caller's scope.
    let ofPatches zeros (images: torch.Tensor) (errors: torch.Tensor) =
        byThreads (torch.get_num_threads ()) zeros images errors
