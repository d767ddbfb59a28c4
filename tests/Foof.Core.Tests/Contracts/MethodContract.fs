/// What every method promises besides its update: checkpoints, lifetimes, learning, all layers, and errors that
/// change nothing.
module Foof.Core.Tests.MethodContract

open System
open Expecto
open Foof
open TorchSharp

let methods () = MethodRuns.methods ()

/// A method with a cadence whose phases fall into a dozen steps, where the method has one.
let paced (recipe: Recipe) =
    if recipe.Curvature.IsWindow then recipe else { recipe with Cadence = Networks.someSteps.Cadence }

/// A test for each of the methods, in a scope of its own.
let forEach sentence (recipes: Recipe list) (check: Recipe -> unit) =
    Holds.forEach sentence (fun (recipe: Recipe) -> recipe.Name) recipes (fun recipe ->
        use _scope = torch.NewDisposeScope()
        check recipe)

let make () = Networks.perceptron true [ 3; 6; 2 ]

/// Step sizes at which a small problem is learnt in a hundred steps.
let rate (recipe: Recipe) =
    match recipe.Name with
    | "natural"
    | "natural-full"
    | "natural-blocks"
    | "foof" -> 0.5
    | "shampoo" -> 0.3
    | "mfac" -> 1e-3
    | "sngd" -> 0.1
    | "eva" -> 0.3
    | _ -> 0.1

/// An embedding, a LayerNorm, a grouped convolution, a linear layer and a parameter of its own.
let mixed () : Networks.Network =
    let kind = Networks.double
    let embedding = torch.nn.Embedding(7L, 4L, dtype = kind)
    let norm = torch.nn.LayerNorm([| 4L |], dtype = kind)
    let convolution = torch.nn.Conv1d(4L, 6L, 2L, groups = 2L, dtype = kind)
    let head = Networks.linear 6 2 true

    new Networks.Model(
        [ "embedding", embedding; "norm", norm; "convolution", convolution; "head", head ],
        fun index ->
            let x = norm.call (embedding.call index)
            let z = (convolution.call (x.transpose (1L, 2L))).tanh()
            head.call (z.mean [| 2L |])
    )

[<Tests>]
let tests =
    testList "Contracts.Method" [
        forEach "every method continues from its state to the same bits" (methods () |> List.map paced) (fun recipe ->
            for before in [ 0; 1; 4; 6 ] do
                let batches = Networks.batches 10 4 3 2
                let model = make ()
                use optimizer = Networks.optimizer model recipe 0.05 0.9 0.01
                Networks.byStep optimizer (List.take before batches)
                let saved = Checkpoints.copied (optimizer.State())
                let other = make ()
                use restored = Networks.optimizer other recipe 0.05 0.9 0.01
                Networks.byStep restored (Networks.batches 3 5 3 2)
                Checkpoints.copyWeights model other
                restored.Restore saved

                Expect.equal (Networks.snapshot restored.State) (Networks.frozen saved) "the state of restored"

                Networks.seeded 7
                Networks.byStep optimizer (List.skip before batches)
                Networks.seeded 7
                Networks.byStep restored (List.skip before batches)

                Expect.equal (Networks.weights other) (Networks.weights model) "the weights of the restored network")

        forEach
            "a state that lacks something, or has it in another shape, is refused or was not needed"
            (methods ())
            (fun recipe ->
                let model = make ()
                use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
                Networks.byStep optimizer (Networks.batches 3 4 3 2)
                let saved = Checkpoints.copied (optimizer.State())

                for name in Seq.toArray saved.Keys do
                    let lacking = Checkpoints.copied saved
                    lacking.Remove name |> ignore
                    let other = Checkpoints.copied saved
                    other[name] <- Networks.normal [ 2; 3; 7; 1 ]

                    for spoilt in [ lacking; other ] do
                        let before = Networks.snapshot optimizer.State

                        try
                            optimizer.Restore spoilt
                            optimizer.Restore saved
                        with
                        | :? ArgumentException ->
                            Expect.equal (Networks.snapshot optimizer.State) before "the state of optimizer"
                        | error -> failwith $"without a sound '{name}': {error}")

        forEach
            "twenty steps of every method leave no tensor, and Dispose frees the rest"
            (methods () |> List.map paced)
            (fun recipe ->
                let model = make ()

                let steps (optimizer: Optimizer) count =
                    for _ in 1..count do
                        use _scope = torch.NewDisposeScope()
                        Networks.byStep optimizer (Networks.batches 1 4 3 2)

                let everything =
                    Oracle.leaked (fun () ->
                        use optimizer = Networks.optimizer model recipe 0.01 0.9 0.01
                        steps optimizer 10

                        Expect.equal (Oracle.leaked (fun () -> steps optimizer 20)) 0L "the number of tensors left")

                Expect.equal everything 0L "the number of tensors left")

        forEach "every method learns" (methods ()) (fun recipe ->
            let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 8; 2 ])
            let teacher = Networks.fromSeed 4 (fun () -> Networks.perceptron true [ 3; 8; 2 ])
            let input = Networks.normal [ 30; 3 ]
            let target = (teacher.call (input) * 3.0).detach()
            use optimizer = Networks.optimizer model recipe (rate recipe) 0.0 0.0

            let losses =
                List.init 100 (fun _ ->
                    use result = optimizer.Step(input, target)
                    result.Loss.ToDouble())

            Expect.isTrue (List.last losses < Tolerance.learnt * losses[0]) $"{losses[0]} -> {List.last losses}")

        forEach
            "every method trains an embedding, a LayerNorm and a grouped convolution together"
            (methods ())
            (fun recipe ->
                let model = Networks.fromSeed 3 mixed
                let input = torch.randint (7L, [| 12L; 5L |], dtype = torch.ScalarType.Int64)
                let target = Networks.normal [ 12; 2 ]
                let before = Networks.weights model
                // A window of gradients at M-FAC's damping takes steps a hundred times as long.
                let rate = if recipe.Curvature.IsWindow then 1e-3 else 0.02
                use optimizer = Networks.optimizer model recipe rate 0.0 0.0

                let losses =
                    List.init 20 (fun _ ->
                        use result = optimizer.Step(input, target)
                        result.Loss.ToDouble())

                Expect.isTrue (List.last losses < losses[0]) $"{losses[0]} -> {List.last losses}"

                for struct (name, parameter) in model.named_parameters () do
                    Expect.isTrue (Numbers.isFinite parameter) name

                Expect.all
                    (Array.map2 (-) before (Networks.weights model))
                    (fun change -> change <> 0.0)
                    "every weight must change")
    ]
