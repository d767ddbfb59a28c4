/// The one loop over batches: means by the points that count, and nothing left after an error.
module Foof.Core.Tests.DataCurvatureTests

open System
open System.Threading
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private make () = Networks.perceptron true [ 3; 4; 3 ]

let private labels (numbers: int list) = torch.tensor (numbers |> List.map int64 |> List.toArray)

let private curvatureOf (model: Networks.Network) fisher (input: torch.Tensor) target =
    Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) fisher { Input = input; Target = target }
    |> Structure.dense

/// The mean over batches, whose room is asked for after each.
let private accumulated (model: Networks.Network) fisher requireRoom progress cancellation batches =
    DataCurvature.accumulate
        DataCurvature.curvatures
        (Func<_, _, _, _>(fun _ (input: torch.Tensor) target ->
            let output = model.call input
            let count = DataCurvature.points Likelihood.Categorical input output target
            { Value = curvatureOf model fisher input target; DataPoints = count }))
        requireRoom
        progress
        cancellation
        batches

let private nothing = CancellationToken.None

[<Tests>]
let tests =
    testList "Curvature.DataCurvature" [
        for fisher in [ Fisher.Ggn; Fisher.Empirical ] do
            test $"batches of different sizes give the curvature of all of them, whatever labels are ignored: {fisher}" {
                use _scope = torch.NewDisposeScope()
                let model, input = make (), Networks.normal [ 7; 3 ]
                let target = labels [ 1; -100; 2; -100; -100; 0; 0 ]

                let batches = [
                    for first, count in [ 0L, 2L; 2L, 1L; 3L, 4L ] ->
                        struct (input.narrow (0L, first, count), target.narrow (0L, first, count))
                ]

                let { Value = found; DataPoints = points } = accumulated model fisher null null nothing batches
                let expected = Curvature.dense (curvatureOf model fisher input target)
                Expect.equal points 4L "the number of points that count"
                Oracle.agreesWith Tolerance.explicit (Dense.ofTensor expected) (Curvature.dense found)

                for tensor in Curvature.tensors found do
                    tensor.Dispose()
            }

        test "progress counts batches" {
            use _scope = torch.NewDisposeScope()
            let model, seen = make (), ResizeArray<int>()

            let progress = {
                new IProgress<int> with
                    member _.Report done' = seen.Add done'
            }

            let batches = [ for _ in 1..3 -> struct (Networks.normal [ 4; 3 ], null) ]
            let found = (accumulated model Fisher.Ggn null progress nothing batches).Value
            Expect.equal (List.ofSeq seen) [ 1; 2; 3 ] "what was reported"

            for tensor in Curvature.tensors found do
                tensor.Dispose()
        }

        test "too little room, no batch, no input and cancellation each end the loop and leave nothing behind" {
            let model = make ()
            let batches = [ for _ in 1..3 -> struct (Networks.normal [ 4; 3 ], null) ]
            let before = Oracle.settledCount ()

            let run requireRoom cancellation batches () =
                accumulated model Fisher.Ggn requireRoom null cancellation batches |> ignore

            let full = Action<Curvature, int64>(fun _ points -> if points > 4L then invalidOp "full")

            Expect.equal
                ((Oracle.raises<InvalidOperationException>(run full nothing batches)).Message)
                "full"
                "the message"

            Expect.stringContains
                ((Oracle.raises<ArgumentException>(run null nothing [])).Message)
                "at least one"
                "the message without a batch"

            Expect.stringContains
                ((Oracle.raises<ArgumentException>(run null nothing [ batches[0]; struct (null, null) ])).Message)
                "batch 2 must have an input"
                "the message without an input"

            use source = new CancellationTokenSource()

            let stopping =
                seq {
                    yield batches[0]
                    source.Cancel()
                    yield batches[1]
                }

            Oracle.raises<OperationCanceledException>(run null source.Token stopping) |> ignore

            Expect.equal torch.Tensor.TotalCount before "the number of live tensors"
        }

        test "factors of different orders, kinds or groups have no mean" {
            use _scope = torch.NewDisposeScope()
            let product (E: Side) = Curvature.Kronecker(E, Side.Identity(2L, 1.0))
            let full (shape: int list) = product (Side.Full(Networks.normal shape))
            let refused parts x y = Oracle.refused parts (fun () -> DataCurvature.average 0.5 x y)
            refused [ "one order"; "got 3 and 4" ] (full [ 1; 3; 3 ]) (full [ 1; 4; 4 ])
            refused [ "one order"; "got 1 and 3" ] (full [ 1; 1; 1 ]) (full [ 1; 3; 3 ])
            refused [ "one order" ] (full [ 1; 3; 3 ]) (full [ 2; 3; 3 ])
            refused [ "one kind" ] (full [ 1; 3; 3 ]) (product (Side.Diagonal(Networks.normal [ 1; 3 ])))
            let inverse = product (Side.Inverse(Networks.normal [ 1; 3; 3 ]))
            refused [ "not inverses" ] inverse inverse
        }
    ]
