/// Random positive definite systems, as operators and as matrices.
module Foof.Core.Tests.LinearSystems

open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp

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
    Vector<float>.Build.DenseOfArray(Vectors.elements x)

/// A system on two layers with 8 unknowns.
let system () =
    let shapes = [| [| 2L; 3L |]; [| 1L; 2L |] |]
    let matrix = positiveDefinite (size shapes)
    struct (matrix, ofMatrix shapes (Oracle.tensor matrix), Vectors.random shapes)

/// |b - C x| / |b|.
let residual (matrix: Matrix<float>) b (x: torch.Tensor array) =
    (flat b - matrix * flat x).L2Norm() / (flat b).L2Norm()
