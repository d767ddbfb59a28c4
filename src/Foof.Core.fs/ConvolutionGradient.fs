namespace Foof

open System
open TorchSharp

/// The gradient of a convolution's weight from images and errors, without patches: their correlation where the binding's library
/// finds it, otherwise products of their rows as they are, without the zeros of padding, which on images of 4 x 4 pixels are a
/// third of what a kernel of 3 x 3 meets.
[<RequireQualifiedAccess>]
module internal ConvolutionGradient =

    /// Input and output channels from which on a correlation by minimal filtering pays: laying out fewer is too much of the work.
    [<Literal>]
    let LeastFiltered = 16L

    /// And from which on one of a kernel that moves further.
    [<Literal>]
    let LeastStrided = 32L

    /// Errors of a batch from which on a correlation pays.
    [<Literal>]
    let LeastErrors = 128L

    /// Input times output channels from which on products of rows pay: those of fewer are too narrow.
    [<Literal>]
    let LeastChannelPairs = 65536L // 256 x 256

    /// Errors of an image up to which products of rows pay: with more, padding hardly counts.
    [<Literal>]
    let MostPlaces = 16L

    /// Images from which on products of rows are worth the way to the weight's order.
    [<Literal>]
    let LeastImages = 32L

    let private padsByZeros (window: Window) =
        window.Mode = PaddingModes.Zeros
        && struct (window.Before, window.After)
           <> struct (struct (0L, 0L), struct (0L, 0L))

    /// Whether it is worth a correlation, given that it can be had.
    let private correlates (window: Window) (weight: torch.Tensor) (maps: torch.Tensor) =
        let least =
            match window.Stride, window.Kernel with
            | struct (1L, 1L), struct (3L, 3L) -> LeastFiltered
            // Of other kernels that move by one libtorch meets each pixel more than once in a cache.
            | struct (1L, 1L), _ -> Int64.MaxValue
            | _ -> LeastStrided

        Correlation.fits window
        && min (weight.size 0) (weight.size 1) >= least
        && maps.size 0 * maps.size 2 * maps.size 3 >= LeastErrors

    /// Whether it is worth products of rows.
    let private multiplies (window: Window) (weight: torch.Tensor) (maps: torch.Tensor) =
        Patches.areDense window
        && padsByZeros window
        && weight.size 0 * weight.size 1 >= LeastChannelPairs
        && maps.size 2 * maps.size 3 <= MostPlaces
        && maps.size 0 >= LeastImages

    /// Whether a convolution's gradient is found faster so than by libtorch. Shapes: weight [d_out; c; kh; kw], maps
    /// [n; d_out; h'; w'].
    let suits (window: Window) (weight: torch.Tensor) (maps: torch.Tensor) =
        maps.dim () = 4L
        && maps.device_type = DeviceType.CPU
        // What has its channels last is what libtorch's own way is fastest with.
        && maps.is_contiguous ()
        && ((Correlation.takes maps && correlates window weight maps)
            || multiplies window weight maps)

    /// Which of so many errors a point k of the kernel has pixels for, of so many.
    let private met k before size places =
        struct (max 0L (before - k), min places (size + before - k))

    let private byRows (window: Window) struct (above, left) (images: torch.Tensor) (errors: torch.Tensor) =
        Scope.tensor (fun () ->
            let struct (kh, kw) = window.Kernel
            let c, h, w = images.size 1, images.size 2, images.size 3
            let d_out, height, width = errors.size 1, errors.size 2, errors.size 3

            // [w; n; h; c]: what the rows of the kernel meet in a column stands one below the other.
            let pixels = images.permute(3L, 0L, 2L, 1L).contiguous()
            let errors = errors.permute(2L, 3L, 0L, 1L).contiguous()
            let sums = images.new_zeros (kw, d_out, kh * c)

            for kx in 0L .. kw - 1L do
                let struct (first, past) = met kx left w width

                for y in 0L .. height - 1L do
                    use _product = torch.NewDisposeScope()
                    // Row ky of the kernel meets row y + ky - above.
                    let ky = max 0L (above - y)
                    let count = min kh (h + above - y) - ky

                    if first < past && count > 0L then
                        let columns = pixels.narrow (0L, first + kx - left, past - first)

                        Statistic.accumulateProduct
                            (sums.select(0L, kx).narrow(1L, ky * c, count * c))
                            1.0
                            (errors.select(0L, y).narrow(0L, first, past - first).flatten(0L, 1L))
                            (columns.narrow(2L, y + ky - above, count).flatten(2L, 3L).flatten(0L, 1L))
                            1.0

            sums.unflatten(2L, kh, c).permute(1L, 3L, 2L, 0L).flatten(1L, 3L))

    /// sum_p e_p a_p^T over the patches a_p of images and the errors there, in the order of the weight's elements.
    ///
    /// Shapes: images [n; c; h; w], errors [n; d_out; h'; w'] -> [d_out; c kh kw]. The result belongs to the caller's scope.
    let ofWeight (window: Window) (images: torch.Tensor) (errors: torch.Tensor) =
        Scope.tensor (fun () ->
            let struct (images, zeros) = Patches.withoutMode window images

            if Correlation.takes images && Correlation.takes errors && Correlation.fits window then
                Correlation.ofPatches window zeros images errors
            else
                byRows window zeros images errors)
