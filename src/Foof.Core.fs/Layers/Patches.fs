namespace Foof

open System.Reflection
open TorchSharp
open TorchSharp.Modules

/// A number of rows and a number of columns of an image.
[<Struct>]
type RowsAndColumns = {
    /// Along the height.
    Rows: int64
    /// Along the width.
    Columns: int64
}

/// How a convolution's kernel lies on an image. Pairs are of the image's rows and its columns.
type Window = {
    /// The kernel's extent.
    Kernel: RowsAndColumns
    /// How far it moves.
    Stride: RowsAndColumns
    /// How far apart its points are.
    Dilation: RowsAndColumns
    /// How many parts of the channels are convolved each for itself.
    Groups: int64
    /// What is put before the image's first row and column.
    Before: RowsAndColumns
    /// What is put after the image's last row and column.
    After: RowsAndColumns
    /// What is put there.
    Mode: PaddingModes
}

/// The patches of images that a convolution's kernels multiply.
[<RequireQualifiedAccess>]
module Patches =

    let private pair (values: int64 array) = { Rows = values[0]; Columns = values[1] }

    // What TorchSharp pads by where it pads before it convolves: for 'same' its version 0.107 takes the kernel's height
    // for the image's width and the other way round.
    let private padsBy =
        typeof<Convolution>
            .GetField("_reversed_padding_repeated_twice", BindingFlags.Instance ||| BindingFlags.NonPublic)

    /// How much a convolution puts before and after its images. An odd sum of 'same' padding has the greater half at
    /// the end.
    let private sides (convolution: Conv2d) =
        if convolution.padding_mode <> PaddingModes.Zeros && not (isNull padsBy) then
            // [left; right; above; below].
            let values = padsBy.GetValue convolution :?> int64 array
            struct ([| values[2]; values[0] |], [| values[3]; values[1] |])
        elif not convolution.padding_type.HasValue then
            struct (convolution.padding, convolution.padding)
        elif convolution.padding_type.Value = Padding.Valid then
            struct ([| 0L; 0L |], [| 0L; 0L |])
        else
            let totals =
                (convolution.dilation, convolution.kernel_size)
                ||> Array.map2 (fun dilation kernel -> dilation * (kernel - 1L))

            let before = totals |> Array.map (fun total -> total / 2L)
            struct (before, Array.map2 (-) totals before)

    /// The window of a convolution as the module is now; padding by name is worked out in pixels.
    let window (convolution: Conv2d) =
        let struct (before, after) = sides convolution
        {
            Kernel = pair convolution.kernel_size
            Stride = pair convolution.stride
            Dilation = pair convolution.dilation
            Groups = convolution.groups
            Before = pair before
            After = pair after
            Mode = convolution.padding_mode
        }

    let private extent kernel dilation = dilation * (kernel - 1L) + 1L

    /// What images would have to be, where they have not these channels or the kernel does not fit on them.
    let internal misfit (window: Window) (channels: int64) (images: torch.Tensor) =
        let { Rows = kh; Columns = kw } = window.Kernel
        let { Rows = dh; Columns = dw } = window.Dilation
        let { Rows = above; Columns = left } = window.Before
        let { Rows = below; Columns = right } = window.After
        let height, width = extent kh dh - above - below, extent kw dw - left - right
        match Fit.image channels images with
        | ValueNone when images.size -2 < height || images.size -1 < width ->
            ValueSome $"at least {height} high and {width} wide"
        | found -> found

    /// How many places the kernel has on images [n; c; h; w], from top to bottom and from left to right.
    let internal places (window: Window) (images: torch.Tensor) =
        let { Rows = kh; Columns = kw } = window.Kernel
        let { Rows = sh; Columns = sw } = window.Stride
        let { Rows = dh; Columns = dw } = window.Dilation
        let { Rows = above; Columns = left } = window.Before
        let { Rows = below; Columns = right } = window.After
        let along before size after kernel dilation stride =
            (before + size + after - extent kernel dilation) / stride + 1L
        struct (along above (images.size 2) below kh dh sh, along left (images.size 3) right kw dw sw)

    /// How many places those are.
    let internal count (window: Window) (images: torch.Tensor) =
        let struct (height, width) = places window images
        height * width

    let private padded (window: Window) (images: torch.Tensor) =
        let { Rows = above; Columns = left } = window.Before
        let { Rows = below; Columns = right } = window.After
        let mode =
            match window.Mode with
            | PaddingModes.Zeros -> PaddingModes.Constant
            | mode -> mode
        if above + below + left + right = 0L then
            images
        else
            torch.nn.functional.pad (images, [| left; right; above; below |], mode)

    /// The places of a kernel along one axis, and its points as a new last dimension: a view.
    let private along axis kernel stride dilation (image: torch.Tensor) =
        let extent = extent kernel dilation
        let covered = image.unfold (axis, extent, stride)
        if dilation = 1L then covered else covered.slice (-1L, 0L, extent, dilation)

    /// [n; c; h; w] -> [g; n; h'; w'; c/g; kh; kw], a view of the padded images.
    let private views (window: Window) (images: torch.Tensor) =
        let { Rows = kh; Columns = kw } = window.Kernel
        let { Rows = sh; Columns = sw } = window.Stride
        let { Rows = dh; Columns = dw } = window.Dilation
        let patches = padded window images |> along 2L kh sh dh |> along 3L kw sw dw
        patches.unflatten(1L, window.Groups, images.size 1 / window.Groups).permute(1L, 0L, 3L, 4L, 2L, 5L, 6L)

    /// The patches as rows A, in the order of the weight's elements, with a last column of ones where `withOnes`; one
    /// copy of each pixel.
    ///
    /// Shapes: images [n; c; h; w] -> A [g; n; h' w'; c/g kh kw (+ 1)]. They are not checked here: `Layer.activations`
    /// does.
    /// The result belongs to the caller; without ones it may share the images' memory.
    let rows (window: Window) (withOnes: bool) (images: torch.Tensor) =
        Scope.tensor (fun () ->
            let views = views window images
            if withOnes then
                (BiasColumn.beside 3 views).flatten(2L, 3L)
            else
                views.flatten(4L).flatten(2L, 3L).contiguous())

    /// Whether several points of one kernel for all channels meet pixels that are neighbours, at every place.
    let internal areDense (window: Window) =
        window.Groups = 1L
        && window.Stride = { Rows = 1L; Columns = 1L }
        && window.Dilation = { Rows = 1L; Columns = 1L }
        && window.Kernel <> { Rows = 1L; Columns = 1L }

    /// Images whose padding, if they need any, is zeros alone, and how much of that is before the first row and column;
    /// the given ones where that is so.
    let internal withoutMode (window: Window) (images: torch.Tensor) =
        if window.Mode = PaddingModes.Zeros then
            struct (images, window.Before)
        else
            struct (padded window images, { Rows = 0L; Columns = 0L })

    /// A derivative with respect to the maps as rows E, in the order of `rows`.
    ///
    /// Shapes: maps [n; d_out; h'; w'] -> E [g; n; h' w'; d_out/g]. They are not checked here: `Layer.errors` does.
    /// The result belongs to the caller and may share the maps' memory.
    let errors (window: Window) (maps: torch.Tensor) =
        Scope.tensor (fun () ->
            maps
                .flatten(2L)
                .unflatten(1L, window.Groups, maps.size 1 / window.Groups)
                .permute(1L, 0L, 3L, 2L)
                .contiguous())
