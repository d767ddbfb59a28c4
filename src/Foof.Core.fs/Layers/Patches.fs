namespace Foof

open System.Reflection
open TorchSharp
open TorchSharp.Modules

/// How a convolution's kernel lies on an image of one, two or three axes, or on a transposed convolution's image, whose
/// pixels are spread. Arrays have an element for each axis of the image, in the order of its dimensions.
type Window = {
    /// The kernel's extent.
    Kernel: int64 array
    /// How far it moves.
    Stride: int64 array
    /// How far apart its points are.
    Dilation: int64 array
    /// How far apart the pixels are laid, with zeros between them: 1, or a transposed convolution's stride.
    Spread: int64 array
    /// How many parts of the channels are convolved each for itself.
    Groups: int64
    /// What is put before the image's first row and column; less than zero cuts off.
    Before: int64 array
    /// What is put after the image's last row and column; less than zero cuts off.
    After: int64 array
    /// What is put there.
    Mode: PaddingModes
    /// Whether the weight is a transposed convolution's, [c; d_out/g; ...], whose kernel is turned round.
    IsTransposed: bool
} with

    /// How many axes an image has.
    member window.Axes = window.Kernel.Length

/// The patches of images that a convolution's kernels multiply. A transposed convolution is one of stride 1 over the
/// spread image, by the kernel turned round.
[<RequireQualifiedAccess>]
module Patches =

    // What TorchSharp pads by where it pads before it convolves: for 'same' its version 0.107 takes the kernel's height
    // for the image's width and the other way round.
    let private padsBy =
        typeof<Convolution>
            .GetField("_reversed_padding_repeated_twice", BindingFlags.Instance ||| BindingFlags.NonPublic)

    /// How far a kernel reaches beyond its first point.
    let private reach (convolution: Convolution) =
        Array.map2 (fun dilation kernel -> dilation * (kernel - 1L)) convolution.dilation convolution.kernel_size

    /// How much a convolution puts before and after its images. An odd sum of 'same' padding has the greater half at
    /// the end.
    let private sides (convolution: Convolution) =
        let axes = convolution.kernel_size.Length
        if convolution.transposed then
            let before = Array.map2 (-) (reach convolution) convolution.padding
            struct (before, Array.map2 (+) before convolution.output_padding)
        elif convolution.padding_mode <> PaddingModes.Zeros && not (isNull padsBy) then
            // From the last axis to the first, [before; after] each.
            let values = padsBy.GetValue convolution :?> int64 array
            let ofAxis side axis = values[2 * (axes - 1 - axis) + side]
            struct (Array.init axes (ofAxis 0), Array.init axes (ofAxis 1))
        elif not convolution.padding_type.HasValue then
            struct (convolution.padding, convolution.padding)
        elif convolution.padding_type.Value = Padding.Valid then
            struct (Array.zeroCreate axes, Array.zeroCreate axes)
        else
            let totals = reach convolution
            let before = totals |> Array.map (fun total -> total / 2L)
            struct (before, Array.map2 (-) totals before)

    /// The window of a convolution as the module is now; padding by name is worked out in pixels.
    let window (convolution: Convolution) =
        let struct (before, after) = sides convolution
        let ones = Array.create before.Length 1L
        {
            Kernel = convolution.kernel_size
            Stride = if convolution.transposed then ones else convolution.stride
            Dilation = convolution.dilation
            Spread = if convolution.transposed then convolution.stride else ones
            Groups = convolution.groups
            Before = before
            After = after
            Mode = convolution.padding_mode
            IsTransposed = convolution.transposed
        }

    /// The channels of the images, by the weight's shape.
    let internal channels (window: Window) (weight: int64 array) =
        if window.IsTransposed then weight[0] else weight[1] * window.Groups

    /// The channels of the maps, by the weight's shape.
    let internal maps (window: Window) (weight: int64 array) =
        if window.IsTransposed then weight[1] * window.Groups else weight[0]

    let private kernelAxes (window: Window) first = [| for axis in 0 .. window.Axes - 1 -> int64 (first + axis) |]

    /// A weight as the matrix that multiplies patches, in the order of `rows`.
    /// Shapes: [d_out; c/g; kernel...] or [c; d_out/g; kernel...] -> [d_out; c/g kernel].
    let internal matrix (window: Window) (weight: torch.Tensor) =
        if window.IsTransposed then
            let turned = weight.unflatten(0L, [| window.Groups; -1L |]).transpose(1L, 2L)
            (turned.flip (kernelAxes window 3)).flatten(0L, 1L).flatten 1L
        else
            weight.reshape (weight.size 0, -1L)

    /// The inverse of `matrix`, in the weight's shape.
    let internal weight (window: Window) (shape: int64 array) (matrix: torch.Tensor) =
        if window.IsTransposed then
            let parts = [| window.Groups; shape[1]; shape[0] / window.Groups; yield! shape[2..] |]
            ((matrix.reshape parts).flip(kernelAxes window 3)).transpose(1L, 2L).reshape shape
        else
            matrix.reshape shape

    let private extent kernel dilation = dilation * (kernel - 1L) + 1L

    /// A value of each axis from the values of the window and the image's size, spread.
    let private ofAxes (window: Window) (images: torch.Tensor) (find: int64 -> int -> int64) = [|
        for axis in 0 .. window.Axes - 1 ->
            find ((images.size (axis - window.Axes) - 1L) * window.Spread[axis] + 1L) axis
    |]

    /// What images would have to be, where they have not these channels or the kernel does not fit on them.
    let internal misfit (window: Window) (channels: int64) (images: torch.Tensor) =
        let leastOf axis =
            let beyond =
                extent window.Kernel[axis] window.Dilation[axis] - window.Before[axis] - window.After[axis] - 1L
            (max 0L beyond + window.Spread[axis] - 1L) / window.Spread[axis] + 1L
        match Fit.image window.Axes channels images with
        | ValueNone ->
            let least = Array.init window.Axes leastOf
            if Array.forall2 (<=) least images.shape[images.shape.Length - window.Axes ..] then
                ValueNone
            else
                ValueSome $"at least [{Shape.text least}] behind its channels"
        | found -> found

    /// How many places the kernel has along each axis of images [n; c; ...].
    let internal places (window: Window) (images: torch.Tensor) =
        ofAxes window images (fun size axis ->
            let covered = window.Before[axis] + size + window.After[axis]
            (covered - extent window.Kernel[axis] window.Dilation[axis]) / window.Stride[axis] + 1L)

    /// How many places those are.
    let internal count (window: Window) (images: torch.Tensor) = places window images |> Array.fold (*) 1L

    let private spread (window: Window) (images: torch.Tensor) =
        if window.Spread |> Array.forall ((=) 1L) then
            images
        else
            let sizes = ofAxes window images (fun size _ -> size)
            let wide = images.new_zeros [| images.size 0; images.size 1; yield! sizes |]
            let pixels =
                Array.fold
                    (fun (view: torch.Tensor) axis ->
                        view.slice (int64 (axis + 2), 0L, sizes[axis], window.Spread[axis]))
                    wide
                    [| 0 .. window.Axes - 1 |]
            pixels.copy_ images |> ignore
            wide

    let private padded (window: Window) (images: torch.Tensor) =
        let mode =
            match window.Mode with
            | PaddingModes.Zeros -> PaddingModes.Constant
            | mode -> mode
        if Array.forall ((=) 0L) window.Before && Array.forall ((=) 0L) window.After then
            images
        else
            let sides = Array.zip window.Before window.After |> Array.rev |> Array.collect (fun (b, a) -> [| b; a |])
            torch.nn.functional.pad (images, sides, mode)

    /// The places of a kernel along one axis, and its points as a new last dimension: a view.
    let private along (window: Window) (image: torch.Tensor) axis =
        let extent = extent window.Kernel[axis] window.Dilation[axis]
        let covered = image.unfold (int64 (axis + 2), extent, window.Stride[axis])
        if window.Dilation[axis] = 1L then
            covered
        else
            covered.slice (-1L, 0L, extent, window.Dilation[axis])

    /// [n; c; image...] -> [g; n; places...; c/g; kernel...], a view of the padded images.
    let private views (window: Window) (images: torch.Tensor) =
        let patches = [| 0 .. window.Axes - 1 |] |> Array.fold (along window) (spread window images |> padded window)
        let places, kernel = kernelAxes window 3, kernelAxes window (3 + window.Axes)
        patches.unflatten(1L, window.Groups, images.size 1 / window.Groups).permute [|
            1L
            0L
            yield! places
            2L
            yield! kernel
        |]

    /// The patches as rows A, in the order of the weight's elements, with a last column of ones where `withOnes`; one
    /// copy of each pixel.
    ///
    /// Shapes: images [n; c; h; w] -> A [g; n; h' w'; c/g kh kw (+ 1)], and likewise with one or three axes. They are not
    /// checked here: `Layer.activations` does.
    /// The result belongs to the caller; without ones it may share the images' memory.
    let rows (window: Window) (withOnes: bool) (images: torch.Tensor) =
        Scope.tensor (fun () ->
            let views = views window images
            let lastPlace = int64 (window.Axes + 1)
            if withOnes then
                (BiasColumn.beside (window.Axes + 1) views).flatten(2L, lastPlace)
            else
                views.flatten(lastPlace + 1L).flatten(2L, lastPlace).contiguous())

    /// The mean of each image's patches, with a last one where `withOnes`; no patch is written out.
    ///
    /// Shapes: images as there -> [g; n; c/g kernel (+ 1)].
    /// The result belongs to the caller.
    let internal means (window: Window) (withOnes: bool) (images: torch.Tensor) =
        Scope.tensor (fun () ->
            let means = (views window images).mean [| for axis in 1 .. window.Axes -> int64 (axis + 1) |]
            if withOnes then BiasColumn.beside (window.Axes + 1) means else means.flatten 2L)

    /// Whether several points of one kernel for all channels meet pixels that are neighbours, at every place, of an image
    /// of two axes.
    let internal areDense (window: Window) =
        let areOnes = Array.forall ((=) 1L)
        window.Groups = 1L
        && window.Axes = 2
        && areOnes window.Stride
        && areOnes window.Dilation
        && areOnes window.Spread
        && Array.forall (fun side -> side >= 0L) (Array.append window.Before window.After)
        && not (areOnes window.Kernel)

    /// Images whose padding, if they need any, is zeros alone, and how much of that is before the first row and column;
    /// the given ones where that is so.
    let internal withoutMode (window: Window) (images: torch.Tensor) =
        if window.Mode = PaddingModes.Zeros then
            struct (images, window.Before)
        else
            struct (padded window images, Array.zeroCreate window.Axes)

    /// A derivative with respect to the maps as rows E, in the order of `rows`.
    ///
    /// Shapes: maps [n; d_out; h'; w'] -> E [g; n; h' w'; d_out/g], and likewise with one or three axes. They are not
    /// checked here: `Layer.errors` does.
    /// The result belongs to the caller and may share the maps' memory.
    let errors (window: Window) (maps: torch.Tensor) =
        Scope.tensor (fun () ->
            maps
                .flatten(2L)
                .unflatten(1L, window.Groups, maps.size 1 / window.Groups)
                .permute(1L, 0L, 3L, 2L)
                .contiguous())
