/// Structured curvature with changed tensors, and what is compared of its inverses.
module Foof.Core.Tests.CurvatureOracle

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

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

/// F^power of a symmetric positive definite matrix.
let powerOf (power: float) (F: Matrix<float>) = Dense.spectral (fun _ value -> value ** power) F

/// Asserts that log det (C + lambda I) is F's, relative to the sizes of the p logarithms that it is the sum
/// of.
let agreesInLogDet tolerance (F: Matrix<float>) factored =
    let logarithms = Dense.logarithms F
    let size = float F.RowCount + logarithms.L1Norm()
    let found = Dense.values (Factored.logDet factored)
    Oracle.agrees tolerance [| size; logarithms.Sum() |] [| size; Oracle.only found |]
