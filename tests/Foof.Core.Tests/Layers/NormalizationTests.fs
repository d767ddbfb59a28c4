module Foof.Core.Tests.NormalizationTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules

/// Random numbers where new modules have ones and zeros.
let filled (model: 'M :> torch.nn.Module) =
    use _quiet = torch.no_grad ()

    for parameter in model.parameters () do
        parameter.normal_ () |> ignore

    model

let kinds = Gen.elements [ torch.ScalarType.Float32; Networks.double ]

let int64s (shape: int list) = shape |> List.map int64 |> List.toArray

let batchNorm (dimensions: int) (track: bool) (kind: torch.ScalarType) : BatchNorm =
    match dimensions with
    | 5 -> torch.nn.BatchNorm3d(3L, track_running_stats = track, dtype = kind)
    | 4 -> torch.nn.BatchNorm2d(3L, track_running_stats = track, dtype = kind)
    | _ -> torch.nn.BatchNorm1d(3L, track_running_stats = track, dtype = kind)

/// Normalised shapes of one to three dimensions behind leading ones.
let private layerNorms =
    gen {
        let! leading = Gen.choose (0, 3)
        let! leading = Gen.listOfLength leading (Gen.choose (1, 4))
        let! dimensions = Gen.choose (1, 3)
        let! shape = Gen.listOfLength dimensions (Gen.choose (2, 4))
        let! bias = Gen.elements [ true; false ]
        let! kind = kinds
        return leading, shape, bias, kind
    }

/// Images of up to three dimensions, and every setting of a batch norm.
let private batchNorms =
    gen {
        let! n = Gen.choose (2, 4)
        let! spatial = Gen.choose (0, 3)
        let! spatial = Gen.listOfLength spatial (Gen.choose (1, 4))
        let! training = Gen.elements [ true; false ]
        let! track = Gen.elements [ true; true; false ]
        let! kind = kinds
        let! eps = Gen.elements [ 1e-5; 0.1 ]
        let! momentum = Gen.elements [ Nullable 0.1; Nullable 1.0; Nullable() ]
        return n, spatial, training, track, kind, eps, momentum
    }

[<Tests>]
let tests =
    testList "Layers.Normalization" [
        Holds.forAll
            "a layer norm keeps the contract over one to three dimensions"
            layerNorms
            (fun (leading, shape, bias, kind) ->
                use _scope = torch.NewDisposeScope()
                let model = filled (torch.nn.LayerNorm(int64s shape, bias = bias, dtype = kind))
                let input = (Networks.normal (leading @ shape)).``to`` kind
                let n = leading |> List.tryHead |> Option.defaultValue 1
                let R = if leading.IsEmpty then 1 else List.fold (*) 1 leading.Tail
                holds model input n R
                let layer = only model
                let units = List.fold (*) 1 shape
                let columns = if bias then 2 else 1

                Expect.equal
                    [| Layer.groups layer; Layer.inputs layer; Layer.outputs layer |]
                    (int64s [ units; columns; units ])
                    "the result")

        test "the rows of a layer norm are its normalised inputs, unit by unit, and ones" {
            use _scope = torch.NewDisposeScope()

            let layer = only (torch.nn.LayerNorm([| 2L; 3L |], eps = 0.1, dtype = Networks.double))

            let input = Networks.normal [ 2; 4; 2; 3 ]

            let slices = Dense.values input |> Array.chunkBySize 6 |> Array.map (Rows.standardised 0.1)

            for unit, found in List.indexed (groups (written layer input)) do
                let expected = Dense.build 8 2 (fun i j -> if j = 0 then slices[i][unit] else 1.0)
                Oracle.agrees Tolerance.rounding (expected.ToRowMajorArray()) (found.ToRowMajorArray())
        }

        Holds.forAll
            "a batch norm keeps the contract while training and after"
            batchNorms
            (fun (n, spatial, training, track, kind, eps, momentum) ->
                use _scope = torch.NewDisposeScope()
                let model = filled (batchNorm (2 + spatial.Length) track kind)
                model.eps <- eps
                model.momentum <- momentum
                let shape = n :: 3 :: spatial

                for _ in 1..3 do
                    model.call ((Networks.normal shape * 2.0 + 1.0).``to`` kind) |> ignore

                model.train training
                holds model ((Networks.normal shape).``to`` kind) n (List.fold (*) 1 spatial))

        test "a batch of one has rows of a batch norm" {
            use _scope = torch.NewDisposeScope()

            holds (filled (torch.nn.BatchNorm2d(3L, dtype = Networks.double))) (Networks.normal [ 1; 3; 4; 2 ]) 1 8
        }

        test "the rows of a batch norm have the batch's own statistics while training and the running ones after" {
            use _scope = torch.NewDisposeScope()
            let model = torch.nn.BatchNorm1d(2L, eps = 0.1, dtype = Networks.double)
            let layer = only model
            let input = Networks.normal [ 5; 2 ]
            model.call (Networks.normal [ 9; 2 ] + 3.0) |> ignore

            let mean, variance = Dense.values model.running_mean, Dense.values model.running_var

            let found () = groups (written layer input) |> List.map (fun A -> A.Column(0).ToArray())

            let values = Dense.ofTensor input
            let whileTraining = found ()
            model.eval ()
            let after = found ()

            for unit in 0..1 do
                let x = values.Column(unit).ToArray()
                Oracle.agrees Tolerance.rounding (Rows.standardised 0.1 x) whileTraining[unit]

                let running = x |> Array.map (fun x -> (x - mean[unit]) / sqrt (variance[unit] + 0.1))

                Oracle.agrees Tolerance.rounding running after[unit]
        }

        test "rows of a batch norm leave its running statistics alone" {
            use _scope = torch.NewDisposeScope()
            let model = torch.nn.BatchNorm1d(2L, dtype = Networks.double)
            let before = Dense.values model.running_mean
            Layer.activations (only model) (Networks.normal [ 5; 2 ] + 3.0) |> ignore
            Expect.equal (Dense.values model.running_mean) before "the running mean"

            Expect.equal (Dense.values model.num_batches_tracked) [| 0.0 |] "the batches that the model counted"
        }

        test "the moment of the rows is that of the rows written out" {
            let agrees withOnes normalisation (x: torch.Tensor) =
                use _scope = torch.NewDisposeScope()
                let before = Dense.values x
                let A = (Normalised.rows normalisation withOnes x).flatten(1L, 2L)

                Oracle.agrees
                    Tolerance.explicit
                    (Dense.values (A.transpose(1L, 2L).matmul A))
                    (Dense.values (Normalised.moment normalisation withOnes x))

                Expect.equal (Dense.values x) before "the draw of x"

            use _scope = torch.NewDisposeScope()

            for withOnes in [ true; false ] do
                for shape in [ [ 5; 3 ]; [ 4; 3; 6 ]; [ 2; 3; 4; 5 ] ] do
                    // Far from zero, where the centre is not that of the numbers.
                    let x = Networks.normal shape + 3.0
                    let norm = torch.nn.BatchNorm1d(3L, dtype = Networks.double)
                    norm.running_mean.fill_ (0.7.ToScalar()) |> ignore
                    norm.running_var.fill_ (2.5.ToScalar()) |> ignore

                    for training in [ true; false ] do
                        norm.train training
                        agrees withOnes (Normalisation.Channels norm) x

                    agrees withOnes (Normalisation.Last([| int64 (List.last shape) |], 1e-5)) x
                    agrees withOnes (Normalisation.Last([| for d in shape[1..] -> int64 d |], 1e-5)) x
        }
    ]
