/// Random positive definite systems, as operators and as matrices.
module Foof.Core.Tests.LinearSystems

open Foof
open Foof.Explicit
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
    let A = Dense.ofTensor (Networks.normal [ d; d ])
    Dense.shifted 0.1 (Dense.moment (float d) A)

/// A system on two layers with 8 unknowns.
let system () =
    let shapes = [| [| 2L; 3L |]; [| 1L; 2L |] |]
    let matrix = positiveDefinite (Array.sum (Weights.orders shapes))
    struct (matrix, ofMatrix shapes (Dense.toTensor matrix), Vectors.random shapes)

/// |b - C x| / |b|.
let residual (matrix: Matrix<float>) b (x: torch.Tensor array) =
    (Weights.flatten b - matrix * Weights.flatten x).L2Norm() / (Weights.flatten b).L2Norm()
