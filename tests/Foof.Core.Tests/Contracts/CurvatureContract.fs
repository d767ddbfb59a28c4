/// What every structure fulfils, held against the matrix that it stands for: products, parts, sums.
module Foof.Core.Tests.CurvatureContract

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open Foof.Core.Tests.CurvatureOracle
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let structures = names all
let oneLayer = names (ofOneLayer @ sums)

let private vector curvature = Vectors.random (Curvature.shapes curvature)

[<Tests>]
let tests =
    testList "Contracts.Curvature" [
        forEach "products, diagonal, trace and the matrix written out agree with the matrix" structures (fun _ (C, F) ->
            Expect.equal (Curvature.size C) (int64 F.RowCount) "the size of the curvature"
            let V = vector C
            let product = Curvature.product C V
            Expect.equal (WeightVector.shapes product) (Curvature.shapes C) "the shapes of product"

            Oracle.agrees Tolerance.rounding ((F * Weights.flatten V).ToArray()) (Weights.numbers product)

            let diagonal = Curvature.diagonal C
            Expect.equal (WeightVector.shapes diagonal) (Curvature.shapes C) "the shapes of diagonal"
            Oracle.agrees Tolerance.rounding (F.Diagonal().ToArray()) (Weights.numbers diagonal)
            Oracle.agrees Tolerance.rounding [| F.Trace() |] (Dense.values (Curvature.trace C))
            Oracle.agreesWith Tolerance.rounding F (Curvature.dense C))

        forEach
            "the matrix is symmetric and positive semi-definite, and products are linear"
            structures
            (fun _ (C, _) ->
                let x, y = vector C, vector C

                let inner (x: torch.Tensor array) y = (Weights.flatten x) * (Weights.flatten y)

                let Cx, Cy = Curvature.product C x, Curvature.product C y

                let scale = (Weights.flatten Cx).L2Norm() * (Weights.flatten y).L2Norm()

                Expect.isTrue (abs (inner Cx y - inner x Cy) <= Tolerance.rounding * scale) "x . C y <> y . C x"

                Expect.isTrue (inner x Cx >= -Tolerance.rounding * scale) "x . C x < 0"
                let combined = Curvature.product C (WeightVector.axpy 0.3 x y)

                Oracle.agrees
                    Tolerance.rounding
                    (Weights.numbers (WeightVector.axpy 0.3 Cx Cy))
                    (Weights.numbers combined))

        forEach "c C is c times the matrix" structures (fun _ (C, F) ->
            for c in [ 0.0; 0.25; 30.0 ] do
                Oracle.agreesWith Tolerance.rounding (F * c) (Curvature.dense (Curvature.scale c C))
                let V = vector C
                let product = Curvature.product (Curvature.scale c C) V

                Oracle.agrees Tolerance.rounding ((F * Weights.flatten V * c).ToArray()) (Weights.numbers product))

        forEach "C + D adds to the diagonal" structures (fun _ (C, F) ->
            let D = vector C |> Array.map (fun d -> d.square () + 0.1)

            let expected = F + Dense.diagonal (Weights.numbers D)

            let sum = Curvature.addDiagonal D C
            Expect.equal (Curvature.shapes sum) (Curvature.shapes C) "the shapes of sum"
            Oracle.agreesWith Tolerance.rounding expected (Curvature.dense sum)
            let V = vector C

            Oracle.agrees
                Tolerance.rounding
                ((expected * Weights.flatten V).ToArray())
                (Weights.numbers (Curvature.product sum V)))

        for name in oneLayer do
            Holds.forSome $"the sum of two tasks is exact, whatever their structures: {name}" 5 orders (fun order ->
                for other, _ in ofOneLayer @ sums do
                    use _scope = torch.NewDisposeScope()

                    let (x, F), (y, F') = draw name order, draw other { order with Seed = order.Seed + 1 }

                    let sum = Curvature.add x y
                    Oracle.agreesWith Tolerance.rounding (F + F') (Curvature.dense sum)
                    let V = vector sum
                    let product = Curvature.product sum V

                    Oracle.agrees
                        Tolerance.rounding
                        (((F + F') * Weights.flatten V).ToArray())
                        (Weights.numbers product))

        forEach
            "a curvature and itself add up to twice the matrix, and merge to twice the trace"
            structures
            (fun _ (C, F) ->
                Oracle.agreesWith Tolerance.rounding (F * 2.0) (Curvature.dense (Curvature.add C C))
                Oracle.agreesWith Tolerance.rounding (F * 2.0) (Curvature.dense (Curvature.merge C C)))

        test "structures that keep their form under addition keep it" {
            let keeps name =
                forSome name (fun _ (C, _) ->
                    match C, Curvature.add C C with
                    | Curvature.Dense _, Curvature.Dense _
                    | Curvature.Diagonal _, Curvature.Diagonal _
                    | Curvature.Units _, Curvature.Units _
                    | Curvature.LowRank _, Curvature.LowRank _
                    | Curvature.LowRankPlusDiagonal _, Curvature.LowRankPlusDiagonal _
                    | Curvature.Blocks _, Curvature.Blocks _ -> ()
                    | _ -> failtest name)

            [ "dense"; "diagonal"; "units"; "low rank"; "low rank plus diagonal"; "blocks" ] |> List.iter keeps
        }

        forEach "float32 agrees with float64 and stays float32" structures (fun _ (C, F) ->
            let single = map ChangedFactors.single32 C
            let V = vector C |> Array.map ChangedFactors.single32

            for found in
                [
                    Curvature.dense single
                    Curvature.trace single
                    yield! Curvature.diagonal single
                    yield! Curvature.product single V
                ] do
                Expect.equal found.dtype torch.ScalarType.Float32 "the type of found"

            Oracle.agreesWith Tolerance.float32AgainstFloat64 F (Curvature.dense single)
            let expected = (F * Weights.flatten V).ToArray()

            Oracle.agrees Tolerance.float32AgainstFloat64 expected (Weights.numbers (Curvature.product single V)))

        forEach "results are the caller's: changing them changes no curvature" structures (fun _ (C, F) ->
            let V = vector C

            let results = [
                Curvature.dense C
                Curvature.trace C
                yield! Curvature.diagonal C
                yield! Curvature.product C V
            ]

            for result in results do
                result.add_ (1.0.ToScalar()) |> ignore

            Oracle.agreesWith Tolerance.rounding F (Curvature.dense C))
    ]
