/// Influence of data points and of weight decay against retraining a model whose loss is convex.
module Foof.Core.Tests.InfluenceTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private decay = 0.5

/// The layers of a softmax regression, which is one layer.
let private layersOf (model: Networks.Network) =
    let layers = (Coverage.survey model Networks.everything).Layers
    layers

let private input () = Networks.fromSeed 4 (fun () -> Networks.normal [ 8; 3 ])

let private target () = torch.tensor [| 0L; 1L; 2L; 1L; 0L; 2L; 2L; 1L |]

let private validation () = Networks.fromSeed 5 (fun () -> Networks.normal [ 6; 3 ])

let private validationTarget () = torch.tensor [| 2L; 1L; 0L; 1L; 0L; 2L |]

let private lossOf (model: Networks.Network) (counts: torch.Tensor) (lambda: float) =
    let each = torch.nn.functional.cross_entropy (model.call (input ()), target (), reduction = torch.nn.Reduction.None)

    let penalty = model.parameters () |> Seq.map (fun p -> p.square().sum()) |> Seq.reduce (fun x y -> x + y)

    (each * counts).sum() + penalty * (lambda / 2.0)

/// The optimum of sum counts_i loss_i + lambda/2 |theta|^2 by Newton's method.
let private train (counts: torch.Tensor) (lambda: float) : Networks.Network =
    let model = Networks.fromSeed 6 (fun () -> Networks.perceptron true [ 3; 3 ])

    let parameters = model.parameters () |> Seq.map (fun p -> p :> torch.Tensor) |> Seq.toArray

    for _ in 1..30 do
        let loss = lossOf model counts lambda

        let gradients = torch.autograd.grad ([| loss |], parameters, retain_graph = true, create_graph = true)

        let flat = torch.cat (gradients |> Seq.map _.flatten() |> Seq.toArray, 0L)

        let H =
            torch.stack (
                [|
                    for i in 0L .. flat.size 0 - 1L ->
                        let rows = torch.autograd.grad ([| flat[i] |], parameters, retain_graph = true)
                        torch.cat (rows |> Seq.map _.flatten() |> Seq.toArray, 0L)
                |],
                0L
            )

        use _quiet = torch.no_grad ()
        let step = torch.linalg.solve (H, flat.unsqueeze 1L)
        let mutable start = 0L

        for parameter in parameters do
            let own = step.squeeze(1L).narrow(0L, start, parameter.numel ())
            parameter.sub_ (own.view parameter.shape) |> ignore
            start <- start + parameter.numel ()

    model

let private validationLoss (model: Networks.Network) =
    torch.nn.functional.cross_entropy(model.call (validation ()), validationTarget ()).ToDouble()

let private uniform () = torch.full (8L, 1.0 / 8.0, dtype = Networks.double)

let private factorOf model fisher (input: torch.Tensor) (target: torch.Tensor) =
    Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) fisher { Input = input; Target = target }

/// F of a softmax regression is its Hessian.
let private factored model =
    let G = factorOf model Fisher.Ggn (input ()) (target ())
    Factored.make Damping.Tikhonov decay (Curvature.LowRank G)

let private validationGradient model =
    Jacobian.meanGradient (factorOf model Fisher.Empirical (validation ()) (validationTarget ()))

[<Tests>]
let tests =
    testList "Curvature.Influence" [
        test "the influence of a training point is the derivative of the validation loss by its weight" {
            use _scope = torch.NewDisposeScope()
            let model = train (uniform ()) decay
            let empirical = factorOf model Fisher.Empirical (input ()) (target ())

            let found = Influence.ofPoints empirical (validationGradient model) (factored model) |> Dense.values

            let h = 2e-5

            let expected =
                Array.init 8 (fun i ->
                    let at (change: float) =
                        let counts = uniform ()
                        counts[int64 i].add_(change.ToScalar()) |> ignore
                        validationLoss (train counts decay)

                    (at h - at -h) / (2.0 * h))

            Oracle.agrees Tolerance.differences expected found
        }

        test "the hypergradient is the derivative of the validation loss by the weight decay" {
            use _scope = torch.NewDisposeScope()
            let model = train (uniform ()) decay
            let theta = WeightPenalty.copied (layersOf model)
            let h = 1e-5

            let at lambda = validationLoss (train (uniform ()) lambda)

            let expected = (at (decay + h) - at (decay - h)) / (2.0 * h)

            let found = Influence.hypergradient theta (validationGradient model) (factored model)

            Oracle.agrees Tolerance.differences [| expected |] [| found.sum().ToDouble() |]
            let moved = Influence.ofWeightDecay theta (factored model)
            let along = WeightVector.dot moved (validationGradient model)
            Oracle.agrees Tolerance.explicit [| found.sum().ToDouble() |] [| along.ToDouble() |]
        }

        test "leaving a point out is predicted to first order" {
            use _scope = torch.NewDisposeScope()
            let model = train (uniform ()) decay
            let empirical = factorOf model Fisher.Empirical (input ()) (target ())

            let found = Influence.ofPoints empirical (validationGradient model) (factored model) |> Dense.values

            let before = validationLoss model

            let changes =
                Array.init 8 (fun i ->
                    let counts = uniform ()
                    counts[int64 i].zero_() |> ignore
                    validationLoss (train counts decay) - before)

            let predicted = found |> Array.map (fun x -> -x / 8.0)

            let correlation = MathNet.Numerics.Statistics.Correlation.Pearson(changes, predicted)

            Expect.isTrue (correlation > 0.9) $"the correlation is {correlation}"
        }
    ]
