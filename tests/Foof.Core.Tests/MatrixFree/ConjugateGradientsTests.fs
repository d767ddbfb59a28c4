[<Seeded>]
module Foof.Core.Tests.ConjugateGradientsTests

open System
open Foof
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let settings = ConjugateGradients.defaults

/// To the last digits that float64 has for well-conditioned systems.
let tight = { settings with Tolerance = 1e-12 }

let like (kind: torch.ScalarType) = torch.zeros (1L, dtype = kind)

/// The operator of an explicit matrix, on vectors of these shapes.
let ofMatrix (shapes: int64 array array) (matrix: torch.Tensor) =
    LinearOperator.ofFunction shapes matrix (fun v ->
        WeightVector.unflatten shapes (matrix.mv (WeightVector.flatten v)))

/// A random symmetric positive definite matrix with a condition number below 1e2.
let positiveDefinite (d: int) =
    let A = Oracle.matrix (Networks.normal [ d; d ])
    (A.Transpose() * A).Divide(float d) + (Oracle.identity d).Multiply 0.1

let size (shapes: int64 array array) =
    shapes |> Array.sumBy (fun shape -> int (shape[0] * shape[1]))

let flat (x: torch.Tensor array) =
    Vector<float>.Build.DenseOfArray(WeightVectorTests.elements x)

/// A system on two layers with 8 unknowns.
let system () =
    let shapes = [| [| 2L; 3L |]; [| 1L; 2L |] |]
    let matrix = positiveDefinite (size shapes)
    struct (matrix, ofMatrix shapes (Oracle.tensor matrix), WeightVectorTests.random shapes)

/// |b - C x| / |b|.
let residual (matrix: Matrix<float>) b (x: torch.Tensor array) =
    (flat b - matrix * flat x).L2Norm() / (flat b).L2Norm()

[<Fact>]
let ``the solution is that of a dense solve`` () =
    Oracle.forAll WeightVectorTests.shapes (fun shapes ->
        use _scope = torch.NewDisposeScope()
        let matrix = positiveDefinite (size shapes)
        let b = WeightVectorTests.random shapes
        use C = ofMatrix shapes (Oracle.tensor matrix)
        use result = ConjugateGradients.solve C b tight
        Assert.True result.Converged
        Assert.Equal<int64 array array>(shapes, WeightVector.shapes result.Solution)
        let expected = matrix.Solve(flat b).ToArray()
        Oracle.agrees Tolerance.explicit expected (WeightVectorTests.elements result.Solution))

[<Fact>]
let ``damped curvature of networks is inverted as the dense matrix is`` () =
    use _scope = torch.NewDisposeScope()

    for case in ExplicitCurvature.cases () do
        for make in [ LinearOperatorTests.gaussNewton; LinearOperatorTests.fisher ] do
            for lambda in [ 1e-2; 1.0; 1e4 ] do
                use C = make case
                use damped = LinearOperator.shifted lambda C
                let b = WeightVectorTests.random C.Shapes
                use result = ConjugateGradients.solve damped b tight
                Assert.True result.Converged
                let expected = (Oracle.matrix (LinearOperator.dense damped)).Solve(flat b).ToArray()
                Oracle.agrees Tolerance.explicit expected (WeightVectorTests.elements result.Solution)

[<Fact>]
let ``the identity takes one iteration, and d distinct eigenvalues take d`` () =
    use _scope = torch.NewDisposeScope()
    let b = Networks.normal [ 4; 3 ]

    for distinct in 1..4 do
        let values =
            torch.arange(12L, dtype = Networks.double).remainder(torch.tensor (float distinct))

        use C = ofMatrix [| [| 4L; 3L |] |] (torch.diag (values + 1.0))
        use result = ConjugateGradients.solve C [| b |] tight
        Assert.Equal(distinct, result.Iterations)

[<Fact>]
let ``the residual that is told is that of the solution`` () =
    use _scope = torch.NewDisposeScope()
    let struct (matrix, C, b) = system ()

    for most in [ 1; 3 ] do
        use result = ConjugateGradients.solve C b { tight with MaxIterations = most }
        Assert.False result.Converged
        Assert.Equal(most, result.Iterations)
        Oracle.agrees Tolerance.explicit [| residual matrix b result.Solution |] [| result.RelativeResidual |]

[<Fact>]
let ``what rounding keeps out of reach is told and not waited for`` () =
    use _scope = torch.NewDisposeScope()
    let shapes = [| [| 4L; 5L |] |]
    // The Hilbert matrix of order 20: its condition number is beyond float64.
    let matrix =
        Oracle.build 20 20 (fun i j -> 1.0 / float (i + j + 1))
        + Oracle.identity(20).Multiply 1e-13

    use C = ofMatrix shapes (Oracle.tensor matrix)
    let b = WeightVectorTests.random shapes

    for tolerance in [ 1e-30; 0.0 ] do
        use result =
            ConjugateGradients.solve C b {
                tight with
                    Tolerance = tolerance
                    MaxIterations = 100000
            }

        Assert.False result.Converged
        Assert.InRange(result.Iterations, 1, 99999)
        Assert.True(result.RelativeResidual > tolerance)

[<Fact>]
let ``zeros give zeros`` () =
    use _scope = torch.NewDisposeScope()
    let struct (_, C, b) = system ()

    use result =
        ConjugateGradients.solve C (WeightVector.scale 0.0 b) { tight with Start = ValueSome b }

    Assert.True result.Converged
    Assert.Equal(0, result.Iterations)
    Assert.Equal(0.0, result.RelativeResidual)
    Assert.All(WeightVectorTests.elements result.Solution, (fun x -> Assert.Equal(0.0, x)))

[<Fact>]
let ``right-hand sides whose squares leave the range of numbers are solved all the same`` () =
    use _scope = torch.NewDisposeScope()
    let struct (matrix, C, b) = system ()
    let expected = matrix.Solve(flat b).ToArray()

    for scale in [ 1e-200; 1e200 ] do
        use result = ConjugateGradients.solve C (WeightVector.scale scale b) tight
        let solution = WeightVector.scale (1.0 / scale) result.Solution
        Oracle.agrees Tolerance.explicit expected (WeightVectorTests.elements solution)

[<Fact>]
let ``a preconditioner leads to the same solution, in one iteration if it is the inverse`` () =
    use _scope = torch.NewDisposeScope()
    let struct (matrix, C, b) = system ()
    let expected = matrix.Solve(flat b).ToArray()
    let inverse = matrix.Inverse()

    let diagonal =
        Matrix<float>.Build.DenseOfDiagonalVector(matrix.Diagonal().Map(fun x -> 1.0 / x))

    let solve M =
        use M = ofMatrix C.Shapes (Oracle.tensor M)

        let result =
            ConjugateGradients.solve C b {
                tight with
                    Preconditioner = ValueSome M
            }

        Assert.True result.Converged
        Oracle.agrees Tolerance.explicit expected (WeightVectorTests.elements result.Solution)
        result.Iterations

    Assert.Equal(1, solve inverse)
    Assert.InRange(solve diagonal, 2, 20)

[<Fact>]
let ``the diagonal as preconditioner undoes bad scaling`` () =
    use _scope = torch.NewDisposeScope()
    let shapes = [| [| 8L; 5L |] |]

    let scales =
        Oracle.build 40 40 (fun i j -> if i = j then 10.0 ** (float i / 13.0) else 0.0)

    let matrix = scales * positiveDefinite 40 * scales
    use C = ofMatrix shapes (Oracle.tensor matrix)

    use M =
        ofMatrix shapes (torch.diag (Oracle.tensor matrix |> fun m -> (torch.diag m).reciprocal()))

    let b = WeightVectorTests.random shapes
    use plain = ConjugateGradients.solve C b settings

    use helped =
        ConjugateGradients.solve C b {
            settings with
                Preconditioner = ValueSome M
        }

    Assert.True helped.Converged
    Assert.True(helped.Iterations < plain.Iterations / 2)

[<Fact>]
let ``a start that is the solution needs no iteration and stays as it was`` () =
    use _scope = torch.NewDisposeScope()
    let struct (_, C, b) = system ()
    use solved = ConjugateGradients.solve C b tight
    let start = solved.Solution |> Array.map _.clone()

    use again =
        ConjugateGradients.solve C b {
            settings with
                Start = ValueSome start
        }

    Assert.Equal(0, again.Iterations)
    Assert.True again.Converged
    Assert.Equal<float array>(WeightVectorTests.elements solved.Solution, WeightVectorTests.elements start)
    let far = WeightVectorTests.random C.Shapes
    use other = ConjugateGradients.solve C b { tight with Start = ValueSome far }
    let expected = WeightVectorTests.elements solved.Solution
    Oracle.agrees Tolerance.explicit expected (WeightVectorTests.elements other.Solution)

[<Fact>]
let ``float32 agrees with float64`` () =
    use _scope = torch.NewDisposeScope()
    let struct (matrix, C, b) = system ()
    let single = torch.ScalarType.Float32
    use C' = ofMatrix C.Shapes ((Oracle.tensor matrix).``to`` single)
    use result = ConjugateGradients.solve C' (b |> Array.map _.``to``(single)) settings
    let expected = matrix.Solve(flat b).ToArray()
    Oracle.agrees Tolerance.float32AgainstFloat64 expected (WeightVectorTests.elements result.Solution)
