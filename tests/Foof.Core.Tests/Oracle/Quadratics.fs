/// Quadratic functions of the weights by explicit matrices.
module Foof.Core.Tests.Quadratics

open Foof
open Foof.Core.Tests.WrittenFactors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let vectorOf curvature =
    WrittenFactors.vector (Curvature.shapes curvature)

/// 1/2 d^T F d and F d by MathNet.
let explicit (F: Matrix<float>) (centre: torch.Tensor array) (theta: torch.Tensor array) =
    let d = flatten theta - flatten centre
    let product = F * d
    0.5 * (d * product), product

/// Asserts a value and a gradient.
let agreesWith
    (value: float, gradient: Vector<float>)
    (struct (found: torch.Tensor, slope: torch.Tensor array))
    =
    Oracle.agrees Tolerance.explicit [| value |] (Oracle.values found)
    Oracle.agrees Tolerance.explicit (gradient.ToArray()) (numbers slope)
