/// What a recipe can set: damping rules and their adaptation, trust, momentum's place, triggers, independent batches.
module Foof.Core.Tests.MethodSettingsTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.MethodRuns
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let small () = perceptron 3 [ 3; 4; 2 ] 1

let steps count recipe =
    use _scope = torch.NewDisposeScope()
    follows recipe (List.init count (fun _ -> small ())) 0.05

/// Weights after steps with momentum, always on the same batches.
let withMomentum recipe place count =
    let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
    let batches = Networks.fromSeed 4 (fun () -> Networks.batches count 3 3 2)

    use optimizer = Networks.optimizer model { recipe with Momentum = place } 0.05 0.9 0.01

    Networks.seeded 5
    Networks.byStep optimizer batches
    Networks.weights model

[<Tests>]
let tests =
    testList "Methods.MethodSettings" [
        test "every damping rule gives its matrix" {
            let rules = [ Damping.Tikhonov; Damping.Heuristic; Damping.HeuristicInputs; Damping.EachFactor ]

            for rule in rules do
                for name in [ "kfac"; "kfac-reduce"; "tkfac" ] do
                    steps 2 { named name with Rule = rule; Damping = 0.1 }
        }

        test "the KL clip scales a long update down and leaves a short one alone" {
            for name in [ "foof"; "kfac"; "natural-blocks"; "shampoo" ] do
                for kappa in [ 1e-6; 1e6 ] do
                    steps 2 { named name with Trust = Trust.KlClip kappa }
        }

        test "any method's direction can have another method's length" {
            for other in [ "kfac"; "kfac-standard"; "foof" ] do
                steps 3 { named "kfac-standard" with Trust = Trust.Graft(named other) }
        }

        test "independent batches work with Kronecker products too" {
            for name in [ "kfac"; "foof"; "tkfac" ] do
                for n in [ 1; 6 ] do
                    use _scope = torch.NewDisposeScope()

                    let recipe = { named name with IndependentBatches = true }

                    follows recipe (List.init 4 (fun _ -> perceptron n [ 3; 4; 2 ] 1)) 0.05
        }

        test "momentum before and after the preconditioner agree while the inverse stays, and differ when it changes" {
            use _scope = torch.NewDisposeScope()

            let once = { InvertEvery = 100; StatisticsSteps = 1; WarmUp = 1 }

            for name in [ "foof"; "kfac"; "kfac-standard"; "natural-blocks"; "shampoo" ] do
                let constant = { named name with Cadence = once; IndependentBatches = false }

                let before = withMomentum constant MomentumPlace.Before 5
                Oracle.agrees Tolerance.trajectory (withMomentum constant MomentumPlace.After 5) before

                let each = { named name with IndependentBatches = false }

                Expect.isTrue
                    (Dense.distance (withMomentum each MomentumPlace.Before 5) (withMomentum each MomentumPlace.After 5) >
                        1e-6)
                    "momentum's two places differ"
        }

        test "a trigger inverts what moved and nothing else" {
            use _scope = torch.NewDisposeScope()

            let inverses share =
                let recipe = { named "kfac" with Memory = Memory.Latest; Trigger = Trigger.TraceMoved share }

                let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
                use optimizer = Networks.optimizer model recipe 0.05 0.0 0.0
                let batches = Networks.fromSeed 4 (fun () -> Networks.batches 2 3 3 2)
                Networks.byStep optimizer [ List.head batches ]
                let first = Networks.snapshot optimizer.State
                Networks.byStep optimizer (List.tail batches)
                let second = Networks.snapshot optimizer.State
                let names = [ "fc0.inverse.A"; "fc1.inverse.A" ]
                names |> List.map (fun name -> Map.find name first = Map.find name second)

            Expect.equal (inverses 1e9) [ true; true ] "inverses of 1e9"
            Expect.equal (inverses 1e-9) [ false; false ] "inverses of 1e-9"
        }

        testList "every method refuses a damping that is not positive" [
            for recipe in methods () do
                test recipe.Name {
                    for damping in [ 0.0; -1.0; nan; infinity ] do
                        let make () =
                            Networks.optimizer
                                (Networks.perceptron true [ 3; 2 ])
                                (recipe.WithDamping damping)
                                0.1
                                0.0
                                0.0
                            |> ignore

                        Expect.equal
                            ((Oracle.raises<ArgumentException> make).ParamName)
                            "Damping"
                            "the parameter's name"
                }
        ]

        test "a damping that a method shares with its graft is both's, and another one stays" {
            let graft damping (recipe: Recipe) =
                match (recipe.WithDamping damping).Trust with
                | Trust.Graft other -> other.Damping
                | _ -> nan

            let shared = { named "foof" with Trust = Trust.Graft(named "foof") }
            Expect.equal (graft 0.25 shared) 0.25 "the shared damping"
            let other = { named "foof" with Damping = 3.0 }
            Expect.equal (graft 0.25 { shared with Trust = Trust.Graft other }) 3.0 "the graft's own damping"
        }

        test "a graft whose statistics the method does not keep is refused" {
            for name, other in
                [ "foof", "eva"; "mfac", "kfac"; "kfac", "natural-blocks"; "kfac", "ekfac"; "eva", "kfac" ] do
                Oracle.refused [ $"'{name}' keeps no statistics for '{other}'" ] (fun () ->
                    Recipe.check { named name with Trust = Trust.Graft(named other) })

            for name, other in [ "kfac", "foof"; "ekfac", "kfac"; "ekfac", "ekfac" ] do
                Recipe.check { named name with Trust = Trust.Graft(named other) }
        }
    ]
