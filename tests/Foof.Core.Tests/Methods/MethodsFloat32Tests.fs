/// Every method's steps in float32 on a network at real sizes: against the same steps in float64, and from a checkpoint on.
module Foof.Core.Tests.MethodsFloat32Tests

open System.Collections.Generic
open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

let private network (kind: torch.ScalarType) =
    (Networks.fromSeed 1 (fun () -> Networks.perceptron true [ 300; 260; 10 ])).``to``(torch.float32).``to`` kind

/// Fewer data points than inputs; the inputs' scales fall over three powers of ten, and every tenth is dead.
let private batches (count: int) (kind: torch.ScalarType) =
    Networks.fromSeed 2 (fun () -> [
        for _ in 1..count ->
            let large, small = rows 1.0 40L 150L * falling 3.0 150L * 10.0, rows 1.0 40L 150L
            (torch.cat ([| large; small |], 1L)).``to`` kind, torch.randn(40L, 10L).``to`` kind
    ])

/// Labels drawn in another type are others: the labels themselves in their place.
let private withoutDraws (recipe: Recipe) =
    match recipe.Fisher with
    | Fisher.MonteCarlo _ -> { recipe with Fisher = Fisher.Empirical }
    | _ -> recipe

/// How some steps move the weights.
let private moved (count: int) momentum (recipe: Recipe) kind =
    let model = network kind
    let before = Networks.weights model
    use optimizer = Networks.optimizer model recipe recipe.LearningRate momentum 0.0
    Networks.byStep optimizer (batches count kind)
    Array.map2 (-) (Networks.weights model) before

/// A state as a file gives it back: row by row.
let private written (state: Dictionary<string, torch.Tensor>) =
    Dictionary(state |> Seq.map (fun entry -> KeyValuePair(entry.Key, entry.Value.contiguous().clone())))

let private continues (recipe: Recipe) =
    let batches = batches 8 torch.float32
    let first, second = network torch.float32, network torch.float32
    use optimizer = Networks.optimizer first recipe 0.01 0.9 0.01
    use restored = Networks.optimizer second recipe 0.01 0.9 0.01
    Networks.byStep optimizer (List.take 5 batches)
    Checkpoints.copyWeights first second
    restored.Restore(written (optimizer.State()))
    Networks.byStep optimizer (List.skip 5 batches)
    Networks.byStep restored (List.skip 5 batches)
    Expect.isTrue
        (Networks.weights second = Networks.weights first)
        "the weights after a restored state are the same bits"

[<Tests>]
let tests =
    testList "Methods.MethodsFloat32" [
        testList "four steps with momentum are those of float64" [
            for recipe in MethodRuns.methods () do
                test recipe.Name {
                    use _scope = torch.NewDisposeScope()
                    let moved = moved 4 0.9 (withoutDraws recipe)
                    Oracle.agrees Tolerance.float32AgainstFloat64 (moved torch.float64) (moved torch.float32)
                }
        ]

        // M-FAC's own damping is 1e-5 of its gradients' squared norms.
        testList "two steps with a thousandth of the damping are those of float64" [
            for recipe in MethodRuns.methods () do
                if recipe.Name <> "mfac" then
                    test recipe.Name {
                        use _scope = torch.NewDisposeScope()
                        let moved = moved 2 0.0 { withoutDraws recipe with Damping = 1e-3 * recipe.Damping }
                        Oracle.agrees (Tolerance.ofCondition 1e6) (moved torch.float64) (moved torch.float32)
                    }
        ]

        testList "a state that was written row by row continues to the same bits" [
            for recipe in Methods.all do
                test recipe.Name {
                    use _scope = torch.NewDisposeScope()
                    let isWindow = recipe.Curvature.IsWindow
                    continues (if isWindow then recipe else { recipe with Cadence = Networks.someSteps.Cadence })
                }
        ]
    ]
