/// Every method in the ordinary loop and in front of another optimiser, with input that it cannot use, and with hardly
/// any.
module Foof.Core.Tests.MethodUseContract

open System
open Expecto
open Foof
open Foof.Core.Tests.MethodContract
open TorchSharp

/// One round of the ordinary loop.
let round (model: Networks.Network) (optimizer: torch.optim.Optimizer) =
    Networks.byLoop model optimizer (Networks.batches 1 4 3 2)

/// A network with finite output and a gradient that is NaN: the root of a zero.
let rooted () : Networks.Network =
    let first, last = Networks.linear 3 4 true, Networks.linear 4 2 true
    let zero (x: torch.Tensor) = (x * 0.0).sqrt()

    new Networks.Model([ "first", first; "last", last ], (fun x -> last.call (zero (first.call x) + x.sum ())))

/// A network whose hidden layer is dead: relu of numbers below zero.
let dead () : Networks.Network =
    let first, last = Networks.linear 3 5 true, Networks.linear 5 2 false
    torch.nn.init.constant_ (first.bias, -100.0) |> ignore
    new Networks.Model([ "first", first; "last", last ], (fun x -> last.call (first.call(x).relu())))

/// Networks and inputs that carry hardly any information, by name.
let private scarce () = [
    "one", make (), Networks.normal [ 1; 3 ]
    "constant", make (), torch.ones (4L, 3L, dtype = Networks.double)
    "zero", make (), torch.zeros (4L, 3L, dtype = Networks.double)
    "copies", make (), (Networks.normal [ 1; 3 ]).repeat(4L, 1L)
    "dead", dead (), Networks.normal [ 4; 3 ]
]

[<Tests>]
let tests =
    testList "Contracts.MethodUse" [
        forEach
            "the ordinary loop trains, or asks for Step or Observe where a method takes errors"
            (methods ())
            (fun recipe ->
                let model = make ()
                use optimizer = Networks.optimizer model recipe 0.05 0.0 0.0

                if Recipe.needsErrors recipe then
                    let error =
                        Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                            round model optimizer)

                    Expect.stringContains
                        error.Message
                        "train with Step(input, target), or call UpdateCurvature(input, target)"
                        "the message"
                    // A step makes the inverse that the loop cannot make.
                    Networks.byStep optimizer (Networks.batches 1 4 3 2)

                let before = Networks.weights model
                round model optimizer
                round model optimizer
                Expect.notEqual (Networks.weights model) before "the weights of the model")

        forEach
            "the ordinary loop takes every method's step where Step takes it"
            (methods () |> List.filter (fun recipe -> not (Recipe.needsErrors recipe)))
            (fun recipe ->
                let batches = Networks.batches 5 4 3 2
                let first, second = Networks.fromSeed 3 make, Networks.fromSeed 3 make
                use one = Networks.optimizer first recipe 0.05 0.9 0.01
                use other = Networks.optimizer second recipe 0.05 0.9 0.01
                Networks.byStep one batches
                Networks.byLoop second other batches
                Oracle.agrees Tolerance.trajectory (Networks.weights first) (Networks.weights second))

        forEach
            "in front of SGD every method gives the update of its own step"
            (methods () |> List.filter (fun recipe -> not recipe.IndependentBatches))
            (fun recipe ->
                let batches = Networks.batches 4 4 3 2
                let first, second = Networks.fromSeed 3 make, Networks.fromSeed 3 make

                use own = Networks.fromSeed 5 (fun () -> Networks.optimizer first recipe 0.05 0.9 0.0)

                use preconditioner =
                    Networks.fromSeed 5 (fun () -> new Preconditioner(second, recipe, Networks.gaussian))

                preconditioner.LearningRate <- 0.05
                use sgd = torch.optim.SGD(second.parameters (), 0.05, 0.9)
                let errors = Recipe.needsErrors recipe

                batches
                |> List.iter (fun batch ->
                    Networks.byStep own [ batch ]

                    if errors then preconditioner.UpdateCurvature(fst batch, snd batch)

                    Networks.byPreconditioner second preconditioner sgd [ batch ])

                Oracle.agrees Tolerance.trajectory (Networks.weights first) (Networks.weights second))

        forEach "NaN in inputs, targets or weights raises and changes nothing" (methods ()) (fun recipe ->
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

                Expect.isTrue (Networks.weights model |> Array.forall Double.IsFinite) "the weights are finite"

                use _quiet = torch.no_grad ()
                let weight = Seq.head (model.parameters ())
                weight.mul_ (nan.ToScalar()) |> ignore
                let byStep () = Networks.byStep optimizer untouched
                Networks.changesNothing<NumericalFailure> model optimizer byStep |> ignore)

        forEach
            "gradients with NaN raise, name the layer and change nothing, in Step and in the ordinary loop"
            (methods ())
            (fun recipe ->
                let model = rooted ()
                use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0

                let byStep () = Networks.byStep optimizer (Networks.batches 1 4 3 2)

                let error = Networks.changesNothing<NumericalFailure> model optimizer byStep
                Expect.equal error.Subject "layer 'first' (4 -> 4)" "the subject of error"

                if not (Recipe.needsErrors recipe) then
                    let byLoop () = round model optimizer
                    let error = Networks.changesNothing<NumericalFailure> model optimizer byLoop
                    Expect.equal error.Subject "layer 'first' (4 -> 4)" "the subject of error"
                    Expect.stringContains error.What "gradients are not finite" "the message")

        forEach "an empty batch is refused and changes nothing, in every method" (methods ()) (fun recipe ->
            let model = make ()
            use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
            Networks.byStep optimizer (Networks.batches 2 4 3 2)

            Networks.changesNothing<ArgumentException> model optimizer (fun () ->
                optimizer.Step(Networks.normal [ 0; 3 ], Networks.normal [ 0; 2 ]) |> ignore)
            |> ignore)

        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            forEach
                $"a batch of one, constant inputs, copies of a point and dead units give finite steps in {kind}"
                (methods ())
                (fun recipe ->
                    for name, model, input in scarce () do
                        model.``to`` kind |> ignore
                        use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
                        let input = input.``to`` kind

                        for _ in 1..4 do
                            Networks.byStep optimizer [ input, torch.randn (input.size 0, 2L, dtype = kind) ]

                        Expect.isTrue (Networks.weights model |> Array.forall Double.IsFinite) name)
    ]
