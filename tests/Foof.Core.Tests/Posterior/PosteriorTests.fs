/// Every structure of posterior against explicit matrices. (MATH 6)
module Foof.Core.Tests.PosteriorTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Posteriors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private agreesInNumber (size: float) (expected: float) (actual: float) =
    Oracle.agrees Tolerance.explicit [| size; expected |] [| size; actual |]

let private difference (x: torch.Tensor array) (y: torch.Tensor array) : Vector<float> =
    Weights.flatten x - Weights.flatten y

let private someCase () = cases () |> List.head

let private some () = posterior (someCase ()) (fun _ -> 0.7)

[<Tests>]
let tests =
    testList "Posterior.Posterior" [
        forEach "products with the covariance are those of the dense inverse" (fun posterior matrix ->
            let found = Weights.matrix (Posterior.shapes posterior) (fun v -> Posterior.covarianceProduct v posterior)

            let expected = (precision posterior matrix).Inverse()
            Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) (found.ToRowMajorArray()))

        forEach "the temperature multiplies the covariance" (fun posterior matrix ->
            let warm = Posterior.withTemperature 0.25 posterior
            let Sigma = (precision posterior matrix).Inverse() * 0.25
            let v = Vectors.random (Posterior.shapes posterior)

            Oracle.agrees
                Tolerance.explicit
                ((Sigma * Weights.flatten v).ToArray())
                (Weights.numbers (Posterior.covarianceProduct v warm))

            agreesInNumber 1.0 (Sigma.Trace()) (Posterior.trace warm)
            let p = float matrix.RowCount
            let size = abs (Dense.logDet Sigma) + p
            agreesInNumber size (-Dense.logDet Sigma) (Posterior.logDet warm)

            Oracle.agrees Tolerance.explicit (Sigma.Diagonal().ToArray()) (Weights.numbers (Posterior.variances warm)))

        forEach "marginal variances, trace and log det are those of the dense matrix" (fun posterior matrix ->
            let Lambda = precision posterior matrix
            let Sigma = Lambda.Inverse()

            Oracle.agrees
                Tolerance.explicit
                (Sigma.Diagonal().ToArray())
                (Weights.numbers (Posterior.variances posterior))

            agreesInNumber 1.0 (Sigma.Trace()) (Posterior.trace posterior)
            agreesInNumber (float Lambda.RowCount) (Dense.logDet Lambda) (Posterior.logDet posterior))

        forEach
            "the effective number of parameters is tr Sigma N F, and at most the number of columns"
            (fun posterior matrix ->
                let gamma = ((precision posterior matrix).Inverse() * matrix).Trace()
                agreesInNumber 1.0 gamma (Posterior.effectiveParameters posterior)

                Expect.isTrue
                    (gamma <= float (Posterior.columns posterior) + Tolerance.explicit)
                    "no more parameters than columns")

        forEach "densities and distances are a normal distribution's" (fun posterior matrix ->
            let posterior = Posterior.withTemperature 1.7 posterior
            let Lambda = precision posterior matrix / 1.7
            let theta = Vectors.random (Posterior.shapes posterior)
            let v = difference theta posterior.Mean
            let squared = Gaussians.squared Lambda v
            agreesInNumber 1.0 squared (Posterior.squaredDistance theta posterior)
            let p = float Lambda.RowCount

            agreesInNumber (p + squared) (Gaussians.logDensity Lambda v) (Posterior.logDensity theta posterior))

        forEach "the divergence from the prior is that of two normal distributions" (fun posterior matrix ->
            for temperature in [ 1.0; 0.4 ] do
                let posterior = Posterior.withTemperature temperature posterior
                let P = priorMatrix posterior
                let v = difference posterior.Mean posterior.Prior.Mean

                let Lambda = precision posterior matrix / temperature
                let expected = Gaussians.divergence P Lambda v
                agreesInNumber (float P.RowCount) expected (Posterior.divergence posterior))

        forEach "the log evidence is Laplace's approximation of the integral" (fun posterior matrix ->
            let P = priorMatrix posterior
            let v = difference posterior.Mean posterior.Prior.Mean

            let expected = Gaussians.logEvidence -12.5 P (precision posterior matrix) v

            agreesInNumber (float P.RowCount) expected (Posterior.logEvidence -12.5 posterior))

        forCases "another prior needs no new fit, and gives what a new fit gives" (fun case ->
            let first = posterior case (fun _ -> 0.7)
            let again = Posterior.withPrecision 3.5 first
            let expected = (precision again case.Matrix).Inverse()
            agreesInNumber 1.0 (expected.Trace()) (Posterior.trace again)
            Oracle.isSame again.Data first.Data "the data of again")

        forSome "a data precision as a curvature is N F again" (fun name -> name <> "EKFAC") (fun case ->
            let found = Curvature.dense (DataPrecision.toCurvature case.Data)
            Oracle.agreesWith Tolerance.explicit case.Matrix found)

        test "float32 agrees with float64" {
            use _scope = torch.NewDisposeScope()
            let G = factor ()
            let single (x: torch.Tensor) = x.``to`` torch.ScalarType.Float32
            let small = ChangedFactors.map single G
            let prior = Prior.isotropic 2 0.7
            let theta = Vectors.random G.Shapes

            let double = Posterior.make theta (DataPrecision.ofFactor (FisherFactor.scale N G)) prior

            let single =
                Posterior.make (Array.map single theta) (DataPrecision.ofFactor (FisherFactor.scale N small)) prior

            Oracle.agrees Tolerance.float32AgainstFloat64 [| Posterior.trace double; Posterior.logDet double |] [|
                Posterior.trace single
                Posterior.logDet single
            |]
        }

        testList "a prior precision that is not positive is refused" [
            for delta in [ 0.0; -1.0; Double.NaN ] do
                test $"{delta}" {
                    use _scope = torch.NewDisposeScope()
                    let posterior = some ()

                    Oracle.refused [ "prior precision must be a positive number" ] (fun () ->
                        Posterior.withPrecision delta posterior)

                    Oracle.refused [ "prior precision must be a positive number" ] (fun () -> Prior.isotropic 2 delta)

                    Oracle.refused [ "temperature must be a positive number" ] (fun () ->
                        Posterior.withTemperature delta posterior)
                }
        ]

        test "priors and vectors of other layers are refused" {
            use _scope = torch.NewDisposeScope()
            let posterior = some ()

            Oracle.refused [ "prior must have 2 precisions, one per layer; got 3" ] (fun () ->
                Posterior.withPrior (Prior.isotropic 3 1.0) posterior)

            Oracle.refused [ "v must hold 2 matrices" ] (fun () ->
                Posterior.covarianceProduct [| posterior.Mean[0] |] posterior)

            Oracle.refused [ "A posterior needs" ] (fun () -> DataPrecision.ofCurvature N (Structure.units (factor ())))
        }

        test "weights that are not finite are refused" {
            use _scope = torch.NewDisposeScope()
            let posterior = some ()
            let broken = posterior.Mean |> Array.map (fun x -> x * nan)

            Oracle.raises<NumericalFailure>(fun () -> Posterior.make broken posterior.Data posterior.Prior |> ignore)
            |> ignore
        }

        forCases "no function of a posterior leaves a tensor behind" (fun case ->
            let posterior = posterior case (fun _ -> 0.7)
            let v = Vectors.random (Posterior.shapes posterior)
            let free (tensors: torch.Tensor array) = tensors |> Array.iter _.Dispose()

            let live =
                Oracle.leaked (fun () ->
                    free (Posterior.covarianceProduct v posterior)
                    free (Posterior.variances posterior)
                    free (Sampling.draw 3 null posterior)
                    Sampling.stream 3 null posterior |> Seq.iter ignore
                    Posterior.logDet posterior |> ignore
                    Posterior.trace posterior |> ignore
                    Posterior.logDensity v posterior |> ignore
                    Posterior.divergence posterior |> ignore
                    (Posterior.spectrum posterior).Kappa.Dispose())

            Expect.equal live 0L "the number of live tensors")

        forCases "a prior's mean of another type or that is not finite is refused" (fun case ->
            let whole = posterior case (fun _ -> 0.5)

            let mean = whole.Mean |> Array.map (fun matrix -> matrix.``to`` torch.ScalarType.Float32)

            let prior = Prior.withMean mean (Prior.isotropic mean.Length 0.5)

            for act in
                [
                    (fun () -> Posterior.withPrior prior whole |> ignore)
                    (fun () -> Posterior.make whole.Mean whole.Data prior |> ignore)
                ] do
                Expect.stringContains
                    ((Oracle.raises<System.ArgumentException> act).Message)
                    "the prior's mean"
                    "the message"

            let bad = whole.Mean |> Array.map (fun matrix -> matrix * nan)
            let act () = Prior.withMean bad prior |> ignore

            Expect.stringContains ((Oracle.raises<NumericalFailure> act).Message) "the prior's mean" "the message")

        test "a mean of another type than the data precision is refused" {
            use _scope = torch.NewDisposeScope()

            for case in Posteriors.cases () do
                let own = Posteriors.posterior case (fun _ -> 0.7)
                let single = own.Mean |> Array.map _.``to``(torch.ScalarType.Float32)
                Oracle.refused [ "mean must be Float64"; "got Float32" ] (fun () ->
                    Posterior.make single own.Data own.Prior)
        }
    ]
