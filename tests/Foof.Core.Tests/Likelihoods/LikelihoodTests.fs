module Foof.Core.Tests.LikelihoodTests

open System
open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let labels = Likelihoods.labels

/// The mean over data points of the sum of `entry` f y, for labels in the output's shape.
let byEntry sentence likelihood (labels: torch.Tensor -> torch.Tensor) (entry: float -> float -> float) =
    Holds.forAll sentence (Gen.listOfLength 3 (Gen.choose (1, 4))) (fun shape ->
        use _scope = torch.NewDisposeScope()
        let output, target = Networks.normal shape, labels (Networks.normal shape)

        let expected = Array.map2 entry (Dense.values output) (Dense.values target) |> Array.sum

        let loss = Likelihood.loss likelihood output target
        Oracle.agrees Tolerance.explicit [| expected / float shape[0] |] (Dense.values loss))

[<Tests>]
let tests =
    testList "Likelihoods.Likelihood" [
        Holds.forAll
            "the categorical loss is the mean over data points of minus log softmax, summed over positions"
            (Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (2, 5)) (Gen.choose (1, 3)))
            (fun (n, classes, positions) ->
                use _scope = torch.NewDisposeScope()
                let output = Networks.normal [ n; classes; positions ]
                let target = labels classes [ n; positions ]
                let f = Dense.values output
                let y = target.data<int64>().ToArray()
                let at i c r = f[(i * classes + c) * positions + r]

                let summand i r =
                    let total = Seq.sum (seq { for c in 0 .. classes - 1 -> exp (at i c r) })
                    log total - at i (int y[i * positions + r]) r

                let expected =
                    Seq.sum (
                        seq {
                            for i in 0 .. n - 1 do
                                for r in 0 .. positions - 1 -> summand i r
                        }
                    )
                    / float n

                let loss = Likelihood.loss Likelihood.Categorical output target
                Oracle.agrees Tolerance.rounding [| expected |] (Dense.values loss))

        Holds.forAll
            "the Gaussian loss is half the squared distance over the variance, a mean over data points"
            (Gen.zip (Gen.listOfLength 3 (Gen.choose (1, 4))) (Gen.choose (1, 5)))
            (fun (shape, sigma) ->
                use _scope = torch.NewDisposeScope()
                let output, target = Networks.normal shape, Networks.normal shape

                let squares = Array.map2 (fun f y -> (f - y) * (f - y)) (Dense.values output) (Dense.values target)

                let expected = 0.5 * Array.sum squares / (float (sigma * sigma) * float shape[0])
                let loss = Likelihood.loss (Likelihood.Gaussian(float sigma)) output target
                Expect.equal (loss.dim ()) 0L "the dimensions of the loss"
                Oracle.agrees Tolerance.rounding [| expected |] (Dense.values loss))

        Holds.forAll
            "the per-output Gaussian loss divides each channel's squares by its variance"
            (Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (1, 4)) (Gen.choose (1, 3)))
            (fun (n, channels, positions) ->
                use _scope = torch.NewDisposeScope()
                let shape = [ n; channels; positions ]
                let output, target = Networks.normal shape, Networks.normal shape
                let sigma = Array.init channels (fun c -> 0.5 + float c)
                let differences = Array.map2 (-) (Dense.values output) (Dense.values target)

                let entry i difference =
                    let scaled = difference / sigma[i / positions % channels]
                    0.5 * scaled * scaled

                let expected = (differences |> Array.mapi entry |> Array.sum) / float n
                let loss = Likelihood.loss (Likelihood.GaussianPerOutput sigma) output target
                Oracle.agrees Tolerance.rounding [| expected |] (Dense.values loss))

        byEntry
            "the Bernoulli loss is the cross-entropy of labels and sigmoids"
            Likelihood.Bernoulli
            _.sigmoid()
            (fun f y ->
                let p = 1.0 / (1.0 + exp -f)
                -(y * log p + (1.0 - y) * log (1.0 - p)))

        byEntry
            "the Poisson loss is the rate minus the label times the log rate"
            Likelihood.Poisson
            (fun z -> z.exp().floor())
            (fun f y -> exp f - y * f)
    ]
