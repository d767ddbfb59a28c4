namespace Foof

open System.Runtime.InteropServices
open TorchSharp

/// Correlations of images with errors, which are the gradients of convolutions' weights, in float32: by the binding's library, on
/// processors with AVX-512. For kernels of 3 x 3 that move by one, 2 x 2 errors and the 4 x 4 pixels that they meet take 16
/// products in place of 36 (Winograd's minimal filtering, with the kernel as what is found).
[<RequireQualifiedAccess>]
module internal Correlation =

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
        KernelHeight: int64
        KernelWidth: int64
        Above: int64
        Left: int64
        Stride: int64
    }

    [<DllImport(LoadedLibrary.Native)>]
    extern int private foof_correlation_available()

    [<DllImport(LoadedLibrary.Native)>]
    extern int64 private foof_correlation_bytes(Shape& shape, int threads)

    [<DllImport(LoadedLibrary.Native)>]
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
        LoadedLibrary.offers (nameof foof_correlate) foof_correlation_available

    /// As many points as a kernel may have: the library's.
    [<Literal>]
    let private MostPoints = 9L

    /// Whether it is of this convolution's kind: kernels in one piece whose points are neighbours, moved alike along both axes.
    let fits (window: Window) =
        let struct (kh, kw) = window.Kernel
        let struct (sh, sw) = window.Stride

        kh * kw <= MostPoints
        && sh = sw
        && window.Dilation = struct (1L, 1L)
        && window.Groups = 1L

    /// Whether it can be given a tensor.
    let takes (tensor: torch.Tensor) =
        isAvailable.Value
        && tensor.dtype = torch.ScalarType.Float32
        && 0L < tensor.numel ()
        && tensor.device_type = DeviceType.CPU

    /// As `ofPatches`, by so many threads.
    let byThreads
        threads
        (window: Window)
        struct (above, left)
        (images: torch.Tensor)
        (errors: torch.Tensor)
        =
        Scope.tensor (fun () ->
            let images, errors = images.contiguous (), errors.contiguous ()
            let struct (kh, kw) = window.Kernel
            let struct (stride, _) = window.Stride

            let mutable shape = {
                Images = images.size 0
                Channels = images.size 1
                Height = images.size 2
                Width = images.size 3
                Outputs = errors.size 1
                Rows = errors.size 2
                Columns = errors.size 3
                KernelHeight = kh
                KernelWidth = kw
                Above = above
                Left = left
                Stride = stride
            }

            let gradient = images.new_empty (shape.Outputs, shape.Channels * kh * kw)

            let own = LoadedLibrary.bytes (foof_correlation_bytes (&shape, threads))

            foof_correlate (
                &shape,
                &LoadedLibrary.first images,
                &LoadedLibrary.first errors,
                &LoadedLibrary.first gradient,
                &LoadedLibrary.first own,
                threads
            )

            gradient)

    /// sum_p e_p a_p^T over the patches a_p of images, given how many rows and columns of zeros precede them, and the errors there.
    ///
    /// Shapes: images [n; c; h; w], errors [n; d_out; h'; w'] -> [d_out; c kh kw]. The result belongs to the caller's scope.
    let ofPatches window zeros (images: torch.Tensor) (errors: torch.Tensor) =
        byThreads (torch.get_num_threads ()) window zeros images errors
