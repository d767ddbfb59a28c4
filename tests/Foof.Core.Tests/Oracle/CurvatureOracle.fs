/// Matrices from structured curvature, and functions of matrices, by MathNet.
module Foof.Core.Tests.CurvatureOracle

open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Matrices along the diagonal of one.
let diagonalOf (blocks: Matrix<float> seq) : Matrix<float> =
    let blocks = Seq.toArray blocks
    let starts = blocks |> Array.scan (fun start block -> start + block.RowCount) 0
    let whole = Matrix<float>.Build.Dense(Array.last starts, Array.last starts)

    blocks
    |> Array.iteri (fun i block -> whole.SetSubMatrix(starts[i], starts[i], block))

    whole

/// The curvature with every tensor changed.
let rec map (change: torch.Tensor -> torch.Tensor) curvature =
    let side =
        function
        | Side.Identity(size, c) -> Side.Identity(size, c)
        | Side.Diagonal d -> Side.Diagonal(change d)
        | Side.Full M -> Side.Full(change M)
        | Side.Inverse L -> Side.Inverse(change L)

    match curvature with
    | Curvature.Dense(F, shapes) -> Curvature.Dense(change F, shapes)
    | Curvature.Diagonal D -> Curvature.Diagonal(Array.map change D)
    | Curvature.Units F -> Curvature.Units(change F)
    | Curvature.Kronecker(E, A) -> Curvature.Kronecker(side E, side A)
    | Curvature.Eigenbasis(Q_E, Q_A, S) -> Curvature.Eigenbasis(side Q_E, side Q_A, change S)
    | Curvature.LowRank G -> Curvature.LowRank(ChangedFactors.map change G)
    | Curvature.LowRankPlusDiagonal(G, D) ->
        Curvature.LowRankPlusDiagonal(ChangedFactors.map change G, Array.map change D)
    | Curvature.Blocks parts -> Curvature.Blocks(Array.map (map change) parts)
    | Curvature.Sum terms -> Curvature.Sum(Array.map (map change) terms)

/// The matrix of an operator on weight space, a unit vector at a time.
let written (shapes: int64 array array) (operator: torch.Tensor array -> torch.Tensor array) : Matrix<float> =
    let p = shapes |> Array.sumBy (Array.fold (*) 1L)
    let unit' = torch.eye (p, dtype = Networks.double)

    Matrix<float>
        .Build.DenseOfColumnVectors(
            seq {
                for i in 0L .. p - 1L ->
                    use _scope = torch.NewDisposeScope()
                    WrittenFactors.flatten (operator (WeightVector.unflatten shapes (unit'.select (0L, i))))
            }
        )

/// F^power of a symmetric positive definite matrix.
let powerOf (power: float) (F: Matrix<float>) : Matrix<float> =
    let found = F.Evd Symmetricity.Symmetric

    found.EigenVectors
    * Matrix<float>.Build.DenseOfDiagonalVector(found.EigenValues.Map(fun value -> value.Real ** power))
    * found.EigenVectors.Transpose()

/// Asserts that log det (C + lambda I) is F's, relative to the sizes of the p logarithms that it is the sum
/// of.
let agreesInLogDet tolerance (F: Matrix<float>) factored =
    let logarithms = (F.Cholesky().Factor.Diagonal().Map log) * 2.0
    let size = float F.RowCount + logarithms.L1Norm()
    let found = Oracle.values (Factored.logDet factored)
    Oracle.agrees tolerance [| size; logarithms.Sum() |] [| size; Oracle.only found |]
