/// What every method promises besides its update: checkpoints, lifetimes, learning, all layers, errors that change
/// nothing, and steps without data.
[<Seeded>]
module Foof.Core.Tests.MethodContractTests

open System
open Foof
open TorchSharp
open Xunit

let methods () = MethodChecksTests.methods ()

/// The same with a cadence whose phases fall into a dozen steps, where the method has one.
let paced (recipe: Recipe) =
    if recipe.Curvature.IsWindow then
        recipe
    else
        {
            recipe with
                Cadence = Networks.someSteps.Cadence
        }

/// A sentence for each method that fails, all of them at once.
let forEach (recipes: Recipe list) (action: Recipe -> unit) =
    let failures = [
        for recipe in recipes do
            try
                Networks.seeded 42
                use _scope = torch.NewDisposeScope()
                action recipe
            with error ->
                $"{recipe.Name}: {error.GetType().Name}: {error.Message}\n{error.StackTrace}"
    ]

    Assert.True(failures.IsEmpty, String.concat "\n" failures)

let make () = Networks.perceptron true [ 3; 6; 2 ]

[<Fact>]
let ``every method continues from its state to the same bits`` () =
    forEach (methods () |> List.map paced) (fun recipe ->
        for before in [ 0; 1; 4; 6 ] do
            let batches = Networks.batches 10 4 3 2
            let model = make ()
            use optimizer = Networks.optimizer model recipe 0.05 0.9 0.01
            Networks.byStep optimizer (List.take before batches)
            let saved = StateTests.copied (optimizer.State())
            let other = make ()
            use restored = Networks.optimizer other recipe 0.05 0.9 0.01
            Networks.byStep restored (Networks.batches 3 5 3 2)
            StateTests.copyWeights model other
            restored.Restore saved
            Assert.Equal<Map<string, float array>>(Networks.frozen saved, Networks.snapshot restored.State)
            Networks.seeded 7
            Networks.byStep optimizer (List.skip before batches)
            Networks.seeded 7
            Networks.byStep restored (List.skip before batches)
            Assert.Equal<float array>(Networks.weights model, Networks.weights other))

[<Fact>]
let ``a state that lacks something, or has it in another shape, is refused or was not needed`` () =
    forEach (methods ()) (fun recipe ->
        let model = make ()
        use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
        Networks.byStep optimizer (Networks.batches 3 4 3 2)
        let saved = StateTests.copied (optimizer.State())

        for name in Seq.toArray saved.Keys do
            let lacking = StateTests.copied saved
            lacking.Remove name |> ignore
            let other = StateTests.copied saved
            other[name] <- Networks.normal [ 2; 3; 7; 1 ]

            for spoilt in [ lacking; other ] do
                let before = Networks.snapshot optimizer.State

                try
                    optimizer.Restore spoilt
                    optimizer.Restore saved
                with
                | :? ArgumentException ->
                    Assert.Equal<Map<string, float array>>(before, Networks.snapshot optimizer.State)
                | error -> failwith $"without a sound '{name}': {error}")

[<Fact>]
let ``twenty steps of every method leave no tensor, and Dispose frees the rest`` () =
    forEach (methods () |> List.map paced) (fun recipe ->
        let model = make ()

        let steps (optimizer: Optimizer) count =
            for _ in 1..count do
                use _scope = torch.NewDisposeScope()
                Networks.byStep optimizer (Networks.batches 1 4 3 2)

        let everything =
            Oracle.leaked (fun () ->
                use optimizer = Networks.optimizer model recipe 0.01 0.9 0.01
                steps optimizer 10
                Assert.Equal(0L, Oracle.leaked (fun () -> steps optimizer 20)))

        Assert.Equal(0L, everything))

/// Step sizes at which a small problem is learnt in a hundred steps.
let rate (recipe: Recipe) =
    match recipe.Name with
    | "natural"
    | "natural-full"
    | "natural-blocks"
    | "foof" -> 0.5
    | "shampoo" -> 0.3
    | "mfac" -> 0.02
    | "sngd" -> 0.1
    | "eva" -> 0.3
    | _ -> 0.1

[<Fact>]
let ``every method learns`` () =
    forEach (methods ()) (fun recipe ->
        let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 8; 2 ])
        let teacher = Networks.fromSeed 4 (fun () -> Networks.perceptron true [ 3; 8; 2 ])
        let input = Networks.normal [ 30; 3 ]
        let target = (teacher.call(input) * 3.0).detach ()
        use optimizer = Networks.optimizer model recipe (rate recipe) 0.0 0.0

        let losses =
            List.init 100 (fun _ ->
                use result = optimizer.Step(input, target)
                result.Loss.ToDouble())

        Assert.True(List.last losses < Tolerance.learnt * losses[0], $"{losses[0]} -> {List.last losses}"))

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
            let z = (convolution.call (x.transpose (1L, 2L))).tanh ()
            head.call (z.mean [| 2L |])
    )

[<Fact>]
let ``every method trains an embedding, a LayerNorm and a grouped convolution together`` () =
    forEach (methods ()) (fun recipe ->
        let model = Networks.fromSeed 3 mixed
        let input = torch.randint (7L, [| 12L; 5L |], dtype = torch.ScalarType.Int64)
        let target = Networks.normal [ 12; 2 ]
        let before = Networks.weights model
        use optimizer = Networks.optimizer model recipe 0.02 0.0 0.0

        let losses =
            List.init 20 (fun _ ->
                use result = optimizer.Step(input, target)
                result.Loss.ToDouble())

        Assert.True(List.last losses < losses[0], $"{losses[0]} -> {List.last losses}")

        for struct (name, parameter) in model.named_parameters () do
            Assert.True(Reading.isFinite parameter, name)

        Assert.DoesNotContain(0.0, Array.map2 (-) before (Networks.weights model)))

/// One round of the ordinary loop.
let round (model: Networks.Network) (optimizer: torch.optim.Optimizer) =
    Networks.byLoop model optimizer (Networks.batches 1 4 3 2)

[<Fact>]
let ``the ordinary loop trains, or asks for Step or Observe where a method takes errors`` () =
    forEach (methods ()) (fun recipe ->
        let model = make ()
        use optimizer = Networks.optimizer model recipe 0.05 0.0 0.0

        if Recipe.needsErrors recipe then
            let error =
                Networks.changesNothing<InvalidOperationException> model optimizer (fun () -> round model optimizer)

            Assert.Contains("train with Step(input, target), or call Observe(input, target)", error.Message)
            // A step brings what was missing.
            Networks.byStep optimizer (Networks.batches 1 4 3 2)

        let before = Networks.weights model
        round model optimizer
        round model optimizer
        Assert.NotEqual<float array>(before, Networks.weights model))

[<Fact>]
let ``the ordinary loop takes every method's step where Step takes it`` () =
    forEach (methods ()) (fun recipe ->
        if not (Recipe.needsErrors recipe) then
            let batches = Networks.batches 5 4 3 2
            let first, second = Networks.fromSeed 3 make, Networks.fromSeed 3 make
            use one = Networks.optimizer first recipe 0.05 0.9 0.01
            use other = Networks.optimizer second recipe 0.05 0.9 0.01
            Networks.byStep one batches
            Networks.byLoop second other batches
            Oracle.agrees Tolerance.trajectory (Networks.weights first) (Networks.weights second))

[<Fact>]
let ``in front of SGD every method gives the update of its own step`` () =
    forEach (methods ()) (fun recipe ->
        if not recipe.IndependentBatches then
            let batches = Networks.batches 4 4 3 2
            let first, second = Networks.fromSeed 3 make, Networks.fromSeed 3 make
            use own = Networks.optimizer first recipe 0.05 0.9 0.0
            use preconditioner = new Preconditioner(second, recipe, Networks.gaussian)
            preconditioner.LearningRate <- 0.05
            use sgd = torch.optim.SGD(second.parameters (), 0.05, 0.9)
            let errors = Recipe.needsErrors recipe

            batches
            |> List.iteri (fun step batch ->
                Networks.seeded step
                Networks.byStep own [ batch ]
                Networks.seeded step

                if errors then
                    preconditioner.Observe(fst batch, snd batch)

                Networks.byPreconditioner second preconditioner sgd [ batch ])

            Oracle.agrees Tolerance.trajectory (Networks.weights first) (Networks.weights second))

[<Fact>]
let ``NaN in inputs, targets or weights raises and changes nothing, in every method`` () =
    forEach (methods ()) (fun recipe ->
        for steps in [ 0; 2 ] do
            let model = make ()
            use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
            Networks.byStep optimizer (Networks.batches steps 4 3 2)
            let input, target = List.head (Networks.batches 1 4 3 2)

            for input, target in [ input * nan, target; input, target * nan ] do
                let byStep () = optimizer.Step(input, target) |> ignore
                Networks.changesNothing<NumericalFailure> model optimizer byStep |> ignore

            let untouched = Networks.batches 1 4 3 2
            Networks.byStep optimizer untouched
            Assert.True(Networks.weights model |> Array.forall Double.IsFinite)
            use _quiet = torch.no_grad ()
            let weight = Seq.head (model.parameters ())
            weight.mul_ (nan.ToScalar()) |> ignore
            let byStep () = Networks.byStep optimizer untouched
            Networks.changesNothing<NumericalFailure> model optimizer byStep |> ignore)

[<Fact>]
let ``an empty batch is refused and changes nothing, in every method`` () =
    forEach (methods ()) (fun recipe ->
        let model = make ()
        use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
        Networks.byStep optimizer (Networks.batches 2 4 3 2)

        Networks.changesNothing<ArgumentException> model optimizer (fun () ->
            optimizer.Step(Networks.normal [ 0; 3 ], Networks.normal [ 0; 2 ]) |> ignore)
        |> ignore)

/// A network whose hidden layer is dead: relu of numbers below zero.
let dead () : Networks.Network =
    let first, last = Networks.linear 3 5 true, Networks.linear 5 2 false
    torch.nn.init.constant_ (first.bias, -100.0) |> ignore
    new Networks.Model([ "first", first; "last", last ], (fun x -> last.call (first.call(x).relu ())))

[<Fact>]
let ``a batch of one, constant inputs, copies of a point and dead units give finite steps`` () =
    let point = Networks.normal [ 1; 3 ]

    let cases () = [
        "one", make (), Networks.normal [ 1; 3 ]
        "constant", make (), torch.ones (4L, 3L, dtype = Networks.double)
        "zero", make (), torch.zeros (4L, 3L, dtype = Networks.double)
        "copies", make (), point.repeat (4L, 1L)
        "dead", dead (), Networks.normal [ 4; 3 ]
    ]

    for kind in [ Networks.double; torch.ScalarType.Float32 ] do
        forEach (methods ()) (fun recipe ->
            for name, model, input in cases () do
                model.``to`` kind |> ignore
                use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
                let input = input.``to`` kind

                for _ in 1..4 do
                    Networks.byStep optimizer [ input, torch.randn (input.size 0, 2L, dtype = kind) ]

                Assert.True(Networks.weights model |> Array.forall Double.IsFinite, name))

[<Fact>]
let ``steps of every method run on shapes without data`` () =
    let meta (shape: int64 array) =
        torch.zeros (shape, dtype = Networks.double, device = torch.META)

    for n in [ 2L; 9L ] do
        forEach (methods ()) (fun recipe ->
            let layer (inputs: int64) (outputs: int64) =
                torch.nn.Linear(inputs, outputs, device = torch.META, dtype = Networks.double) :> Networks.Network

            let model = torch.nn.Sequential([| layer 3L 6L; torch.nn.Tanh(); layer 6L 2L |])
            use optimizer = Networks.optimizer model recipe 0.05 0.9 0.01

            for _ in 1..3 do
                use result = optimizer.Step(meta [| n; 3L |], meta [| n; 2L |])
                Assert.True result.Output.is_meta)
