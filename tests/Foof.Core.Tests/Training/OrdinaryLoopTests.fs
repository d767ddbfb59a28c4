/// The ordinary loop and the preconditioner in front of another optimiser take the steps of `Step`, and what is refused
/// leaves no trace.
module Foof.Core.Tests.OrdinaryLoopTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Methods that need no errors, with each batch's statistics used from the next step on.
let independent () = [
    for recipe in MethodRuns.methods () do
        if not (Recipe.needsErrors recipe) then { recipe with IndependentBatches = true }
    { Networks.someSteps with IndependentBatches = true }
]

let make () = Networks.perceptron true [ 3; 6; 2 ]
let backward (model: Networks.Network) (input: torch.Tensor) =
    let loss = (model.call input).square().sum()
    loss.backward ()
/// A network whose running statistics are kept.
let normalised () : Networks.Network =
    torch.nn.Sequential(
        struct ("fc", torch.nn.Linear(3L, 4L, dtype = Networks.double) :> torch.nn.Module<_, _>),
        struct ("norm", torch.nn.BatchNorm1d(4L, dtype = Networks.double) :> torch.nn.Module<_, _>),
        struct ("out", torch.nn.Linear(4L, 2L, dtype = Networks.double) :> torch.nn.Module<_, _>)
    )

let buffers (model: Networks.Network) =
    model.buffers () |> Seq.map (fun own -> Dense.values (own.``to`` Networks.double)) |> Seq.toArray
[<Tests>]
let tests =
    testList "Training.OrdinaryLoop" [
        test "the loop and the preconditioner take independent batches as Step does" {
            for recipe in independent () do
                use _scope = torch.NewDisposeScope()
                let batches = Networks.batches 8 4 3 2
                let models = Array.init 3 (fun _ -> Networks.fromSeed 3 make)
                use stepped = Networks.optimizer models[0] recipe 0.05 0.0 0.0
                use looped = Networks.optimizer models[1] recipe 0.05 0.0 0.0
                use preconditioner = new Preconditioner(models[2], recipe)
                use sgd = torch.optim.SGD(models[2].parameters(), 0.05)
                Networks.byStep stepped batches
                Networks.byLoop models[1] looped batches
                Networks.byPreconditioner models[2] preconditioner sgd batches
                let expected = Networks.weights models[0]
                Oracle.agrees Tolerance.trajectory expected (Networks.weights models[1])
                Oracle.agrees Tolerance.trajectory expected (Networks.weights models[2])
        }

        test "Apply clips at the preconditioner's learning rate, as Precondition does" {
            use _scope = torch.NewDisposeScope()
            let recipe = { Networks.everyStep with Trust = Trust.KlClip 1e-3 }
            let model = Networks.perceptron false [ 3; 2 ]
            use preconditioner = new Preconditioner(model, recipe, LearningRate = 0.3)
            backward model (Networks.normal [ 5; 3 ])
            let gradient = (Oracle.only preconditioner.Layers).Weight.grad.clone()
            preconditioner.Precondition()
            let layer = Oracle.only preconditioner.Layers
            let expected = Dense.values layer.Weight.grad
            Oracle.agrees Tolerance.rounding expected (Dense.values (preconditioner.Apply(layer, gradient)))
        }

        test "a refused step leaves running statistics, a step updates them once" {
            use _scope = torch.NewDisposeScope()
            let model = normalised ()
            use optimizer = new Optimizer(model, Networks.everyStep, Likelihood.Categorical)
            let input = Networks.normal [ 5; 3 ]
            let before = buffers model

            for input, label in [ input, 7L; input * nan, 1L ] do
                Expect.throws
                    (fun () -> optimizer.Step(input, torch.full (5L, label, dtype = torch.ScalarType.Int64)).Dispose())
                    "a step that is refused"

                Expect.equal (buffers model) before "the running statistics"

            optimizer.Step(input, torch.ones (5L, dtype = torch.ScalarType.Int64)).Dispose()
            let count = model.named_buffers () |> Seq.find (fun struct (name, _) -> name.EndsWith "num_batches_tracked")
            let struct (_, counted) = count
            Expect.equal (Dense.values (counted.``to`` Networks.double)) [| 1.0 |] "the number of batches"
        }

        test "a trunk that runs without gradients stays as it is, and every method trains the head as if it were alone" {
            for recipe in MethodRuns.methods () do
                use _scope = torch.NewDisposeScope()
                let trunk, head = Networks.fromSeed 3 (fun () -> Networks.linear 4 5 true, Networks.linear 5 2 true)
                let alone = Networks.linear 5 2 true
                Array.iter2
                    (fun (own: Modules.Parameter) (other: Modules.Parameter) ->
                        use _quiet = torch.no_grad ()
                        own.copy_ other |> ignore)
                    (Seq.toArray (alone.parameters ()))
                    (Seq.toArray (head.parameters ()))

                let features (x: torch.Tensor) =
                    use _quiet = torch.no_grad ()
                    (trunk.call x).tanh()

                let model = new Networks.Model([ "trunk", trunk; "head", head ], features >> head.call)
                let before = Networks.weights trunk
                // Labels are sampled by the same numbers.
                Networks.seeded 11
                use whole = Networks.optimizer model recipe 0.01 0.0 0.0
                Networks.seeded 11
                use single = Networks.optimizer (new Networks.Model([ "head", alone ], alone.call)) recipe 0.01 0.0 0.0

                for input, target in Networks.batches 4 6 4 2 do
                    whole.Step(input, target).Dispose()
                    single.Step(features input, target).Dispose()

                Expect.equal (Networks.weights trunk) before $"the trunk's weights with {recipe.Name}"
                Oracle.agrees Tolerance.trajectory (Networks.weights alone) (Networks.weights head)
        }

        test "a damping that float32 cannot hold is refused where the optimiser is made" {
            for recipe in [ Methods.natural; Methods.mfac; Methods.eva ] do
                let model = (make ()).``to`` torch.ScalarType.Float32
                let recipe = { recipe with Damping = 1e-300 }

                Oracle.refused [ "Damping must be at least 1e-37"; "1E-300" ] (fun () ->
                    new Optimizer(model, recipe, Networks.gaussian))
        }
    ]
