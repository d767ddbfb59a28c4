/// Convolutions of every geometry, and their patches by plain loops.
module Foof.Core.Tests.Convolutions

open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

/// What a convolution pads its images with.
type Sides =
    | Given of struct (int64 * int64)
    | Effect of Padding

/// A convolution's geometry, small and random.
type Case = {
    Batch: int
    Groups: int
    Channels: int
    Outputs: int
    Height: int
    Width: int
    Kernel: struct (int64 * int64)
    Stride: struct (int64 * int64)
    Sides: Sides
    Dilation: struct (int64 * int64)
    Mode: PaddingModes
    Bias: bool
    Kind: torch.ScalarType
}

let cases =
    let pair low high =
        Gen.map2 (fun x y -> struct (int64 x, int64 y)) (Gen.choose (low, high)) (Gen.choose (low, high))

    let modes = [ PaddingModes.Zeros; PaddingModes.Reflect; PaddingModes.Replicate; PaddingModes.Circular ]

    gen {
        let! batch = Gen.choose (1, 3)
        let! groups = Gen.choose (1, 3)
        let! channels = Gen.choose (1, 2)
        let! outputs = Gen.choose (1, 3)
        let! height = Gen.choose (5, 7)
        let! width = Gen.choose (5, 7)
        let! kernel = pair 1 3
        let! given = pair 0 2

        let! sides = Gen.elements [ Given given; Given given; Effect Padding.Same; Effect Padding.Valid ]

        let! stride = pair 1 2
        let! dilation = pair 1 2
        let! mode = Gen.elements modes
        let! bias = Gen.elements [ true; false ]
        let! kind = Gen.elements [ torch.ScalarType.Float32; Networks.double ]

        return {
            Batch = batch
            Groups = groups
            Channels = groups * channels
            Outputs = groups * outputs
            Height = height
            Width = width
            Kernel = kernel
            Stride = if sides = Effect Padding.Same then struct (1L, 1L) else stride
            Sides = sides
            Dilation = dilation
            Mode = mode
            Bias = bias
            Kind = kind
        }
    }

/// Geometries of one group, in float64.
let ungrouped = cases |> Gen.map (fun case -> { case with Groups = 1; Kind = Networks.double })

let convolution (case: Case) : Networks.Network =
    let channels, outputs, groups = int64 case.Channels, int64 case.Outputs, int64 case.Groups

    match case.Sides with
    | Given padding ->
        torch.nn.Conv2d(
            channels,
            outputs,
            case.Kernel,
            stride = case.Stride,
            padding = padding,
            dilation = case.Dilation,
            padding_mode = case.Mode,
            groups = groups,
            bias = case.Bias,
            dtype = case.Kind
        )
    | Effect padding ->
        torch.nn.Conv2d(
            channels,
            outputs,
            case.Kernel,
            padding,
            stride = case.Stride,
            dilation = case.Dilation,
            padding_mode = case.Mode,
            groups = groups,
            bias = case.Bias,
            dtype = case.Kind
        )

let image (case: Case) = (Networks.normal [ case.Batch; case.Channels; case.Height; case.Width ]).``to`` case.Kind

/// The place in the image that is read at place i of a padded axis, or None where the padding is zero.
let source mode size i =
    match mode with
    | _ when i >= 0 && i < size -> Some i
    | PaddingModes.Reflect -> Some(if i < 0 then -i else 2 * (size - 1) - i)
    | PaddingModes.Replicate -> Some(if i < 0 then 0 else size - 1)
    | PaddingModes.Circular -> Some((i + size) % size)
    | _ -> None

/// What is put before and after an axis. Where TorchSharp 0.107 pads before it convolves, 'same' takes the other axis'
/// kernel.
let around (case: Case) pick =
    let own (struct (vertical, horizontal)) =
        if case.Mode = PaddingModes.Zeros then
            pick struct (vertical, horizontal)
        else
            pick struct (horizontal, vertical)

    let total = int (own case.Dilation) * (int (own case.Kernel) - 1)

    match case.Sides with
    | Given padding -> int (pick padding), int (pick padding)
    | Effect Padding.Same -> total / 2, total - total / 2
    | Effect _ -> 0, 0

let first (struct (x: int64, _: int64)) = x

let second (struct (_: int64, x: int64)) = x

/// The number of places of the kernel along an axis.
let places (case: Case) pick size =
    let before, after = around case pick

    (size + before + after - int (pick case.Dilation) * (int (pick case.Kernel) - 1) - 1) / int (pick case.Stride) + 1

/// The patches of a batch of images by plain loops: group, data point, output row and column; channel of the
/// group, kernel row and column.
let patches (case: Case) (input: torch.Tensor) =
    let at = Dense.values input
    let top, left = fst (around case first), fst (around case second)
    let own = case.Channels / case.Groups

    let pixel n c y x =
        match source case.Mode case.Height y, source case.Mode case.Width x with
        | Some y, Some x -> at[((n * case.Channels + c) * case.Height + y) * case.Width + x]
        | _ -> 0.0

    let axis (pick: struct (int64 * int64) -> int64) before : Rows.Axis = {
        Kernel = int (pick case.Kernel)
        Stride = int (pick case.Stride)
        Dilation = int (pick case.Dilation)
        Before = before
    }

    let row g n oy ox = [
        yield! Rows.patch (pixel n) (axis first top) (axis second left) [ g * own .. (g + 1) * own - 1 ] oy ox
        if case.Bias then 1.0
    ]

    [
        for g in 0 .. case.Groups - 1 ->
            Dense.ofRows [
                for n in 0 .. case.Batch - 1 do
                    for oy in 0 .. places case first case.Height - 1 do
                        for ox in 0 .. places case second case.Width - 1 do
                            row g n oy ox
            ]
    ]
