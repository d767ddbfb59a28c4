/// Sequences with time first: refused by name, or right when they are marked, with as many times as data points too.
module Foof.Core.Tests.TimeMajorTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Layers that see [T; n; d] or, with the same weights, [n; T; d], and a mean over times.
let private sequence timeFirst isMarked : Networks.Network =
    Networks.seeded 5
    let table = torch.nn.Embedding(6L, 4L, dtype = Networks.double)
    let norm = torch.nn.LayerNorm([| 4L |], dtype = Networks.double)
    let mix = Networks.linear 4 3 true
    let head = Networks.linear 3 2 true
    let inner = new Networks.Model([ "table", table; "norm", norm; "mix", mix ], table.call >> norm.call >> mix.call)
    if isMarked then TimeMajor.mark inner

    let run (numbers: torch.Tensor) =
        let order (tensor: torch.Tensor) = if timeFirst then tensor.transpose (0L, 1L) else tensor
        (numbers |> order |> inner.call |> order).tanh().mean [| 1L |] |> head.call

    new Networks.Model([ "inner", inner; "head", head ], run)

let private batch n T = torch.randint (6L, [| int64 n; int64 T |], dtype = torch.ScalarType.Int64)

let private dense model input =
    let problem = Problem.OfModel(model, Networks.gaussian)
    Dense.ofTensor (FisherFactor.dense (Fisher.factor problem Fisher.Ggn { Input = input; Target = null }))

[<Tests>]
let tests =
    testList "Layers.TimeMajor" [
        test "curvature and every method are those of data points first where a module is marked" {
            for n, T in [ 4, 4; 5, 3 ] do
                use _scope = torch.NewDisposeScope()
                let input = batch n T
                let expected = dense (sequence false false) input
                let found = dense (sequence true true) input
                Oracle.agrees Tolerance.rounding (expected.ToRowMajorArray()) (found.ToRowMajorArray())

                for recipe in MethodRuns.methods () do
                    let trained timeFirst =
                        let model = sequence timeFirst timeFirst
                        Networks.seeded 11
                        use optimizer = Networks.optimizer model recipe 0.01 0.0 0.0
                        Networks.seeded 12

                        for _ in 1..3 do
                            optimizer.Step(input, Networks.normal [ n; 2 ]).Dispose()

                        Networks.weights model

                    Oracle.agrees Tolerance.trajectory (trained false) (trained true)
        }

        test "times first are refused by the layer's name, with as many times as data points too" {
            for n, T in [ 4, 4; 5, 3 ] do
                use _scope = torch.NewDisposeScope()
                let model = sequence true false
                let input, target = batch n T, Networks.normal [ n; 2 ]

                let refused (action: unit -> unit) =
                    let error = Oracle.raises<InvalidOperationException> action
                    Expect.stringStarts error.Message "layer 'inner." "the layer"
                    Expect.stringContains error.Message "TimeMajor" "the remedy"

                refused (fun () -> dense model input |> ignore)

                for recipe in [ Methods.foof; Methods.kfac; Methods.natural ] do
                    use optimizer = Networks.optimizer model recipe 0.01 0.0 0.0
                    refused (fun () -> optimizer.Step(input, target) |> ignore)
        }

        test "as many times as data points are right with data points first, and the look at it leaves no trace" {
            use _scope = torch.NewDisposeScope()
            let drop = torch.nn.Dropout 0.5
            let norm = torch.nn.BatchNorm1d(4L, dtype = Networks.double)
            let mix, head = Networks.linear 3 4 true, Networks.linear 4 2 true

            let run (input: torch.Tensor) = ((mix.call input).mean [| 1L |]) |> norm.call |> drop.call |> head.call

            let trained T =
                Networks.seeded 7
                let model = new Networks.Model([ "mix", mix; "norm", norm; "drop", drop; "head", head ], run)
                use optimizer = Networks.optimizer model Methods.kfacStandard 1e-9 0.0 0.0
                let inputs: torch.Tensor = Networks.normal [ 4; 1; 3 ]
                optimizer.Step(inputs.expand (4L, T, 3L), Networks.normal [ 4; 2 ]).Dispose()
                norm.num_batches_tracked.ToInt64(), Dense.values (torch.rand 1L)

            let before, _ = trained 3L
            let count, random = trained 4L
            Expect.equal count (before + 1L) "batches that the norm has counted"
            Expect.equal random (snd (trained 3L)) "the next random number"
        }
    ]
