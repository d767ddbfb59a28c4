/// Symmetric matrices with and without the properties that factorisations need.
module Foof.Core.Tests.Matrices

open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// 1/r X^T X of r normal rows: semi-definite, singular where r < d.
let semidefinite d r =
    let X = Networks.normal [ r; d ]
    X.t().mm X / float r

/// A rotation in the plane of the first two coordinates applied to diag(values).
let rotated (values: float list) =
    let Q = Dense.identity values.Length
    Q[0, 0] <- 0.6
    Q[0, 1] <- -0.8
    Q[1, 0] <- 0.8
    Q[1, 1] <- 0.6

    Q * Dense.diagonal (List.toArray values) * Q.Transpose()
