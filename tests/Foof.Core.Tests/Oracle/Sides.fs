/// A random side of every kind, and the matrix that it stands for.
module Foof.Core.Tests.Sides

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// How a side is held.
type Kind =
    | One
    | Identity
    | Diagonal
    | Full
    | Inverse

/// [g; d; d] symmetric positive semi-definite matrices of rank `rank`.
let semidefinite (g: int) (d: int) (rank: int) =
    let X = Networks.normal [ g; rank; d ]
    X.transpose(1L, 2L).matmul X / float rank

/// A random side of order d for g groups; semi-definite of full rank.
let side kind g d =
    match kind with
    | One -> Side.Identity(int64 d, 1.0)
    | Identity -> Side.Identity(int64 d, 1.5)
    | Diagonal -> Side.Diagonal((Networks.normal [ g; d ]).square() + 0.1)
    | Full -> Side.Full(semidefinite g d (d + 1))
    | Inverse ->
        Side.Inverse(torch.linalg.cholesky (semidefinite g d (d + 1) + torch.eye (int64 d, dtype = Networks.double)))

/// The matrix of a group, written out.
let matrix (group: int) side : Matrix<float> =
    match side with
    | Side.Identity(size, c) -> Dense.identity (int size) * c
    | Side.Diagonal d ->
        let values, size = Dense.values d, int (d.size 1)
        Dense.diagonal (values[group * size .. (group + 1) * size - 1])
    | Side.Full M -> Dense.ofTensor (M.select (0L, int64 group))
    | Side.Inverse L ->
        let L = Dense.ofTensor (L.select (0L, int64 group))
        (L * L.Transpose()).Inverse()
