/// Convolutions of one to three axes, transposed ones, and normalisations by group and by instance.
module Foof.Core.Tests.AxesTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.LayerContract
open Foof.Core.Tests.NormalizationTests
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules

/// Every setting of a convolution of so many axes.
type private Setting = {
    Axes: int
    IsTransposed: bool
    Kernel: int64
    Stride: int64
    Padding: int64
    OutputPadding: int64
    Dilation: int64
    Groups: int64
    Bias: bool
    Mode: PaddingModes
}

let private settings =
    gen {
        let! axes = Gen.choose (1, 3)
        let! isTransposed = Gen.elements [ true; false ]
        let! kernel = Gen.choose (1, 3)
        let! stride = Gen.choose (1, 3)
        let! dilation = Gen.choose (1, 2)
        let! padding = Gen.choose (0, 2)
        // An output's padding is below its stride or its dilation.
        let! outputPadding = Gen.choose (0, max stride dilation - 1)
        let! groups = Gen.elements [ 1L; 1L; 2L ]
        let! bias = Gen.elements [ true; false ]
        let! mode = Gen.elements [ PaddingModes.Zeros; PaddingModes.Circular; PaddingModes.Replicate ]

        return {
            Axes = axes
            IsTransposed = isTransposed
            Kernel = int64 kernel
            Stride = int64 stride
            Padding = int64 padding
            OutputPadding = if isTransposed then int64 outputPadding else 0L
            Dilation = int64 dilation
            Groups = groups
            Bias = bias
            Mode = if isTransposed then PaddingModes.Zeros else mode
        }
    }

let private module' (s: Setting) : Networks.Network =
    let kind, k, g = Networks.double, s.Kernel, s.Groups

    match s.Axes, s.IsTransposed with
    | 1, false -> torch.nn.Conv1d(4L, 6L, k, s.Stride, s.Padding, s.Dilation, s.Mode, g, s.Bias, dtype = kind)
    | 2, false -> torch.nn.Conv2d(4L, 6L, k, s.Stride, s.Padding, s.Dilation, s.Mode, g, s.Bias, dtype = kind)
    | _, false -> torch.nn.Conv3d(4L, 6L, k, s.Stride, s.Padding, s.Dilation, s.Mode, g, s.Bias, dtype = kind)
    | 1, true ->
        torch.nn.ConvTranspose1d(
            4L,
            6L,
            k,
            s.Stride,
            s.Padding,
            s.OutputPadding,
            s.Dilation,
            groups = g,
            bias = s.Bias,
            dtype = kind
        )
    | 2, true ->
        torch.nn.ConvTranspose2d(
            4L,
            6L,
            k,
            s.Stride,
            s.Padding,
            s.OutputPadding,
            s.Dilation,
            groups = g,
            bias = s.Bias,
            dtype = kind
        )
    | _ ->
        torch.nn.ConvTranspose3d(
            4L,
            6L,
            k,
            s.Stride,
            s.Padding,
            s.OutputPadding,
            s.Dilation,
            groups = g,
            bias = s.Bias,
            dtype = kind
        )

/// Different sizes for the axes.
let private sizes axes = List.take axes [ 5; 6; 7 ]

[<Tests>]
let tests =
    testList "Layers.Axes" [
        Holds.forAll "convolutions of one to three axes, transposed or not, keep the contract" settings (fun setting ->
            use _scope = torch.NewDisposeScope()
            let model = module' setting
            let input = Networks.normal (2 :: 4 :: sizes setting.Axes)
            let R = (model.call input).shape[2..] |> Array.fold (*) 1L
            holds model input 2 (int R))

        test "an image without a batch is a batch of one, for one axis and for three" {
            use _scope = torch.NewDisposeScope()
            holds (torch.nn.Conv1d(4L, 6L, 3L, dtype = Networks.double)) (Networks.normal [ 4; 5 ]) 1 3
            holds (torch.nn.ConvTranspose3d(4L, 6L, 2L, dtype = Networks.double)) (Networks.normal [ 4; 2; 3; 4 ]) 1 60
        }

        test "images of other axes, channels and sizes are refused with what they would have to be" {
            use _scope = torch.NewDisposeScope()
            let kind = Networks.double
            let line = only (torch.nn.Conv1d(4L, 6L, 3L, dtype = kind))
            let spread = only (torch.nn.ConvTranspose2d(4L, 6L, 3L, stride = 2L, padding = 2L, dtype = kind))
            let block = only (torch.nn.Conv3d(4L, 6L, 3L, groups = 2L, dtype = kind))

            for layer, shape, wanted in
                [
                    line, [ 2; 3; 5 ], "[n; 4; length]"
                    line, [ 2; 4; 5; 5 ], "[n; 4; length]"
                    line, [ 2; 4; 2 ], "at least [3]"
                    spread, [ 2; 6; 5; 5 ], "[n; 4; height; width]"
                    block, [ 2; 4; 5; 5 ], "[n; 4; depth; height; width]"
                    block, [ 2; 4; 5; 2; 5 ], "at least [3; 3; 3]"
                ] do
                let error =
                    Oracle.raises<ArgumentException>(fun () ->
                        Layer.activations layer (Networks.normal shape) |> ignore)
                Expect.stringContains error.Message wanted $"{Layer.describe layer} of {shape}"
        }

        Holds.forAll
            "group norms keep the contract"
            (gen {
                let! axes = Gen.choose (1, 3)
                let! spatial = Gen.listOfLength axes (Gen.choose (1, 4))
                let! groups = Gen.elements [ 1L; 2L; 3L; 6L ]
                let! kind = kinds
                return spatial, groups, kind
            })
            (fun (spatial, groups, kind) ->
                use _scope = torch.NewDisposeScope()
                // Two channels a group at least where there is one position, or every x_hat is zero.
                let groups = if spatial |> List.forall ((=) 1) then min groups 3L else groups
                let model = filled (torch.nn.GroupNorm(groups, 6L, eps = 0.1, dtype = kind))
                holds model ((Networks.normal (3 :: 6 :: spatial)).``to`` kind) 3 (List.fold (*) 1 spatial))

        Holds.forAll
            "instance norms keep the contract while training and after"
            (gen {
                let! axes = Gen.choose (1, 3)
                let! training = Gen.elements [ true; false ]
                let! track = Gen.elements [ true; false ]
                return axes, training, track
            })
            (fun (axes, training, track) ->
                use _scope = torch.NewDisposeScope()
                let kind = Networks.double

                let norm: InstanceNorm =
                    match axes with
                    | 1 -> torch.nn.InstanceNorm1d(3L, affine = true, track_running_stats = track, dtype = kind)
                    | 2 -> torch.nn.InstanceNorm2d(3L, affine = true, track_running_stats = track, dtype = kind)
                    | _ -> torch.nn.InstanceNorm3d(3L, affine = true, track_running_stats = track, dtype = kind)

                let shape = 2 :: 3 :: sizes axes
                let model = filled norm
                model.call (Networks.normal shape * 2.0 + 1.0) |> ignore
                model.train training
                holds model (Networks.normal shape) 2 (List.fold (*) 1 (sizes axes)))
    ]
