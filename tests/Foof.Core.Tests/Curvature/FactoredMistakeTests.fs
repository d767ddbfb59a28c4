/// What cannot be asked of a damped inverse: one sentence each.
module Foof.Core.Tests.FactoredMistakeTests

open Expecto
open Foof
open Foof.Core.Tests.Structures
open TorchSharp

let structures = names invertible

let private tikhonov lambda C = Factored.make Damping.Tikhonov lambda C

[<Tests>]
let tests =
    testList "Curvature.FactoredMistake" [
        forEach "negative and infinite damping is refused" structures (fun _ (C, _) ->
            for lambda in [ -1e-3; nan; infinity ] do
                Oracle.refused [ "damping must be a number of at least 0"; string lambda ] (fun () ->
                    tikhonov lambda C))

        test "a low-rank matrix needs damping, and has no other power than the inverse" {
            for name in [ "low rank"; "blocks" ] do
                forSome name (fun _ (C, _) ->
                    Oracle.refused [ "damping must be a positive number"; "got 0" ] (fun () -> tikhonov 0.0 C))

            for name in [ "low rank"; "low rank plus diagonal"; "blocks" ] do
                forSome name (fun _ (C, _) ->
                    Oracle.refused [ "power must be -1 for a low-rank curvature"; "got -0.5" ] (fun () ->
                        Factored.attempt Factorization.attempts Damping.Tikhonov -0.5 ignore 0.1 C))
        }

        test "a low-rank matrix in float32 refuses a damping without an inverse there" {
            use _scope = torch.NewDisposeScope()
            let G (kind: torch.ScalarType) =
                FisherFactor.ofColumns {
                    Layers = [| LayerFactor.Columns(torch.ones (1L, 2L, 4L, dtype = kind)) |]
                    Weight = 1.0
                }

            for C in [ Structure.lowRank; (fun G -> Curvature.Blocks [| Structure.lowRank G |]) ] do
                for lambda in [ 1e-300; 1e-40; 1e38 ] do
                    Oracle.refused [ "damping must lie from 1E-37 to 1E+37"; string lambda ] (fun () ->
                        tikhonov lambda (C(G torch.float32)))

                    // G G^T has the eigenvalue 8 once.
                    Oracle.agrees Tolerance.rounding [| 7.0 * log lambda + log (8.0 + lambda) |] [|
                        (Factored.logDet (tikhonov lambda (C(G torch.float64)))).ToDouble()
                    |]
        }

        test "a sum of structures has no inverse, and the sentence tells what to do" {
            for name, _ in sums do
                forSome name (fun _ (C, _) ->
                    Oracle.refused [ "merge"; "ConjugateGradients" ] (fun () -> tikhonov 0.1 C))
        }

        forEach "vectors that do not fit an inverse are refused with both shapes" structures (fun _ (C, _) ->
            let factored = tikhonov 0.1 C
            let V = Vectors.random (Curvature.shapes C)
            let wide = V |> Array.map (fun V -> torch.cat ([| V; V |], 1L))

            let text (x: torch.Tensor) = "[" + (x.shape |> Seq.map string |> String.concat "; ") + "]"

            for solve in [ Factored.solve; Factored.rootSolve ] do
                Oracle.refused [ text V[0]; text wide[0] ] (fun () -> solve factored wide)
                Oracle.refused [ "got 0" ] (fun () -> solve factored [||])

                Oracle.refused [ "Float64"; "Float32" ] (fun () ->
                    solve factored (Array.map ChangedFactors.single32 V)))
    ]
