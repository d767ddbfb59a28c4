/// Posteriors after further data, compressed, packed, and written down.
module Foof.Core.Tests.PosteriorUpdateTests

open System.Collections.Generic
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Posteriors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// E (x) A of two layers' products, (E + pi E') (x) (A + A'/pi) with the trace of the sum.
let private mergedByHand (N: float, curvature) (N': float, further) =
    let sides (scale: float) curvature =
        match curvature with
        | Curvature.Blocks parts ->
            parts
            |> Array.map (fun part ->
                match part with
                | Curvature.Kronecker(Side.Full E, Side.Full A) ->
                    struct (Dense.ofTensor (E.squeeze 0L) * scale, Dense.ofTensor (A.squeeze 0L))
                | _ -> invalidOp "The case has another structure.")
        | _ -> invalidOp "The case has another structure."

    Array.map2 KroneckerFactors.merged (sides N curvature) (sides N' further)

/// Kronecker products add up by their factors, not as matrices.
let private mergesByFactors (name: string) = name.StartsWith "Kronecker" || name = "FOOF" || name = "EKFAC"

[<Tests>]
let tests =
    testList "Posterior.PosteriorUpdate" [
        forSome "further data are added to the precision" (mergesByFactors >> not) (fun case ->
            let first = posterior case (fun _ -> 0.7)
            let mean = Vectors.random (Posterior.shapes first)
            let data = PosteriorUpdate.add first.Data (DataPrecision.scale 0.5 case.Data)
            let again = Posterior.make mean data first.Prior
            let expected = (precision again (case.Matrix * 1.5)).Inverse()
            Oracle.agrees Tolerance.explicit [| expected.Trace() |] [| Posterior.trace again |]

            Oracle.agrees
                Tolerance.explicit
                (expected.Diagonal().ToArray())
                (Weights.numbers (Posterior.variances again)))

        test "equal Kronecker products merge into one of twice the trace" {
            use _scope = torch.NewDisposeScope()

            for case in cases () |> List.filter (fun case -> case.Name = "Kronecker") do
                let twice = PosteriorUpdate.add case.Data case.Data
                let found = Curvature.dense (DataPrecision.toCurvature twice)
                Oracle.agreesWith Tolerance.explicit (case.Matrix * 2.0) found
        }

        test "different Kronecker products merge by the formula of their factors" {
            use _scope = torch.NewDisposeScope()
            let kronecker = Structure.kronecker Positions.Summed Positions.Averaged
            let first, second = kronecker (factor ()), kronecker (narrow ())

            let found =
                PosteriorUpdate.add (DataPrecision.ofCurvature N first) (DataPrecision.ofCurvature 7.0 second)
                |> DataPrecision.toCurvature

            match found with
            | Curvature.Blocks parts ->
                Array.iter2
                    (fun expected part -> Oracle.agreesWith Tolerance.explicit expected (Curvature.dense part))
                    (mergedByHand (N, first) (7.0, second))
                    parts
            | _ -> failtest "The sum has another structure."
        }

        testList "equal FOOF and EKFAC matrices merge into one of twice the trace" [
            for name in [ "FOOF"; "EKFAC" ] do
                test name {
                    use _scope = torch.NewDisposeScope()

                    for case in cases () |> List.filter (fun case -> case.Name = name) do
                        let twice = PosteriorUpdate.add case.Data case.Data
                        let found = Curvature.dense (DataPrecision.toCurvature twice)
                        let expected = 2.0 * case.Matrix.Trace()
                        Oracle.agrees Tolerance.explicit [| expected |] [| (Dense.ofTensor found).Trace() |]

                        if name = "FOOF" then Oracle.agreesWith Tolerance.explicit (case.Matrix * 2.0) found
                }
        ]

        test "compression keeps the leading eigenvalues and reports the share that it drops" {
            use _scope = torch.NewDisposeScope()
            let U = FisherFactor.scale N (factor ())
            let data = DataPrecision.ofFactor U
            let { Kept = kept; Discarded = dropped } = PosteriorUpdate.compress 3 data

            let all =
                (Dense.ofTensor (FisherFactor.dense U)).Evd().EigenValues.ToArray()
                |> Array.map _.Real
                |> Array.sortDescending

            let expected = Array.sum all[3..] / Array.sum all
            Oracle.agrees Tolerance.explicit [| 1.0; expected |] [| 1.0; dropped |]
            let found = Curvature.dense (DataPrecision.toCurvature kept) |> Dense.ofTensor

            Oracle.agrees
                Tolerance.explicit
                all[..2]
                (found.Evd().EigenValues.ToArray() |> Array.map _.Real |> Array.sortDescending |> Array.take 3)
        }

        test "a packed factor is the same matrix in fewer parts" {
            use _scope = torch.NewDisposeScope()
            let batch seed = Networks.fromSeed seed grouped
            let G = FisherFactor.join [| batch 1; batch 2; FisherFactor.scale 0.5 (batch 3) |]
            let packed = PackedFactor.pack G
            Expect.equal packed.Parts.Length 2 "the number of parts of packed"

            Oracle.agreesWith Tolerance.explicit (Dense.ofTensor (FisherFactor.dense G)) (FisherFactor.dense packed)
        }

        forCases "a posterior's description gives it back to the same bits" (fun case ->
            for precision in precisions do
                let posterior = Posterior.withTemperature 0.3 (posterior case precision)
                let tensors = Dictionary<string, torch.Tensor>()
                let text = PosteriorFormat.describe tensors posterior
                let again = PosteriorFormat.read tensors text
                Expect.equal (Posterior.logDet again) (Posterior.logDet posterior) "the log det of again"

                let draw posterior = Sampling.draw 2 (new torch.Generator(3UL)) posterior

                Expect.equal (Weights.numbers (draw again)) (Weights.numbers (draw posterior)) "the draw again")

        test "damaged descriptions are refused" {
            use _scope = torch.NewDisposeScope()
            let posterior = posterior (List.head (cases ())) (fun _ -> 0.7)
            let tensors = Dictionary<string, torch.Tensor>()
            let text = PosteriorFormat.describe tensors posterior

            Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors (text.Replace("precision", "other")))

            Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors (text[..20]))
            tensors.Remove "part.0.V" |> ignore
            Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors text)
        }
    ]
