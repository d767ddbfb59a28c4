/// Statistics from inputs before the first step.
module Foof.Core.Tests.WarmUpTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

[<Tests>]
let tests =
    testList "Training.WarmUp" [
        test "the warm-up is the normalised average of its batches and no more than the cadence wants" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]

            use preconditioner =
                new Preconditioner(
                    model,
                    { Networks.someSteps with Cadence = { Networks.someSteps.Cadence with WarmUp = 3 } }
                )

            let inputs = List.init 5 (fun i -> Networks.normal [ i + 1; 3 ])
            // A pass before it, as somebody makes to see whether the model runs, does not count as a batch.
            model.call (Networks.normal [ 7; 3 ]) |> ignore
            let mutable asked = 0

            preconditioner.WarmUp(
                seq {
                    for input in inputs do
                        asked <- asked + 1
                        input
                }
            )

            let beta = Networks.beta Networks.someSteps
            let weights = [ for k in 0..2 -> (1.0 - beta) * pown beta (2 - k) / (1.0 - pown beta 3) ]

            let average =
                List.map2
                    (fun weight (input: torch.Tensor) ->
                        Dense.moment (float (input.size 0)) (Dense.withOnes (Dense.ofTensor input)) * weight)
                    weights
                    (List.take 3 inputs)
                |> List.reduce (+)

            Expect.equal asked 3 "how often it asked"
            Expect.equal preconditioner.BatchesSeen 3 "the position of preconditioner"
            let layer = Oracle.only preconditioner.Layers
            let inverse = preconditioner.Apply(layer, torch.eye (4L, dtype = Networks.double))
            Oracle.agreesWith Tolerance.explicit ((Dense.shifted 0.1 average).Inverse()) inverse
        }

        test "a warm-up without a batch is refused and changes nothing" {
            use _scope = torch.NewDisposeScope()

            use preconditioner = new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.someSteps)

            let error = Oracle.raises<ArgumentException>(fun () -> preconditioner.WarmUp [])
            Expect.equal error.ParamName "inputs" "the parameter's name"
            Expect.equal preconditioner.BatchesSeen 0 "the position of preconditioner"
        }

        test "a warm-up that fails half way leaves everything as before" {
            use _scope = torch.NewDisposeScope()

            use preconditioner = new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.someSteps)

            preconditioner.WarmUp [ Networks.normal [ 4; 3 ] ]
            let before = Networks.snapshot preconditioner.State

            let broken =
                seq {
                    Networks.normal [ 4; 3 ]
                    invalidOp "the data end here"
                }

            Oracle.raises<InvalidOperationException>(fun () -> preconditioner.WarmUp broken) |> ignore

            Expect.equal (Networks.snapshot preconditioner.State) before "the state of preconditioner"
        }

        test "EKFAC's basis after a warm-up of fewer batches than planned is that of its moments" {
            use _scope = torch.NewDisposeScope()
            let cadence = { InvertEvery = 9; StatisticsSteps = 9; WarmUp = 7 }
            let recipe = { Methods.ekfac with Cadence = cadence }
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use preconditioner = new Preconditioner(model, recipe, Networks.gaussian)
            preconditioner.WarmUp [ for _ in 1..3 -> Networks.normal [ 6; 3 ] ]
            let state = preconditioner.State()

            for side in [ "activation"; "error" ] do
                let Q = Dense.ofTensor (state[$"fc1.{side}.eigenvectors"].squeeze 0L)
                let M = Dense.ofTensor (state[$"fc1.{side}.sum"].squeeze 0L)
                let turned = Q.Transpose() * M * Q
                let expected = Dense.diagonal (turned.Diagonal().ToArray())
                Oracle.agrees Tolerance.trajectory (expected.ToRowMajorArray()) (turned.ToRowMajorArray())
        }
    ]
