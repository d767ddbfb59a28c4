/// Damped inverses of every structure, held against the inverted matrix.
module Foof.Core.Tests.InverseContract

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open Foof.Core.Tests.CurvatureOracle
open MathNet.Numerics
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let structures = names invertible
let lambdas = [ 1e-4; 1.0; 1e4 ]

let private tikhonov lambda C = Factored.make Damping.Tikhonov lambda C

let private vector C = Vectors.random (Curvature.shapes C)

/// A property of random curvatures scaled to the trace one, so that the damping bounds the condition number.
let private forScaled sentence property =
    forEach sentence structures (fun order (C, F) ->
        let scale = 1.0 / F.Trace()
        property order (Curvature.scale scale C, F * scale))

/// What a solve of C + lambda I may lose in float64: some units of rounding times the condition number, and no less than
/// the tolerance of well-conditioned problems.
let private lossOf (F: Matrix<float>) lambda =
    let condition = (F.Trace() + lambda) / lambda
    max Tolerance.explicit (16.0 * Precision.DoublePrecision * condition)

[<Tests>]
let tests =
    testList "Contracts.Inverse" [
        forScaled "the solve after the product is the identity, for any damping" (fun _ (C, _) ->
            for lambda in lambdas do
                let V = vector C
                let product = WeightVector.axpy lambda V (Curvature.product C V)

                Oracle.agrees
                    Tolerance.explicit
                    (Weights.numbers V)
                    (Weights.numbers (Factored.solve (tikhonov lambda C) product)))

        forScaled "the solve and log det are those of the damped matrix" (fun _ (C, F) ->
            for lambda in lambdas do
                let V, factored = vector C, tikhonov lambda C
                Expect.equal (Factored.shapes factored) (Curvature.shapes C) "the shapes of factored"
                let expected = (Dense.shifted lambda F).Solve(Weights.flatten V)
                let found = Factored.solve factored V
                Expect.equal (WeightVector.shapes found) (Curvature.shapes C) "the shapes of found"
                Oracle.agrees Tolerance.explicit (expected.ToArray()) (Weights.numbers found)
                agreesInLogDet Tolerance.explicit (Dense.shifted lambda F) factored)

        forEach
            "however large the curvature, a solve loses no more digits than the condition number takes"
            structures
            (fun _ (C, F) ->
                for size in [ 1.0; 1e4; 1e8 ] do
                    for lambda in lambdas do
                        let scale = size / F.Trace()
                        let C, F = Curvature.scale scale C, F * scale
                        let V = vector C
                        let product = WeightVector.axpy lambda V (Curvature.product C V)
                        let found = Factored.solve (tikhonov lambda C) product
                        Oracle.agrees (lossOf F lambda) (Weights.numbers V) (Weights.numbers found))

        forEach "the inverse is symmetric, positive definite and linear" structures (fun _ (C, F) ->
            let factored = tikhonov 0.1 C
            let inverse = Weights.matrix (Curvature.shapes C) (Factored.solve factored)

            Oracle.agrees Tolerance.explicit (inverse.ToRowMajorArray()) (inverse.Transpose().ToRowMajorArray())

            Oracle.agrees
                Tolerance.explicit
                ((Dense.shifted 0.1 F).Inverse().ToRowMajorArray())
                (inverse.ToRowMajorArray())

            Expect.isTrue
                (inverse.Evd(Symmetricity.Symmetric).EigenValues |> Seq.forall (fun value -> value.Real > 0.0))
                "all eigenvalues are positive")

        forScaled "a root times its transpose is the inverse" (fun _ (C, F) ->
            for lambda in lambdas do
                let factored = tikhonov lambda C
                let R = Weights.matrix (Curvature.shapes C) (Factored.rootSolve factored)
                let expected = (Dense.shifted lambda F).Inverse()

                Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) ((R * R.Transpose()).ToRowMajorArray()))

        forEach "c C with damping c lambda has 1/c of the inverse" structures (fun _ (C, _) ->
            for c in [ 0.01; 30.0 ] do
                let V = vector C
                let expected = Factored.solve (tikhonov 0.1 C) V |> WeightVector.scale (1.0 / c)
                let found = Factored.solve (tikhonov (0.1 * c) (Curvature.scale c C)) V
                Oracle.agrees Tolerance.explicit (Weights.numbers expected) (Weights.numbers found))

        forEach "the inverse after a diagonal was added is that of the sum" structures (fun _ (C, F) ->
            let D = vector C |> Array.map (fun d -> d.square () + 0.1)

            match Curvature.addDiagonal D C with
            | Curvature.Sum _ -> ()
            | Curvature.Blocks parts when parts |> Array.exists _.IsSum -> ()
            | sum ->
                let V = vector C

                let expected = F + Dense.diagonal (Weights.numbers D) |> Dense.shifted 0.1

                let found = Factored.solve (tikhonov 0.1 sum) V

                Oracle.agrees Tolerance.explicit (expected.Solve(Weights.flatten V).ToArray()) (Weights.numbers found))

        forEach "float32 agrees with float64 and stays float32" structures (fun _ (C, F) ->
            let factored = tikhonov 1.0 (map ChangedFactors.single32 C)
            let V = vector C |> Array.map ChangedFactors.single32

            for solve, operator in
                [ Factored.solve, id; Factored.rootSolve, (fun (R: Matrix<float>) -> R * R.Transpose()) ] do
                for found in solve factored V do
                    Expect.equal found.dtype torch.ScalarType.Float32 "the type of found"

                let found =
                    Weights.matrix (Curvature.shapes C) (Array.map ChangedFactors.single32 >> solve factored)
                    |> operator

                let expected = (Dense.shifted 1.0 F).Inverse().ToRowMajorArray()
                Oracle.agrees Tolerance.float32AgainstFloat64 expected (found.ToRowMajorArray())

            agreesInLogDet Tolerance.float32AgainstFloat64 (Dense.shifted 1.0 F) factored)

        forEach
            "damping is never added in place: a second solve is the first, and the curvature is as it was"
            structures
            (fun _ (C, _) ->
                let before = Curvature.tensors C |> List.map Dense.values
                let V = vector C
                let first = tikhonov 0.1 C
                let expected = Weights.numbers (Factored.solve first V)
                Expect.equal (Weights.numbers (Factored.solve first V)) expected "the solve of first V"
                Factored.rootSolve first V |> ignore
                Factored.logDet first |> ignore
                Expect.equal (Weights.numbers (Factored.solve first V)) expected "the solve of first V"

                Expect.equal
                    (Weights.numbers (Factored.solve (tikhonov 0.1 C) V))
                    expected
                    "the solution of a second inverse"

                Expect.equal (Curvature.tensors C |> List.map Dense.values) before "the curvature itself")

        forEach "the inverse stays what it is when the caller changes a result" structures (fun _ (C, _) ->
            let V, factored = vector C, tikhonov 0.1 C
            let expected = Weights.numbers (Factored.solve factored V)
            let results = Factored.logDet factored :: List.ofArray (Factored.solve factored V)
            results |> List.iter (fun result -> result.add_ (1.0.ToScalar()) |> ignore)
            Expect.equal (Weights.numbers (Factored.solve factored V)) expected "the solve of factored V")
    ]
