/// Curvature by recorded calls is that of the network, or the layer is refused.
module Foof.Core.Tests.ExplainedTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private labels = torch.tensor [| 0L; 1L; 2L; 0L; 1L; 2L; 0L; 1L |]

let private factorOf (model: Networks.Network) input fisher =
    Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) fisher { Input = input; Target = labels }

/// Two layers, and what happens between them.
let private between (change: torch.Tensor -> torch.Tensor) =
    let a, b = Networks.linear 5 7 true, Networks.linear 7 3 true
    a, new Networks.Model([ "a", a; "b", b ], a.call >> change >> torch.tanh >> b.call)

let private refused (action: unit -> unit) =
    let error = Oracle.raises<InvalidOperationException> action
    Expect.stringStarts error.Message "layer 'a' (6 -> 7): its recorded calls do not explain its gradient" "the error"

let private threefold (layer: TorchSharp.Modules.Linear) =
    layer.register_forward_hook (fun _ _ output -> output * 3.0) |> ignore

[<Tests>]
let tests =
    testList "Fisher.Explained" [
        testList "an output that a hook changes before it is recorded is refused" [
            for fisher in [ Fisher.Ggn; Fisher.Empirical; Fisher.MonteCarlo 2 ] do
                test $"{fisher}" {
                    use _scope = torch.NewDisposeScope()
                    let a, model = between id
                    let input = Networks.normal [ 8; 5 ]
                    threefold a
                    refused (fun () -> factorOf model input fisher |> ignore)
                }

            test "in a step" {
                use _scope = torch.NewDisposeScope()
                let a, model = between id
                threefold a
                use optimizer = new Optimizer(model, Methods.kfac, Likelihood.Categorical, learningRate = 0.1)
                let before = Networks.weights model
                refused (fun () -> optimizer.Step(Networks.normal [ 8; 5 ], labels) |> ignore)
                Oracle.agrees 0.0 before (Networks.weights model)
            }
        ]

        test "a hook after the recorded output is part of the network" {
            use _scope = torch.NewDisposeScope()
            let input = Networks.normal [ 8; 5 ]

            let trained (change: torch.Tensor -> torch.Tensor) isHooked =
                let a, model = Networks.fromSeed 3 (fun () -> between change)
                let recipe = { Methods.kfac with Fisher = Fisher.Empirical; Cadence = Networks.everyStep.Cadence }
                use optimizer = new Optimizer(model, recipe, Likelihood.Categorical, learningRate = 0.1)
                if isHooked then threefold a

                for _ in 1..3 do
                    optimizer.Step(input, labels) |> ignore

                Networks.weights model

            Oracle.agrees Tolerance.trajectory (trained (fun z -> z * 3.0) false) (trained id true)
        }

        test "a weight that is used without its layer's call is refused" {
            use _scope = torch.NewDisposeScope()
            let a, b = Networks.linear 5 7 true, Networks.linear 7 3 true
            let run (x: torch.Tensor) = (a.call x + x.mm (a.weight.t ())).tanh() |> b.call
            let model = new Networks.Model([ "a", a; "b", b ], run)
            refused (fun () -> factorOf model (Networks.normal [ 8; 5 ]) Fisher.Ggn |> ignore)
        }

        test "a layer is looked at again when its calls or its mode have changed" {
            for change in [ "calls"; "mode" ] do
                use _scope = torch.NewDisposeScope()
                let a, b = Networks.linear 5 7 true, Networks.linear 7 3 true
                let mutable twice = false

                let beside (x: torch.Tensor) =
                    if twice then a.call x + x.mm (a.weight.t ())
                    elif a.training then x.mm (a.weight.t ()) * 0.0
                    else x.mm (a.weight.t ())

                let run (x: torch.Tensor) = (a.call x + beside x).tanh() |> b.call
                let model = new Networks.Model([ "a", a; "b", b ], run)
                use optimizer = new Optimizer(model, Methods.kfac, Likelihood.Categorical, learningRate = 0.1)

                for _ in 1..2 do
                    optimizer.Step(Networks.normal [ 6; 5 ], labels.narrow (0L, 0L, 6L)).Dispose()

                if change = "calls" then twice <- true else model.eval ()
                refused (fun () -> optimizer.Step(Networks.normal [ 6; 5 ], labels.narrow (0L, 0L, 6L)) |> ignore)
        }

        test "layers that the loss does not reach have no curvature, and the others theirs" {
            use _scope = torch.NewDisposeScope()
            let a, b = Networks.linear 5 7 true, Networks.linear 7 3 true

            let trunk (x: torch.Tensor) =
                use _quiet = torch.no_grad ()
                (a.call x).tanh()

            let model = new Networks.Model([ "a", a; "b", b ], trunk >> b.call)
            let head = new Networks.Model([ "b", b ], b.call)
            let input = Networks.normal [ 8; 5 ]
            let whole = Dense.ofTensor (FisherFactor.dense (factorOf model input Fisher.Ggn))
            let alone = Dense.ofTensor (FisherFactor.dense (factorOf head (trunk input) Fisher.Ggn))
            Oracle.agrees
                Tolerance.rounding
                ((Dense.blocks [ Dense.zeros 42 42; alone ]).ToRowMajorArray())
                (whole.ToRowMajorArray())
        }
    ]
