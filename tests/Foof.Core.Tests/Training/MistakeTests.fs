/// A caller's mistakes and the numbers' failures: one clear error each, and the optimiser as before.
module Foof.Core.Tests.MistakeTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp
open TorchSharp.Modules

/// An optimiser in the middle of training, with momentum, statistics and inverses.
let midway (recipe: Recipe) =
    let model = Networks.perceptron true [ 3; 5; 2 ]
    let optimizer = Networks.optimizer model recipe 0.1 0.9 0.01
    Networks.byStep optimizer (Networks.batches 5 4 3 2)
    model, optimizer

/// A mistake that is made twice gives the same error twice, and the next step is as if nothing had happened.
let survives<'E when 'E :> exn> (mistake: Networks.Network -> Optimizer -> unit) =
    use _scope = torch.NewDisposeScope()
    let batches = lazy Networks.fromSeed 9 (fun () -> Networks.batches 6 4 3 2)
    let model, optimizer = Networks.fromSeed 8 (fun () -> midway Networks.someSteps)
    use _optimizer = optimizer

    let error = Networks.changesNothing<'E> model optimizer (fun () -> mistake model optimizer)

    Networks.changesNothing<'E> model optimizer (fun () -> mistake model optimizer) |> ignore

    Networks.byStep optimizer batches.Value
    let untroubled, other = Networks.fromSeed 8 (fun () -> midway Networks.someSteps)
    use _other = other
    Networks.byStep other batches.Value
    Expect.equal (Networks.weights model) (Networks.weights untroubled) "the weights of the model"
    error

[<Tests>]
let tests =
    testList "Training.Mistake" [
        test "a NaN loss raises, names the step and leaves everything as it was" {
            let failure =
                survives<NumericalFailure>(fun _ optimizer ->
                    optimizer.Step(Networks.normal [ 4; 3 ] * nan, Networks.normal [ 4; 2 ]) |> ignore)

            Expect.equal failure.Subject "step 6" "the subject of failure"
            Expect.stringContains failure.Message "the loss is NaN" "the message"
        }

        test "an infinite loss raises and leaves everything as it was" {
            survives<NumericalFailure>(fun _ optimizer ->
                optimizer.Step(Networks.normal [ 4; 3 ], Networks.normal [ 4; 2 ] * infinity) |> ignore)
            |> ignore
        }

        test "a target of the wrong shape is refused and changes nothing" {
            let error =
                survives<ArgumentException>(fun _ optimizer ->
                    optimizer.Step(Networks.normal [ 4; 3 ], Networks.normal [ 4; 1 ]) |> ignore)

            Expect.equal error.ParamName "target" "the parameter's name"
        }

        test "labels of the wrong type are refused and change nothing" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 5; 2 ]

            use optimizer = new Optimizer(model, Networks.everyStep, Likelihood.Categorical, 0.1, 0.9, 0.0)

            let mistake () =
                optimizer.Step(Networks.normal [ 4; 3 ], torch.zeros (4L, dtype = Networks.double)) |> ignore

            Expect.stringContains
                ((Networks.changesNothing<ArgumentException> model optimizer mistake).Message)
                "class indices"
                "the message"
        }

        test "a model that raises in its forward pass leaves no records behind" {
            // TorchSharp counts a parameter twice when it is made and once when it is freed, so that is not counted.
            let layer = Networks.linear 3 2 true

            let created =
                Oracle.leaked (fun () ->
                    use _scope = torch.NewDisposeScope()
                    let mutable broken = true

                    let run input =
                        if broken then
                            (layer.call input |> ignore
                             invalidOp "broken")
                        else
                            layer.call input

                    let model = new Networks.Model([ "fc", layer ], run)
                    use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.0 0.0
                    let input, target = Networks.normal [ 1; 3 ], Networks.normal [ 1; 2 ]

                    Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                        optimizer.Step(input, target) |> ignore)
                    |> ignore

                    broken <- false
                    Networks.byStep optimizer [ input, target ])

            layer.Dispose()
            Expect.equal created 0L "the number of new tensors"
        }

        test "a factorisation that fails leaves weights, averages, inverses, momentum and position" {
            use _scope = torch.NewDisposeScope()

            let recipe = {
                Networks.everyStep with
                    Attempts = Networks.forLargeOnly
                    OnFailure = OnFailure.Raise
                    Memory = Memory.MovingAverage 0.0
            }

            let model = Networks.perceptron false [ 3; 2 ]
            use optimizer = Networks.optimizer model recipe 0.1 0.9 0.0
            let input = Dense.toTensor (Dense.identity 3)
            Networks.byStep optimizer [ input * 1e3, Networks.normal [ 3; 2 ] ]
            let target = Networks.normal [ 3; 2 ]

            let byStep () = optimizer.Step(input, target) |> ignore

            let byLoop () = Networks.byLoop model optimizer [ input, target ]

            Networks.changesNothing<NumericalFailure> model optimizer byStep |> ignore
            Networks.changesNothing<NumericalFailure> model optimizer byLoop |> ignore
            Expect.equal optimizer.BatchesSeen 1 "the position of optimizer"
        }

        test "a layer frozen after the optimiser was made is an error in Step" {
            use _scope = torch.NewDisposeScope()
            let model, optimizer = midway Networks.someSteps
            use _optimizer = optimizer
            (Seq.head (model.parameters ())).requires_grad <- false

            let error =
                Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                    optimizer.Step(Networks.normal [ 4; 3 ], Networks.normal [ 4; 2 ]) |> ignore)

            Expect.stringContains error.Message "frozen" "the message"
        }

        test "a parameter in two groups is refused" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]

            let group () = ParameterGroup(model.parameters (), 0.1, 0.0, 0.0)

            let all = Seq.toArray (model.parameters ())
            let twice = ParameterGroup([| all[0]; all[0] |], 0.1, 0.0, 0.0)

            for groups in [ [ group (); group () ]; [ twice ] ] do
                let make () = new Optimizer(model, Networks.everyStep, Networks.gaussian, groups = groups) |> ignore

                Expect.stringContains ((Oracle.raises<ArgumentException> make).Message) "one group only" "the message"
        }

        test "a refused group leaves no trace" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]
            let all = Seq.toArray (model.parameters ())
            use optimizer = new Optimizer(model, Networks.everyStep, Networks.gaussian)
            let other = new Modules.Parameter(torch.ones (2L, dtype = Networks.double))
            let overlapping = ParameterGroup([| other; all[0] |])

            Oracle.raises<ArgumentException>(fun () -> optimizer.add_param_group overlapping) |> ignore

            Expect.equal (Seq.length optimizer.ParamGroups) 1 "the number of groups"
            optimizer.add_param_group (ParameterGroup [| other |])
            Expect.equal (Seq.length optimizer.ParamGroups) 2 "the number of groups after one that fits"
        }

        test "a parameter group of TorchSharp keeps its learning rate, and must have parameters" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            let other = new Modules.Parameter(torch.ones (2L, dtype = Networks.double))

            optimizer.add_param_group (
                ParamGroup(Parameters = [| other |], Options = Modules.OptimizerOptions(LearningRate = 0.3))
            )

            let added = Seq.last optimizer.ParamGroups :?> ParameterGroup
            Expect.equal (added.LearningRate, added.Options.Momentum) (0.3, 0.9) "rate and momentum"

            let error = Oracle.raises<ArgumentException>(fun () -> optimizer.add_param_group (ParamGroup()))

            Expect.stringContains error.Message "A group must have parameters" "the message"
        }

        test "settings and recipes that make no sense are refused when the optimiser is made" {
            let model = Networks.perceptron true [ 3; 2 ]

            let cadence T S = { InvertEvery = T; StatisticsSteps = S; WarmUp = 1 }

            let refused name (make: unit -> Optimizer) =
                Expect.equal ((Oracle.raises<ArgumentException>(make >> ignore)).ParamName) name "the parameter's name"

            let recipe change = fun () -> Networks.optimizer model change 0.1 0.0 0.0

            refused "learningRate" (fun () -> Networks.optimizer model Networks.everyStep 0.0 0.0 0.0)
            refused "momentum" (fun () -> Networks.optimizer model Networks.everyStep 0.1 1.0 0.0)
            refused "weightDecay" (fun () -> Networks.optimizer model Networks.everyStep 0.1 0.0 -1.0)
            refused "Damping" (recipe { Methods.foof with Damping = 0.0 })
            refused "Damping" (recipe { Methods.foof with Damping = -1.0 })

            refused "InvertEvery" (recipe { Methods.foof with Cadence = cadence 0 1 })

            refused "StatisticsSteps" (recipe { Methods.foof with Cadence = cadence 5 6 })

            refused "MovingAverage" (recipe { Methods.foof with Memory = Memory.MovingAverage 1.0 })

            // An optimiser that was not finished must not be finalised: that would end the process.
            GC.Collect()
            GC.WaitForPendingFinalizers()
        }

        test "inputs whose squares overflow raise and change nothing" {
            let model = (Networks.perceptron true [ 3; 6; 2 ]).``to`` torch.ScalarType.Float32
            let input = torch.full (4L, 3L, 1e25, dtype = torch.ScalarType.Float32)
            use preconditioner = new Preconditioner(model, Methods.foof)

            let error = Oracle.raises<NumericalFailure>(fun () -> preconditioner.UpdateCurvature(input, null))

            Expect.equal error.What "the squares of inputs exceed what Float32 holds" "what failed"
        }

        test "an optimiser that was disposed of says so" {
            use _scope = torch.NewDisposeScope()
            let _, optimizer = midway Networks.someSteps
            (optimizer :> IDisposable).Dispose()

            for use' in
                [
                    fun () -> optimizer.Step(Networks.normal [ 4; 3 ], Networks.normal [ 4; 2 ]) |> ignore
                    fun () -> optimizer.step () |> ignore
                    fun () -> optimizer.State() |> ignore
                ] do
                Oracle.raises<ObjectDisposedException> use' |> ignore
        }

        test "a null is refused by its name" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]

            for make, name in
                [
                    (fun () -> new Optimizer(null, Methods.foof, Networks.gaussian)), "model"
                    (fun () -> new Optimizer(model, Unchecked.defaultof<Recipe>, Networks.gaussian)), "recipe"
                    (fun () -> new Optimizer(model, Methods.foof, Unchecked.defaultof<Likelihood>)), "likelihood"
                ] do
                let error = Oracle.raises<ArgumentNullException>(make >> ignore)
                Expect.equal error.ParamName name "the parameter's name"

            use optimizer = new Optimizer(model, Methods.foof, Networks.gaussian)

            for input, target, name in
                [ null, Networks.normal [ 4; 2 ], "input"; Networks.normal [ 4; 3 ], null, "target" ] do
                let error = Oracle.raises<ArgumentNullException>(fun () -> optimizer.Step(input, target) |> ignore)
                Expect.equal error.ParamName name "the parameter's name"
        }

        test "labels that a likelihood cannot have are refused, and nothing changes" {
            for likelihood, label in [ Likelihood.Bernoulli, -5.0; Likelihood.Bernoulli, 1.5; Likelihood.Poisson, -1.0 ] do
                use _scope = torch.NewDisposeScope()
                let model = Networks.perceptron true [ 3; 2 ]
                use optimizer = new Optimizer(model, Networks.everyStep, likelihood)
                let target = torch.ones (4L, 2L, dtype = Networks.double)
                optimizer.Step(Networks.normal [ 4; 3 ], target).Dispose()

                let error =
                    Networks.changesNothing<ArgumentException> model optimizer (fun () ->
                        optimizer.Step(Networks.normal [ 4; 3 ], target * label) |> ignore)

                Expect.stringContains error.Message "8 of 8 labels" "the message"
        }

        test "weights in half precision are refused" {
            use _scope = torch.NewDisposeScope()
            let model = (Networks.perceptron true [ 3; 2 ]).``to`` torch.ScalarType.BFloat16

            Oracle.refused [ "must be Float32 or Float64"; "has BFloat16" ] (fun () ->
                new Optimizer(model, Methods.foof, Networks.gaussian))
        }
    ]
