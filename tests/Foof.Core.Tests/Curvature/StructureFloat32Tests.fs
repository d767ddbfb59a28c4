/// Every structure of curvature in float32 at real sizes against float64: products, damped inverses, roots, powers.
module Foof.Core.Tests.StructureFloat32Tests

open System
open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

/// A test for each structure and condition number.
let private forEach sentence wanted (check: float -> Curvature -> Curvature -> unit) =
    testList sentence [
        for name, draw in structures do
            if wanted name then
                for condition in conditions do
                    test $"{name}, {condition}" {
                        use _scope = torch.NewDisposeScope()
                        let C = draw condition
                        check condition C (CurvatureOracle.map wide C)
                    }
    ]

let private all (_: string) = true

let private number (x: torch.Tensor) = x.ToDouble()

/// v^T (C + lambda I) v.
let private squared (lambda: float) C (v: torch.Tensor array) =
    number (WeightVector.dot v (WeightVector.axpy lambda v (Curvature.product C v)))

[<Tests>]
let tests =
    testList "Curvature.StructureFloat32" [
        forEach "products, diagonals and traces are those of float64" all (fun _ C wideC ->
            let V = vector (Curvature.shapes C)
            agree Tolerance.roundingSingle (Curvature.product wideC (Array.map wide V)) (Curvature.product C V)
            agree Tolerance.roundingSingle (Curvature.diagonal wideC) (Curvature.diagonal C)
            agree Tolerance.roundingSingle [ Curvature.trace wideC ] [ Curvature.trace C ])

        forEach "damped solves and log det are those of float64" all (fun condition C wideC ->
            let V = vector (Curvature.shapes C)
            let lambda = 1.0 / condition
            let found, expected = Factored.make Damping.Tikhonov lambda C, Factored.make Damping.Tikhonov lambda wideC
            let wideV = Array.map wide V
            let tolerance = Tolerance.ofCondition condition
            agree tolerance (Factored.solve expected wideV) (Factored.solve found V)
            // Along the columns, too, where nearly all of the vector is taken away again.
            let image = WeightVector.axpy lambda wideV (Curvature.product wideC wideV)
            agree tolerance wideV (Factored.solve found (Array.map ChangedFactors.single32 image))
            let size = float (Curvature.size C)
            let logDets = [ expected; found ] |> List.map (Factored.logDet >> number)
            Expect.isTrue (abs (logDets[1] - logDets[0]) <= 1e-2 * size) $"log det {logDets} of {size} weights")

        forEach "a root's vectors have the squared distance of their normal numbers" all (fun condition C wideC ->
            let lambda = 1.0 / condition
            let V = vector (Curvature.shapes C)
            let found = Factored.rootSolve (Factored.make Damping.Tikhonov lambda C) V |> Array.map wide
            let expected = number (WeightVector.dot V V)
            let apart = abs (squared lambda wideC found - expected) / expected
            Expect.isTrue (apart <= Tolerance.ofCondition condition) $"relative distance {apart}")

        // Fourth roots of factors that are damped each, as Shampoo takes them, and square roots of the whole.
        testList "powers are those of float64" [
            for name, draw in structures do
                if not (name.StartsWith "low rank" || name = "blocks") then
                    test name {
                        use _scope = torch.NewDisposeScope()
                        let condition = Seq.last conditions
                        let C = draw condition
                        let V = vector (Curvature.shapes C)

                        for rule, power in [ Damping.Tikhonov, -0.5; Damping.EachFactor, -0.25 ] do
                            let raised C =
                                Factored.attempt Factorization.attempts rule power ignore (1.0 / condition) C
                                |> Option.get

                            let expected = Factored.solve (raised (CurvatureOracle.map wide C)) (Array.map wide V)
                            agree (Tolerance.ofCondition condition) expected (Factored.solve (raised C) V)
                    }
        ]
    ]
