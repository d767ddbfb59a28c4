/// Fisher factors of models: every column against autograd's gradient of that data point, batches added up, and what is
/// refused.
module Foof.Core.Tests.FisherTests

open System
open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private make () = Networks.perceptron true [ 3; 4; 3 ]

let private layersOf (model: Networks.Network) =
    let layers = (Coverage.survey model Networks.everything).Layers
    layers

let private labels (numbers: int list) = torch.tensor (numbers |> List.map int64 |> List.toArray)

let private batch (input: torch.Tensor) target = { Input = input; Target = target }

let private factorOf model fisher (batch: CurvatureBatch) =
    Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) fisher batch

/// 1/n sum over data points of sum_c p(c | x) grad grad^T.
let private explicitFull (model: Networks.Network) (input: torch.Tensor) =
    let all = torch.zeros (input.size 0, dtype = torch.ScalarType.Int64)
    ExplicitCurvature.fisherOf model Likelihood.Categorical input Labels.All all

let private explicitEmpirical model (input: torch.Tensor) (numbers: int list) =
    let labels = labels numbers
    ExplicitCurvature.fisherOf model Likelihood.Categorical input (Labels.Given [| labels |]) labels

let private agrees (expected: Matrix<float>) G = Oracle.agreesWith Tolerance.explicit expected (FisherFactor.dense G)

let private ignored = [ 1; -100; 2; -100; -100; 0; 0 ]

[<Tests>]
let tests =
    testList "Fisher.Fisher" [
        test "the full and the empirical factor are the sums of autograd's gradients" {
            use _scope = torch.NewDisposeScope()
            let model, input = make (), Networks.normal [ 5; 3 ]
            agrees (explicitFull model input) (factorOf model Fisher.Ggn (batch input null))
            let numbers = [ 0; 2; 1; 1; 0 ]

            agrees
                (explicitEmpirical model input numbers)
                (factorOf model Fisher.Empirical (batch input (labels numbers)))
        }

        test "a Monte-Carlo factor is the mean over the labels that the generator draws" {
            use _scope = torch.NewDisposeScope()
            let model, input = make (), Networks.normal [ 4; 3 ]
            let output = (model.call input).detach()
            use generator = new torch.Generator(7uL)

            let drawn = [
                for _ in 1..3 ->
                    (Likelihood.sample Likelihood.Categorical output generator).data<int64>()
                    |> Seq.map int
                    |> Seq.toList
            ]

            use again = new torch.Generator(7uL)

            let G =
                Fisher.factor
                    { Problem.OfModel(model, Likelihood.Categorical) with Generator = again }
                    (Fisher.MonteCarlo 3)
                    (batch input null)

            let expected = drawn |> List.map (explicitEmpirical model input) |> Dense.sum |> fun sum -> sum / 3.0

            agrees expected G
        }

        test "ignored labels have no column and do not count" {
            use _scope = torch.NewDisposeScope()
            let model, input = make (), Networks.normal [ 7; 3 ]

            agrees
                (explicitEmpirical model input ignored)
                (factorOf model Fisher.Empirical (batch input (labels ignored)))

            let kept = input.index_select (0L, labels [ 0; 2; 5; 6 ])
            agrees (explicitFull model kept) (factorOf model Fisher.Ggn (batch input (labels ignored)))
        }

        test "weights in half precision are refused" {
            use _scope = torch.NewDisposeScope()

            for kind in [ torch.ScalarType.BFloat16; torch.ScalarType.Float16 ] do
                let model = (make ()).``to`` kind
                let input = (Networks.normal [ 4; 3 ]).``to`` kind

                Oracle.refused [ "must be Float32 or Float64 for curvature"; $"has {kind}" ] (fun () ->
                    factorOf model Fisher.Ggn (batch input null))
        }

        test "NaN in the data or the weights names the layer" {
            use _scope = torch.NewDisposeScope()
            let model = make ()
            let input = Networks.normal [ 4; 3 ]
            input[1L, 2L] <- torch.tensor nan

            let error =
                Oracle.raises<NumericalFailure>(fun () -> factorOf model Fisher.Ggn (batch input null) |> ignore)

            Expect.equal error.Subject "layer 'fc0' (4 -> 4)" "the subject of error"
            Expect.stringContains error.What "activations are not finite" "the message"
        }

        test "an empty batch and a layer that is not called are refused" {
            use _scope = torch.NewDisposeScope()
            let model = make ()

            Oracle.raises<ArgumentException>(fun () ->
                factorOf model Fisher.Ggn (batch (Networks.normal [ 0; 3 ]) null) |> ignore)
            |> ignore

            let used, unused = Networks.linear 3 3 true, Networks.linear 3 3 true
            let partly = new Networks.Model([ "used", used; "unused", unused ], used.call)

            let error =
                Oracle.raises<InvalidOperationException>(fun () ->
                    factorOf partly Fisher.Ggn (batch (Networks.normal [ 2; 3 ]) null) |> ignore)

            Expect.stringContains error.Message "layer 'unused' (4 -> 3) was not called" "the message"
        }
    ]
