module Foof.Core.Tests.ConvolutionTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Convolutions
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp

[<Tests>]
let tests =
    testList "Layers.Convolution" [
        Holds.forAll "rows of a convolution are its patches" cases (fun case ->
            use _scope = torch.NewDisposeScope()
            let layer, input = only (convolution case), image case
            let A = written layer input

            for expected, found in List.zip (patches case input) (groups A) do
                Oracle.agrees 0.0 (expected.ToRowMajorArray()) (found.ToRowMajorArray())

            Oracle.agreesWith 0.0 (stacked (patches case input)) (Layer.rows layer input))

        Holds.forAll "errors of a convolution are its maps, place by place" cases (fun case ->
            use _scope = torch.NewDisposeScope()
            let layer = only (convolution case)
            let oh, ow = places case first case.Height, places case second case.Width
            let maps = Networks.normal [ case.Batch; case.Outputs; oh; ow ]
            let at, own = Dense.values maps, case.Outputs / case.Groups

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

            Oracle.agreesWith 0.0 (Dense.ofRows expected) (Layer.errorRows layer maps))

        Holds.forAll "a convolution keeps the contract in every geometry" cases (fun case ->
            use _scope = torch.NewDisposeScope()
            let R = places case first case.Height * places case second case.Width
            holds (convolution case) (image case) case.Batch R)

        Holds.forAll "an image without a batch is a batch of one" cases (fun case ->
            use _scope = torch.NewDisposeScope()
            let R = places case first case.Height * places case second case.Width
            holds (convolution case) ((image case).select(0L, 0L)) 1 R)

        test "padding that was set after a convolution was made counts, and the constant mode pads with zeros" {
            use _scope = torch.NewDisposeScope()

            let made mode = torch.nn.Conv2d(2L, 3L, struct (3L, 2L), padding_mode = mode, dtype = Networks.double)

            for mode, places in [ PaddingModes.Zeros, 30; PaddingModes.Circular, 30; PaddingModes.Constant, 30 ] do
                let model = made mode
                model.SetPadding [| 1L; 0L |]
                holds model (Networks.normal [ 2; 2; 5; 7 ]) 2 places

            // The kernel's 3 rows pad the width and its 2 columns pad the height.
            for mode, places in [ PaddingModes.Zeros, 35; PaddingModes.Circular, 4 * 8 ] do
                let model = made mode
                model.SetPadding Padding.Same
                holds model (Networks.normal [ 2; 2; 5; 7 ]) 2 places
        }

        test "a depthwise convolution has as many groups as channels" {
            use _scope = torch.NewDisposeScope()

            let model = torch.nn.Conv2d(5L, 10L, struct (3L, 2L), groups = 5L, dtype = Networks.double)

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
                Oracle.agreesWith 0.0 (Dense.ofTensor expected) (Layer.rows (only model) images)
        }

        test "images may be any view" {
            use _scope = torch.NewDisposeScope()
            let model = torch.nn.Conv2d(3L, 2L, 2L, dtype = Networks.double)

            let images = (Networks.normal [ 5; 6; 3; 7 ]).permute(0L, 2L, 1L, 3L).slice(0L, 1L, 5L, 2L)

            let layer = only model
            let expected = Dense.ofTensor (Layer.rows layer (images.contiguous ()))
            Oracle.agreesWith 0.0 expected (Layer.rows layer images)
            holds model images 2 30
        }
    ]
