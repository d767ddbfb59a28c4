/// Labels drawn from the model.
module Foof.Core.Tests.LikelihoodSampleTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// How many labels a frequency comes from.
let draws = 20000

/// One data point's output, repeated as so many data points.
let repeated (case: Likelihoods.Case) =
    let one = Networks.normal (1 :: List.tail case.Shape)
    let shape = Array.append [| int64 draws |] (Array.tail one.shape)
    one.expand(shape).contiguous()

/// Asserts that the mean of every column of X [draws; D] lies within five standard errors of its expectation.
let meansAgree (expected: torch.Tensor) (X: torch.Tensor) =
    let mean = Dense.values (X.mean [| 0L |])
    let error = Dense.values (X.std (0L) / sqrt (float draws))

    for i, value in Array.indexed (Dense.values expected) do
        Expect.isTrue
            (abs (mean[i] - value) <= Tolerance.monteCarlo * error[i] + Tolerance.rounding)
            $"mean {mean[i]} instead of {value}, standard error {error[i]}"

let flat (tensor: torch.Tensor) = tensor.reshape (tensor.size 0, -1L)

[<Tests>]
let tests =
    testList "Likelihoods.LikelihoodSample" [
        Likelihoods.forEach
            "labels have the shape and type that the loss takes, and are possible"
            Likelihoods.cases
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case

                for kind in [ torch.ScalarType.Float32; torch.ScalarType.Float64 ] do
                    let f = f.``to`` kind
                    let drawn = Likelihood.sample case.Likelihood f null
                    Expect.equal drawn.shape y.shape "the shape of drawn"
                    Likelihood.check case.Likelihood f drawn
                    Likelihood.loss case.Likelihood f drawn |> ignore)

        Likelihoods.forEach
            "class frequencies are the softmax's"
            (Likelihoods.cases |> List.filter (fun case -> case.Likelihood = Likelihood.Categorical))
            (fun case ->
                let f = repeated case
                let drawn = Likelihood.sample case.Likelihood f null

                for c in 0 .. case.Shape[1] - 1 do
                    let hits = drawn.eq((int64 c).ToScalar()).``to`` Networks.double
                    let p = f.softmax(1L).select(1L, int64 c).narrow(0L, 0L, 1L)
                    meansAgree (p.flatten ()) (flat hits))

        Likelihoods.forEach "labels of real numbers have the model's mean and variance" Likelihoods.cases (fun case ->
            let f = repeated case

            let moments =
                match case.Likelihood with
                | Likelihood.Categorical -> None
                | Likelihood.Gaussian sigma -> Some(f, torch.full_like (f, (sigma * sigma).ToScalar()))
                | Likelihood.GaussianPerOutput sigma ->
                    let square (channel: int) = sigma[channel] * sigma[channel]
                    let variance = torch.zeros_like f

                    for channel in 0 .. sigma.Length - 1 do
                        variance.select(1L, int64 channel).fill_((square channel).ToScalar()) |> ignore

                    Some(f, variance)
                | Likelihood.Bernoulli ->
                    let p = f.sigmoid ()
                    Some(p, p - p.square ())
                | Likelihood.Poisson -> Some(f.exp (), f.exp ())

            match moments with
            | None -> ()
            | Some(mean, variance) ->
                let first (tensor: torch.Tensor) = (flat tensor).select(0L, 0L)
                let drawn = Likelihood.sample case.Likelihood f null
                meansAgree (first mean) (flat drawn)
                meansAgree (first variance) (flat ((drawn - mean).square())))

        Likelihoods.forEach
            "the errors' second moment under sampled labels is the Hessian"
            Likelihoods.cases
            (fun case ->
                let f = repeated case
                let y = Likelihood.sample case.Likelihood f null
                let E = flat (Likelihood.errors case.Likelihood f y)
                let squares = E.unsqueeze (2L) * E.unsqueeze (1L)

                let Lambda = Loss.hessian case.Likelihood (f.narrow (0L, 0L, 1L)) (y.narrow (0L, 0L, 1L))

                meansAgree (torch.zeros (E.size 1)) E
                meansAgree (Lambda.flatten ()) (flat squares))

        Likelihoods.forEach
            "the same seed draws the same labels, another seed draws others, and the default generator is not used"
            Likelihoods.cases
            (fun case ->
                let f = (repeated case).narrow(0L, 0L, 200L)

                let state () = torch.random.get_rng_state().data<byte>().ToArray()

                let before = state ()

                let draw seed =
                    use generator = new torch.Generator(seed)
                    let first = Dense.values (Likelihood.sample case.Likelihood f generator)
                    let second = Dense.values (Likelihood.sample case.Likelihood f generator)
                    first, second

                let first, second = draw 3UL
                Expect.equal (fst (draw 3UL)) first "the draw from one seed"
                Expect.notEqual (fst (draw 4UL)) first "the draw from another seed"
                Expect.notEqual second first "the second draw"
                Expect.equal (state ()) before "the state"

                let byDefault seed =
                    Networks.fromSeed seed (fun () -> Dense.values (Likelihood.sample case.Likelihood f null))

                Expect.equal (byDefault 5) (byDefault 5) "the draw from the default generator"
                Expect.notEqual (state ()) before "the state")

        test "classes without probability are never drawn, at either end" {
            use _scope = torch.NewDisposeScope()
            let scores = torch.tensor [| -2000.0; 0.0; -2000.0; 1.0; -2000.0 |]
            let f = scores.expand(int64 draws, 5L).contiguous()
            let drawn = Likelihood.sample Likelihood.Categorical f null
            let values = Dense.values drawn |> Array.distinct |> Array.sort
            Expect.equal values [| 1.0; 3.0 |] "the values"
        }

        test "probabilities are float64: an output of few digits gives the labels of the same numbers in float64" {
            for kind in [ torch.ScalarType.Float32; torch.ScalarType.BFloat16 ] do
                for likelihood in [ Likelihood.Categorical; Likelihood.Bernoulli; Likelihood.Poisson ] do
                    use _scope = torch.NewDisposeScope()
                    let f = (Networks.normal [ draws; 4 ]).``to`` kind

                    let draw (f: torch.Tensor) =
                        use generator = new torch.Generator(8UL)
                        Dense.values (Likelihood.sample likelihood f generator)

                    Expect.equal (draw f) (draw (f.``to`` Networks.double)) "the labels"
        }
    ]
