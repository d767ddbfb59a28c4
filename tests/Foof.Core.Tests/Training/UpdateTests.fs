/// Momentum, weight decay, groups and rates, through the optimiser's public face. The layers are covered with
/// an inverse of 1 where a test needs to know the direction.
module Foof.Core.Tests.UpdateTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp
open TorchSharp.Modules

/// (A + lambda I)^0: gradient descent on covered layers.
let identity = { Networks.everyStep with Power = 0.0 }

/// M <- mu M + g, W <- (1 - eta decay) W - eta M by plain arrays; eta and decay may depend on the parameter.
type Descent(model: Networks.Network, rate: int -> float, momentum: float, decay: int -> float) =
    let weights = model.parameters () |> Seq.map Dense.values |> Seq.toArray
    let momenta = weights |> Array.map (fun W -> Array.zeroCreate<float> W.Length)

    member _.Weights = Array.concat weights

    member _.Step(gradients: float array array) =
        gradients
        |> Array.iteri (fun p gradient ->
            momenta[p] <- Array.map2 (fun m g -> momentum * m + g) momenta[p] gradient
            let shrink = 1.0 - rate p * decay p
            weights[p] <- Array.map2 (fun w m -> shrink * w - rate p * m) weights[p] momenta[p])

let follows (make: Networks.Network -> Optimizer) (descent: Networks.Network -> Descent) =
    use _scope = torch.NewDisposeScope()
    let model = Networks.fromSeed 7 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
    use optimizer = make model
    let expected = descent model

    for batch in Networks.batches 5 6 3 2 do
        expected.Step(Networks.gradients model batch)
        Networks.byStep optimizer [ batch ]
        Oracle.agrees Tolerance.trajectory expected.Weights (Networks.weights model)

[<Tests>]
let tests =
    testList "Training.Update" [
        test "without momentum and decay a step is minus the rate times the direction" {
            follows (fun model -> Networks.optimizer model identity 0.2 0.0 0.0) (fun model ->
                Descent(model, (fun _ -> 0.2), 0.0, (fun _ -> 0.0)))
        }

        test "momentum is a heavy ball on the direction" {
            follows (fun model -> Networks.optimizer model identity 0.2 0.9 0.0) (fun model ->
                Descent(model, (fun _ -> 0.2), 0.9, (fun _ -> 0.0)))
        }

        test "weight decay is decoupled: it shrinks the weights by the rate and never enters the momentum" {
            follows (fun model -> Networks.optimizer model identity 0.2 0.9 0.3) (fun model ->
                Descent(model, (fun _ -> 0.2), 0.9, (fun _ -> 0.3)))

            follows (fun model -> Networks.optimizer model identity 0.2 0.0 0.3) (fun model ->
                Descent(model, (fun _ -> 0.2), 0.0, (fun _ -> 0.3)))
        }

        test "groups move at their own rates and decays, even weight and bias of one layer" {
            let grouped (model: Networks.Network) =
                let weights, biases = model.parameters () |> Seq.toList |> List.partition (fun p -> p.dim () = 2L)

                let groups = [ ParameterGroup(weights, 0.1, 0.9, 0.2); ParameterGroup(biases, 0.4, 0.9, 0.0) ]

                new Optimizer(model, identity, Networks.gaussian, groups = groups)

            follows grouped (fun model ->
                let parameters = model.parameters () |> Seq.toArray
                let isWeight p = parameters[p].dim() = 2L

                Descent(
                    model,
                    (fun p -> if isWeight p then 0.1 else 0.4),
                    0.9,
                    (fun p -> if isWeight p then 0.2 else 0.0)
                ))
        }

        test "parameters in no group have the settings of the optimiser, as a first group" {
            use _scope = torch.NewDisposeScope()

            let grouped (model: Networks.Network) =
                let last = model.parameters () |> Seq.last
                let group = ParameterGroup([ last ], learningRate = 0.05, weightDecay = 0.5)

                let optimizer = new Optimizer(model, identity, Networks.gaussian, 0.2, 0.9, 0.3, [ group ])

                Expect.equal (Seq.length optimizer.ParamGroups) 2 "the number of groups"
                optimizer

            follows grouped (fun model ->
                let last = Seq.length (model.parameters ()) - 1

                Descent(
                    model,
                    (fun p -> if p = last then 0.05 else 0.2),
                    0.9,
                    (fun p -> if p = last then 0.5 else 0.3)
                ))
        }

        test "a scheduler that halves the rate halves the step" {
            use _scope = torch.NewDisposeScope()
            let batch = List.head (Networks.batches 1 6 3 2)

            /// The step from the same start after so many scheduler steps.
            let moved schedule =
                let model = Networks.fromSeed 7 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
                use optimizer = Networks.optimizer model Networks.everyStep 0.2 0.0 0.0
                let scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

                for _ in 1..schedule do
                    scheduler.step ()

                let before = Networks.weights model
                Networks.byStep optimizer [ batch ]
                Array.map2 (-) (Networks.weights model) before

            let whole = moved 0
            Oracle.agrees Tolerance.rounding (whole |> Array.map (fun step -> step / 2.0)) (moved 1)
            Oracle.agrees Tolerance.rounding (whole |> Array.map (fun step -> step / 4.0)) (moved 2)
        }

        test "uncovered parameters move exactly as under torch.optim.SGD with momentum" {
            use _scope = torch.NewDisposeScope()

            let make () =
                let embedding = torch.nn.Embedding(6L, 4L, dtype = Networks.double)

                let first, norm = Networks.linear 4 4 true, torch.nn.BatchNorm1d(4L, dtype = Networks.double)

                let layerNorm, last = torch.nn.LayerNorm(4L, dtype = Networks.double), Networks.linear 4 2 true

                new Networks.Model(
                    [ "embedding", embedding; "first", first; "norm", norm; "layerNorm", layerNorm; "last", last ],
                    embedding.call >> first.call >> norm.call >> torch.tanh >> layerNorm.call >> last.call
                )
                :> Networks.Network

            let input = torch.tensor [| 0L; 3L; 5L; 3L; 1L |]
            let target = Networks.normal [ 5; 2 ]
            let batches = List.replicate 5 (input, target)
            let ours, theirs = Networks.fromSeed 2 make, Networks.fromSeed 2 make
            // No layer is selected, so every parameter is plain.
            let group = ParameterGroup(ours.parameters (), 0.1, 0.9, 0.0)

            use optimizer =
                new Optimizer(
                    ours,
                    Networks.everyStep,
                    Networks.gaussian,
                    groups = [ group ],
                    select = (fun _ _ -> false)
                )

            let sgd = torch.optim.SGD(theirs.parameters (), 0.1, 0.9)
            Networks.byStep optimizer (List.take 3 batches)
            Networks.byLoop ours optimizer (List.skip 3 batches)
            Networks.byLoop theirs sgd batches
            Oracle.agrees Tolerance.rounding (Networks.weights theirs) (Networks.weights ours)
        }

        testList "settings that make no sense are refused by name" [
            for rate, momentum, decay, name in
                [
                    0.0, 0.0, 0.0, "learningRate"
                    -0.1, 0.0, 0.0, "learningRate"
                    Double.NaN, 0.0, 0.0, "learningRate"
                    0.1, 1.0, 0.0, "momentum"
                    0.1, -0.1, 0.0, "momentum"
                    0.1, 0.0, -0.1, "weightDecay"
                ] do
                test $"{rate}, {momentum}, {decay}, {name}" {
                    let make () = ParameterGroup(Seq.empty<Parameter>, rate, momentum, decay) |> ignore

                    Expect.equal ((Oracle.raises<ArgumentException> make).ParamName) name "the parameter's name"
                }
        ]
    ]
