/// The check of a step's loss and gradients: one number leaves the device, and nothing passes that is not finite.
module Foof.Core.Tests.FinitenessTests

open System
open Expecto
open Foof
open TorchSharp

let private single = torch.ScalarType.Float32

let private normal (shape: int list) = (Networks.normal shape).``to`` single

let private tensors () = [|
    normal [ 3; 4 ]
    normal [ 5; 1 ]
    (Networks.normal [ 4; 3 ]).t()
    torch.tensor 2.5f
    (normal [ 2; 2 ]).``to`` torch.ScalarType.BFloat16
|]

[<Tests>]
let tests =
    testList "Training.Finiteness" [
        for onProcessor in [ true; false ] do
            test $"sums are finite where all elements are, of any shape and type: {onProcessor}" {
                use _scope = torch.NewDisposeScope()
                let sums = Finiteness.sums onProcessor

                Expect.isTrue (Numbers.isFinite (sums (tensors ()))) "the sums are finite"

                Expect.isTrue (Numbers.isFinite (sums [| torch.ones 2L |])) "the sums of one tensor are finite"

                Expect.equal ((sums (tensors ())).dtype) single "the type of the sums"

                for i in 0..4 do
                    for bad in [ nan; infinity; -infinity ] do
                        let all = tensors ()
                        // One element.
                        (if all[i].dim() = 0L then all[i] else all[i].select(0L, 0L).select(0L, 0L))
                            .fill_(bad.ToScalar())
                        |> ignore

                        Expect.isFalse (Numbers.isFinite (sums all)) $"{bad} in tensor {i} is not seen"
            }

        test "the loss is named before the gradients, and it is no error if only a sum overflows" {
            use _scope = torch.NewDisposeScope()
            let model = (Networks.perceptron false [ 2; 2 ]).``to`` single
            let layers = ExplicitCurvature.layersOf model

            let gradients (matrix: torch.Tensor) (plain: torch.Tensor) = {
                Layers = [| ValueSome(Direction.Matrix matrix) |]
                Plain = [| struct (new TorchSharp.Modules.Parameter(torch.ones 1L), plain) |]
            }

            let fine, bad = torch.ones (2L, 2L), torch.full (2L, 2L, nanf)

            let require (loss: float) gradients =
                Finiteness.requireStep
                    Likelihood.Categorical
                    (torch.zeros (3L, 2L))
                    (torch.zeros (3L, dtype = torch.int64))
                    7
                    (torch.tensor loss)
                    model
                    layers
                    gradients

            let message action = (Oracle.raises<NumericalFailure> action).Message

            require 1.0 (gradients fine fine)
            require 1.0 (gradients fine null)

            Expect.stringContains (message (fun () -> require nan (gradients bad fine))) "the loss is NaN" "the message"

            Expect.stringContains (message (fun () -> require infinity (gradients fine fine))) "step 7" "the message"

            Expect.stringContains (message (fun () -> require 1.0 (gradients bad bad))) "fc0" "the message"

            Expect.stringContains
                (message (fun () -> require 1.0 (gradients fine bad)))
                "a parameter outside the model"
                "the message"

            let large = torch.full (2L, 2L, 3e38f)

            Expect.isFalse (Double.IsFinite(float (large.sum().item<float32>()))) "the sum in float32 overflows"

            require 1.0 (gradients fine large)
            // A loss beyond float32's range is a number in float64.
            require 1e300 (gradients fine fine)
        }
    ]
