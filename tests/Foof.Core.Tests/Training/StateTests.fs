/// Checkpoints: training continues to the same bits, and a state that does not fit changes nothing.
module Foof.Core.Tests.StateTests

open System
open System.Collections.Generic
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Checkpoints
open TorchSharp

/// Continues with the usual recipe.
let continues makeModel train before = continuesWith Networks.someSteps makeModel train before

/// Restores a state that `spoil` changed, which must fail and change nothing.
let refuses (spoil: State -> unit) =
    use _scope = torch.NewDisposeScope()
    let model = make ()
    use optimizer = Networks.optimizer model Networks.someSteps 0.1 0.9 0.0
    Networks.byStep optimizer (Networks.batches 5 4 3 2)
    let state = copied (optimizer.State())
    Networks.byStep optimizer (Networks.batches 2 4 3 2)
    spoil state
    (Networks.changesNothing<ArgumentException> model optimizer (fun () -> optimizer.Restore state)).Message

[<Tests>]
let tests =
    testList "Training.State" [
        testList "steps continue to the same bits from every position of the cadence" [
            for before in 0..10 do
                test $"{before} steps before" { continues make byStep before }
        ]

        testList "the ordinary loop continues to the same bits from every position of the cadence" [
            for before in 0..10 do
                test $"{before} steps before" { continues make byLoop before }
        ]

        testList "a network with activations in place continues to the same bits" [
            for before in 0..10 do
                test $"{before} steps before" {
                    continues (Networks.inPlace Networks.reluInPlace [ 3; 6; 2 ]) byStep before
                }
        ]

        testList "a recipe with two moments of one kind continues to the same bits" [
            for before in 1..4 do
                test $"{before} steps before" {
                    let recipe = { Networks.someSteps with Trust = Trust.Graft Methods.kfac }
                    continuesWith recipe make byStep before
                }
        ]

        test "a preconditioner continues to the same bits" {
            use _scope = torch.NewDisposeScope()
            let model = make ()
            let batches = Networks.batches 10 4 3 2

            let step (preconditioner: Preconditioner) (input, target) =
                Networks.backward model input target
                preconditioner.Precondition()

                model.parameters () |> Seq.collect (fun p -> Dense.values p.grad) |> Seq.toArray

            use first = new Preconditioner(model, Networks.someSteps)
            let early, late = List.splitAt 5 batches
            early |> List.iter (step first >> ignore)
            let saved = copied (first.State())
            let expected = late |> List.map (step first)
            use second = new Preconditioner(model, Networks.someSteps)
            second.Restore saved
            Expect.equal (late |> List.map (step second)) expected "the late steps"
        }

        test "the state names every tensor and lists nothing else" {
            use _scope = torch.NewDisposeScope()
            let model = make ()
            use optimizer = Networks.optimizer model Networks.someSteps 0.1 0.9 0.0
            Networks.byStep optimizer (Networks.batches 1 4 3 2)

            let expected = [
                "description"
                for layer in [ "fc0"; "fc1" ] do
                    $"{layer}.activation.sum"
                    $"{layer}.bias.momentum"
                    $"{layer}.inverse.A"
                    $"{layer}.logdet"
                    $"{layer}.weight.momentum"
            ]

            Expect.equal (optimizer.State().Keys |> Seq.sort |> Seq.toList) expected "the state's names"
        }

        test "a state that lacks something is refused" {
            for name in [ "description"; "fc1.activation.sum"; "fc1.inverse.A"; "fc1.bias.momentum" ] do
                Expect.stringContains (refuses (fun state -> state.Remove name |> ignore)) $"no '{name}'" "the message"
        }

        test "a state of other shapes is refused" {
            for name in [ "fc1.activation.sum"; "fc1.inverse.A"; "fc1.bias.momentum"; "fc1.logdet" ] do
                refuses (fun state -> state[name] <- Networks.normal [ 3; 3; 3 ]) |> ignore
        }

        test "a state of other types is refused" {
            for name in [ "fc1.activation.sum"; "fc1.inverse.A"; "fc1.bias.momentum"; "description" ] do
                refuses (fun state -> state[name] <- state[name].``to`` torch.ScalarType.Float32) |> ignore
        }

        test "a text that is no description, or one of something else, is refused" {
            let text (change: string -> string) =
                refuses (fun state ->
                    let old = state["description"].data<byte>().ToArray() |> System.Text.Encoding.UTF8.GetString

                    state["description"] <- torch.tensor (System.Text.Encoding.UTF8.GetBytes(change old)))

            Expect.stringContains (text (fun _ -> "{")) "JSON" "the message"
            Expect.stringContains (text (fun _ -> "[]")) "description must have" "the message"

            Expect.stringContains
                (text (fun old -> old.Replace("\"position\":5", "\"position\":-5")))
                "position"
                "the message"

            Expect.stringContains
                (text (fun old -> old.Replace("\"layers\":[", "\"layers\":[3,")))
                "hold 2 layers"
                "the message"
        }

        test "another model's state is refused" {
            use _scope = torch.NewDisposeScope()
            let foreign = Networks.perceptron true [ 3; 7; 2 ]
            use other = Networks.optimizer foreign Networks.someSteps 0.1 0.9 0.0
            Networks.byStep other (Networks.batches 5 4 3 2)
            let state = other.State()

            refuses (fun spoiled ->
                spoiled.Clear()

                for entry in state do
                    spoiled[entry.Key] <- entry.Value)
            |> ignore
        }
    ]
