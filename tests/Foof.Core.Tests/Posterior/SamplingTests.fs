/// Samples of posteriors by their covariance and their distances, and the same check on samplers that are wrong.
module Foof.Core.Tests.SamplingTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Posteriors
open MathNet.Numerics.Distributions
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Samples as rows, [k; p].
let private rows (samples: torch.Tensor array) = torch.cat (samples |> Array.map _.flatten(1L), 1L)

/// The largest distance of an entry of X^T X / k from Sigma's, in standard errors.
let private covarianceError (Sigma: Matrix<float>) (X: torch.Tensor) : float =
    let k = float (X.size 0)
    let found = Dense.ofTensor (X.t().mm X / k)

    Seq.max (
        seq {
            for i in 0 .. Sigma.RowCount - 1 do
                for j in 0 .. Sigma.ColumnCount - 1 do
                    let error = sqrt ((Sigma[i, i] * Sigma[j, j] + Sigma[i, j] * Sigma[i, j]) / k)
                    abs (found[i, j] - Sigma[i, j]) / error
        }
    )

/// sqrt k times the Kolmogorov-Smirnov distance of the rows' x^T Sigma^-1 x from chi-squared with p degrees of freedom.
let private chiSquaredError (Sigma: Matrix<float>) (X: torch.Tensor) : float =
    let Lambda = Dense.toTensor (Sigma.Inverse())
    let squared = (X.mm Lambda * X).sum 1L |> Dense.values |> Array.sort
    let k = float squared.Length
    let p = float Sigma.RowCount

    squared
    |> Array.mapi (fun i x ->
        let cumulated = ChiSquared.CDF(p, x)
        max (abs (cumulated - float i / k)) (abs (cumulated - float (i + 1) / k)))
    |> Array.max
    |> (*) (sqrt k)

/// The Kolmogorov-Smirnov test at 1e-4: 2 exp(-2 x^2) = 1e-4.
let private rejects = sqrt (log 2e4 / 2.0)

let private isFaithful Sigma X = covarianceError Sigma X <= Tolerance.monteCarlo && chiSquaredError Sigma X <= rejects

let private check (count: int) (posterior: Posterior) (matrix: Matrix<float>) =
    use _scope = torch.NewDisposeScope()
    let Sigma = (precision posterior matrix).Inverse() * posterior.Temperature
    let mean = rows (posterior.Mean |> Array.map _.unsqueeze(0L))
    let generator = new torch.Generator(7UL)
    let X = rows (Sampling.draw count generator posterior) - mean
    let covariance, distances = covarianceError Sigma X, chiSquaredError Sigma X
    Expect.isTrue (covariance <= Tolerance.monteCarlo) $"an entry is {covariance} standard errors off"
    Expect.isTrue (distances <= rejects) $"the distances' statistic is {distances}"

/// theta - theta* of a sampler that is given U [p; m], P and M, and of the right one.
let private sampled (sampler: Matrix<float> -> Matrix<float> -> torch.Tensor -> torch.Tensor -> torch.Tensor) =
    let U = (WrittenFactors.columns (narrow ())).Transpose() * sqrt N
    let P = Matrix<float>.Build.DenseDiagonal(U.RowCount, 0.3)
    let Sigma = (P + U * U.Transpose()).Inverse()
    let z = torch.randn (20000L, int64 U.RowCount, dtype = Networks.double)
    let eps = torch.randn (20000L, int64 U.ColumnCount, dtype = Networks.double)
    isFaithful Sigma (sampler U P z eps)

/// y + (eps - U^T y) M^-1 U^T P^-1 by rows, with changes.
let private changed (sign: float) (prior: float) (noise: float) (own: float) =
    sampled (fun U P z eps ->
        let M = Matrix<float>.Build.DenseIdentity U.ColumnCount + U.TransposeThisAndMultiply(P.Inverse() * U)

        let K = Dense.toTensor (P.Inverse() * U * M.Inverse())
        let y = z * prior
        own * y + (noise * eps + sign * y.mm (Dense.toTensor U)).mm(K.t ()))

[<Tests>]
let tests =
    testList "Posterior.Sampling" [
        test "a hundred thousand samples of a low-rank posterior have its covariance and its distances" {
            use _scope = torch.NewDisposeScope()

            for case in cases () |> List.filter (fun case -> case.Name = "low rank with few columns") do
                check 100000 (posterior case (fun l -> 0.3 + 1.1 * float l)) case.Matrix
        }

        forCases "samples of every structure have its covariance and its distances" (fun case ->
            let posterior = posterior case (fun l -> 0.3 + 0.5 * float l)
            check 8000 (Posterior.withTemperature 0.6 posterior) case.Matrix)

        test "the right sampler is accepted, and each of the published mistakes is rejected" {
            use _scope = torch.NewDisposeScope()
            let prior = 0.3 ** -0.5
            Expect.isTrue (changed -1.0 prior 1.0 1.0) "right"
            Expect.isFalse (changed 1.0 prior 1.0 1.0) "+U^T y"
            Expect.isFalse (changed -1.0 1.0 1.0 1.0) "y from N(0, I)"
            Expect.isFalse (changed -1.0 prior 0.0 1.0) "no eps"
            Expect.isFalse (changed -1.0 prior 1.0 0.0) "only the range of U"
        }

        test "a transposed eigenbasis is rejected" {
            use _scope = torch.NewDisposeScope()

            for case in cases () |> List.filter (fun case -> case.Name = "Kronecker") do
                let wrong side =
                    match side with
                    | Side.Full Q -> Side.Full(Q.transpose(1L, 2L).contiguous())
                    | other -> other

                let swapped =
                    case.Data.Parts
                    |> Array.map (fun part ->
                        match part with
                        | PrecisionPart.Basis(Q_E, Q_A, S) -> PrecisionPart.Basis(Q_E, wrong Q_A, S)
                        | other -> other)

                let posterior = posterior { case with Data = { Parts = swapped } } (fun _ -> 0.3)

                let Sigma = (precision posterior case.Matrix).Inverse()
                let mean = rows (posterior.Mean |> Array.map _.unsqueeze(0L))

                Expect.isFalse
                    (isFaithful Sigma (rows (Sampling.draw 20000 null posterior) - mean))
                    "samples by the transposed basis pass"
        }

        forCases "equal seeds give equal samples, in one go, into given memory and streamed" (fun case ->
            let posterior = posterior case (fun _ -> 0.7)
            let seeded () = new torch.Generator(11UL)
            let all = Dense.values (rows (Sampling.draw 6 (seeded ()) posterior))

            let given =
                posterior.Mean
                |> Array.map (fun mean -> torch.zeros (Array.append [| 6L |] mean.shape, dtype = mean.dtype))

            Sampling.into (seeded ()) given posterior
            Oracle.agrees Tolerance.explicit all (Dense.values (rows given))

            let streamed =
                Sampling.stream 6 (seeded ()) posterior
                |> Seq.collect (fun chunk -> Dense.values (rows chunk))
                |> Seq.toArray

            Oracle.agrees Tolerance.explicit all streamed
            let one = seeded ()

            let singly = [|
                for _ in 1..6 do
                    yield! Dense.values (rows (Sampling.draw 1 one posterior))
            |]

            Oracle.agrees Tolerance.explicit all singly

            Expect.notEqual
                (Dense.values (rows (Sampling.draw 6 (new torch.Generator(12UL)) posterior)))
                all
                "the draws from another seed")

        test "zero samples, and memory of another shape or with gaps, are refused" {
            use _scope = torch.NewDisposeScope()
            let posterior = posterior (List.head (cases ())) (fun _ -> 0.7)

            Oracle.refused [ "k must be at least 1; got 0" ] (fun () -> Sampling.draw 0 null posterior)

            Oracle.refused [ "k must be at least 1; got 0" ] (fun () -> Sampling.stream 0 null posterior)

            let memory (k: int64) (shape: int64 array) =
                torch.zeros (Array.append [| k |] shape, dtype = Networks.double)

            let shapes = Posterior.shapes posterior

            Oracle.refused [ "samples must hold 2 tensors" ] (fun () ->
                Sampling.into null [| memory 2L shapes[0] |] posterior)

            Oracle.refused [ "must have shape" ] (fun () ->
                Sampling.into null [| memory 2L shapes[0]; memory 3L shapes[1] |] posterior)

            Oracle.refused [ "in one piece" ] (fun () ->
                let gaps = (memory 4L shapes[0]).slice(0L, 0L, 4L, 2L)
                Sampling.into null [| gaps; memory 2L shapes[1] |] posterior)
        }

        test "of covariances in one batch, a singular one gives what lies in its range, a definite one its spread" {
            use _scope = torch.NewDisposeScope()
            let flat = torch.tensor (array2D [ [ 1.0; 1.0 ]; [ 1.0; 1.0 ] ])
            let covariance = torch.stack ([| flat * 0.0; flat; flat + torch.eye (2L, dtype = Networks.double) |], 0L)
            let f = Networks.normal [ 3; 2 ]
            use generator = new torch.Generator(3UL)
            let away = Predictive.sampleOutputs 4000 generator f covariance - f
            Expect.equal (Numbers.number (away.select(1L, 0L).norm())) 0.0 "samples without a variance"
            let along = away.select (1L, 1L)
            Expect.isLessThan (Numbers.number ((along.select (1L, 0L) - along.select (1L, 1L)).norm())) 1e-6 "its range"
            let own =
                Dense.ofTensor (
                    away.transpose(0L, 1L).transpose(1L, 2L).bmm(away.transpose (0L, 1L)).select(0L, 2L) / 4000.0
                )
            Oracle.agrees 0.1 [| 2.0; 1.0; 1.0; 2.0 |] (own.ToRowMajorArray())
        }
    ]
