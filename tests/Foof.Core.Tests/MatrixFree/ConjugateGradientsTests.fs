module Foof.Core.Tests.ConjugateGradientsTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.LinearSystems
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

[<Tests>]
let tests =
    testList "MatrixFree.ConjugateGradients" [
        Holds.forAll "the solution is that of a dense solve" Vectors.shapes (fun shapes ->
            use _scope = torch.NewDisposeScope()
            let matrix = positiveDefinite (Array.sum (Weights.orders shapes))
            let b = Vectors.random shapes
            use C = ofMatrix shapes (Dense.toTensor matrix)
            use result = ConjugateGradients.solve C b tight
            Expect.isTrue result.Converged "result converged"
            Expect.equal (WeightVector.shapes result.Solution) shapes "the shapes of solution of result"
            let expected = matrix.Solve(Weights.flatten b).ToArray()
            Oracle.agrees Tolerance.explicit expected (Weights.numbers result.Solution))

        test "damped curvature of networks is inverted as the dense matrix is" {
            use _scope = torch.NewDisposeScope()

            for case in ExplicitCurvature.cases () do
                for make in [ Operators.gaussNewton; Operators.fisher ] do
                    for lambda in [ 1e-2; 1.0; 1e4 ] do
                        use C = make case
                        use damped = LinearOperator.shifted lambda C
                        let b = Vectors.random C.Shapes
                        use result = ConjugateGradients.solve damped b tight
                        Expect.isTrue result.Converged "result converged"

                        let expected = (Dense.ofTensor (LinearOperator.dense damped)).Solve(Weights.flatten b).ToArray()

                        Oracle.agrees Tolerance.explicit expected (Weights.numbers result.Solution)
        }

        test "the identity takes one iteration, and d distinct eigenvalues take d" {
            use _scope = torch.NewDisposeScope()
            let b = Networks.normal [ 4; 3 ]

            for distinct in 1..4 do
                let values = torch.arange(12L, dtype = Networks.double).remainder(torch.tensor (float distinct))

                use C = ofMatrix [| [| 4L; 3L |] |] (torch.diag (values + 1.0))
                use result = ConjugateGradients.solve C [| b |] tight
                Expect.equal result.Iterations distinct "the iterations of result"
        }

        test "the residual that is reported is that of the solution" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()

            for most in [ 1; 3 ] do
                use result = ConjugateGradients.solve C b { tight with MaxIterations = most }
                Expect.isFalse result.Converged "result converged"
                Expect.equal result.Iterations most "the iterations of result"

                Oracle.agrees Tolerance.explicit [| residual matrix b result.Solution |] [| result.RelativeResidual |]
        }

        test "a tolerance that rounding keeps out of reach is reported, and ends the iterations" {
            use _scope = torch.NewDisposeScope()
            let shapes = [| [| 4L; 5L |] |]
            // The Hilbert matrix of order 20: its condition number is beyond float64.
            let matrix = Dense.build 20 20 (fun i j -> 1.0 / float (i + j + 1)) + Dense.identity(20).Multiply 1e-13

            use C = ofMatrix shapes (Dense.toTensor matrix)
            let b = Vectors.random shapes

            for tolerance in [ 1e-30; 0.0 ] do
                use result = ConjugateGradients.solve C b { tight with Tolerance = tolerance; MaxIterations = 100000 }

                Expect.isFalse result.Converged "result converged"

                Expect.isTrue
                    (1 <= result.Iterations && result.Iterations <= 99999)
                    $"{result.Iterations} must lie in [1, 99999]"

                Expect.isTrue (result.RelativeResidual > tolerance) "the residual stays above the tolerance"
        }

        test "zeros give zeros" {
            use _scope = torch.NewDisposeScope()
            let struct (_, C, b) = system ()

            use result = ConjugateGradients.solve C (WeightVector.scale 0.0 b) { tight with Start = ValueSome b }

            Expect.isTrue result.Converged "result converged"
            Expect.equal result.Iterations 0 "the iterations of result"
            Expect.equal result.RelativeResidual 0.0 "the relative residual of result"

            for x in Weights.numbers result.Solution do
                Expect.equal x 0.0 "the draw of x"
        }

        test "right-hand sides whose squares leave the range of numbers are solved all the same" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()
            let expected = matrix.Solve(Weights.flatten b).ToArray()

            for scale in [ 1e-200; 1e200 ] do
                use result = ConjugateGradients.solve C (WeightVector.scale scale b) tight
                let solution = WeightVector.scale (1.0 / scale) result.Solution
                Oracle.agrees Tolerance.explicit expected (Weights.numbers solution)
        }

        test "a preconditioner leads to the same solution, in one iteration if it is the inverse" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()
            let expected = matrix.Solve(Weights.flatten b).ToArray()
            let inverse = matrix.Inverse()

            let diagonal = Matrix<float>.Build.DenseOfDiagonalVector(matrix.Diagonal().Map(fun x -> 1.0 / x))

            let solve M =
                use M = ofMatrix C.Shapes (Dense.toTensor M)

                let result = ConjugateGradients.solve C b { tight with Preconditioner = ValueSome M }

                Expect.isTrue result.Converged "result converged"
                Oracle.agrees Tolerance.explicit expected (Weights.numbers result.Solution)
                result.Iterations

            Expect.equal (solve inverse) 1 "the solution"

            Expect.isTrue (2 <= solve diagonal && solve diagonal <= 20) $"{solve diagonal} must lie in [2, 20]"
        }

        test "the diagonal as preconditioner undoes bad scaling" {
            use _scope = torch.NewDisposeScope()
            let shapes = [| [| 8L; 5L |] |]

            let scales = Dense.build 40 40 (fun i j -> if i = j then 10.0 ** (float i / 13.0) else 0.0)

            let matrix = scales * positiveDefinite 40 * scales
            use C = ofMatrix shapes (Dense.toTensor matrix)

            use M = ofMatrix shapes (torch.diag (Dense.toTensor matrix |> fun m -> (torch.diag m).reciprocal()))

            let b = Vectors.random shapes
            use plain = ConjugateGradients.solve C b settings

            use helped = ConjugateGradients.solve C b { settings with Preconditioner = ValueSome M }

            Expect.isTrue helped.Converged "helped converged"

            Expect.isTrue (helped.Iterations < plain.Iterations / 2) "the preconditioner halves the iterations"
        }

        test "a start that is the solution needs no iteration and stays as it was" {
            use _scope = torch.NewDisposeScope()
            let struct (_, C, b) = system ()
            use solved = ConjugateGradients.solve C b tight
            let start = solved.Solution |> Array.map _.clone()

            use again = ConjugateGradients.solve C b { settings with Start = ValueSome start }

            Expect.equal again.Iterations 0 "the iterations of again"
            Expect.isTrue again.Converged "again converged"

            Expect.equal (Weights.numbers start) (Weights.numbers solved.Solution) "the elements of start"

            let far = Vectors.random C.Shapes
            use other = ConjugateGradients.solve C b { tight with Start = ValueSome far }
            let expected = Weights.numbers solved.Solution
            Oracle.agrees Tolerance.explicit expected (Weights.numbers other.Solution)
        }

        test "float32 agrees with float64" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()
            let single = torch.ScalarType.Float32
            use C' = ofMatrix C.Shapes ((Dense.toTensor matrix).``to`` single)
            use result = ConjugateGradients.solve C' (b |> Array.map _.``to``(single)) settings
            let expected = matrix.Solve(Weights.flatten b).ToArray()

            Oracle.agrees Tolerance.float32AgainstFloat64 expected (Weights.numbers result.Solution)
        }
    ]
