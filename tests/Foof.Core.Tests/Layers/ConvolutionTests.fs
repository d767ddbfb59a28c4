module Foof.Core.Tests.ConvolutionTests

open System
open Expecto
open Foof
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp

/// How a convolution is told to pad.
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

    let modes = [
        PaddingModes.Zeros
        PaddingModes.Reflect
        PaddingModes.Replicate
        PaddingModes.Circular
    ]

    gen {
        let! batch = Gen.choose (1, 3)
        let! groups = Gen.choose (1, 3)
        let! channels = Gen.choose (1, 2)
        let! outputs = Gen.choose (1, 3)
        let! height = Gen.choose (5, 7)
        let! width = Gen.choose (5, 7)
        let! kernel = pair 1 3
        let! given = pair 0 2

        let! sides =
            Gen.elements [ Given given; Given given; Effect Padding.Same; Effect Padding.Valid ]

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
            Stride =
                if sides = Effect Padding.Same then
                    struct (1L, 1L)
                else
                    stride
            Sides = sides
            Dilation = dilation
            Mode = mode
            Bias = bias
            Kind = kind
        }
    }

/// Geometries of one group, in float64.
let ungrouped =
    cases
    |> Gen.map (fun case -> {
        case with
            Groups = 1
            Kind = Networks.double
    })

let convolution (case: Case) : Networks.Network =
    let channels, outputs, groups =
        int64 case.Channels, int64 case.Outputs, int64 case.Groups

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

let image (case: Case) =
    (Networks.normal [ case.Batch; case.Channels; case.Height; case.Width ]).``to`` case.Kind

/// What stands at place i of an axis of a given size, or none for a zero.
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

    (size + before + after
     - int (pick case.Dilation) * (int (pick case.Kernel) - 1)
     - 1)
    / int (pick case.Stride)
    + 1

/// The patches of a batch of images by plain loops: group, data point, output row and column; channel of the
/// group, kernel row and column.
let patches (case: Case) (input: torch.Tensor) =
    let at = Oracle.values input
    let top, left = fst (around case first), fst (around case second)
    let own = case.Channels / case.Groups

    let pixel n c y x =
        match source case.Mode case.Height y, source case.Mode case.Width x with
        | Some y, Some x -> at[((n * case.Channels + c) * case.Height + y) * case.Width + x]
        | _ -> 0.0

    let row g n oy ox = [
        for c in g * own .. (g + 1) * own - 1 do
            for ky in 0 .. int (first case.Kernel) - 1 do
                for kx in 0 .. int (second case.Kernel) - 1 do
                    let y = oy * int (first case.Stride) - top + ky * int (first case.Dilation)
                    let x = ox * int (second case.Stride) - left + kx * int (second case.Dilation)
                    pixel n c y x
        if case.Bias then
            1.0
    ]

    [
        for g in 0 .. case.Groups - 1 ->
            Oracle.rows [
                for n in 0 .. case.Batch - 1 do
                    for oy in 0 .. places case first case.Height - 1 do
                        for ox in 0 .. places case second case.Width - 1 do
                            row g n oy ox
            ]
    ]

[<Tests>]
let tests =
    testList "Layers.Convolution" [
        test "rows of a convolution are its patches" {
            Oracle.forAll cases (fun case ->
                use _scope = torch.NewDisposeScope()
                let layer, input = only (convolution case), image case
                let A = written layer input

                for expected, found in List.zip (patches case input) (groups A) do
                    Oracle.agrees 0.0 (expected.ToRowMajorArray()) (found.ToRowMajorArray())

                Oracle.agreesWith 0.0 (stacked (patches case input)) (Layer.rows layer input))
        }

        test "errors of a convolution are its maps, place by place" {
            Oracle.forAll cases (fun case ->
                use _scope = torch.NewDisposeScope()
                let layer = only (convolution case)
                let oh, ow = places case first case.Height, places case second case.Width
                let maps = Networks.normal [ case.Batch; case.Outputs; oh; ow ]
                let at, own = Oracle.values maps, case.Outputs / case.Groups

                let expected = [
                    for g in 0 .. case.Groups - 1 do
                        for n in 0 .. case.Batch - 1 do
                            for y in 0 .. oh - 1 do
                                for x in 0 .. ow - 1 do
                                    [
                                        for c in g * own .. (g + 1) * own - 1 ->
                                            at[((n * case.Outputs + c) * oh + y) * ow + x]
                                    ]
                ]

                Oracle.agreesWith 0.0 (Oracle.rows expected) (Layer.errorRows layer maps))
        }

        test "a convolution keeps the contract in every geometry" {
            Oracle.forAll cases (fun case ->
                use _scope = torch.NewDisposeScope()
                let R = places case first case.Height * places case second case.Width
                holds (convolution case) (image case) case.Batch R)
        }

        test "an image without a batch is a batch of one" {
            Oracle.forAll cases (fun case ->
                use _scope = torch.NewDisposeScope()
                let R = places case first case.Height * places case second case.Width
                holds (convolution case) ((image case).select(0L, 0L)) 1 R)
        }

        test "padding that was set after a convolution was made counts, and a mode that is constant is zeros" {
            use _scope = torch.NewDisposeScope()

            let made mode =
                torch.nn.Conv2d(2L, 3L, struct (3L, 2L), padding_mode = mode, dtype = Networks.double)

            for mode, places in
                [ PaddingModes.Zeros, 30; PaddingModes.Circular, 30; PaddingModes.Constant, 30 ] do
                let model = made mode
                model.SetPadding [| 1L; 0L |]
                holds model (Networks.normal [ 2; 2; 5; 7 ]) 2 places

            // Circular by the kernel's 3 rows in width and its 2 columns in height.
            for mode, places in [ PaddingModes.Zeros, 35; PaddingModes.Circular, 4 * 8 ] do
                let model = made mode
                model.SetPadding Padding.Same
                holds model (Networks.normal [ 2; 2; 5; 7 ]) 2 places
        }

        test "a depthwise convolution has as many groups as channels" {
            use _scope = torch.NewDisposeScope()

            let model =
                torch.nn.Conv2d(5L, 10L, struct (3L, 2L), groups = 5L, dtype = Networks.double)

            let layer = only model

            Expect.equal
                [| Layer.groups layer; Layer.inputs layer; Layer.outputs layer |]
                [| 5L; 7L; 10L |]
                "the result"

            holds model (Networks.normal [ 2; 5; 4; 5 ]) 2 8
        }

        test "rows of a convolution are libtorch's unfolded columns" {
            use _scope = torch.NewDisposeScope()

            for stride, padding, dilation in [ 1L, 0L, 1L; 2L, 1L, 1L; 1L, 2L, 2L; 3L, 1L, 2L ] do
                let model =
                    torch.nn.Conv2d(
                        3L,
                        4L,
                        3L,
                        stride = stride,
                        padding = padding,
                        dilation = dilation,
                        bias = false,
                        dtype = Networks.double
                    )

                let images = Networks.normal [ 4; 3; 9; 8 ]
                let columns = torch.nn.functional.unfold (images, 3L, dilation, padding, stride)
                let expected = columns.transpose(1L, 2L).reshape(-1L, 27L)
                Oracle.agreesWith 0.0 (Oracle.matrix expected) (Layer.rows (only model) images)
        }

        test "images may be any view" {
            use _scope = torch.NewDisposeScope()
            let model = torch.nn.Conv2d(3L, 2L, 2L, dtype = Networks.double)

            let images =
                (Networks.normal [ 5; 6; 3; 7 ]).permute(0L, 2L, 1L, 3L).slice(0L, 1L, 5L, 2L)

            let layer = only model
            let expected = Oracle.matrix (Layer.rows layer (images.contiguous ()))
            Oracle.agreesWith 0.0 expected (Layer.rows layer images)
            holds model images 2 30
        }
    ]
