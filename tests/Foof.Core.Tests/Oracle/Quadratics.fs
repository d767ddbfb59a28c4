/// Quadratic functions of the weights by explicit matrices.
module Foof.Core.Tests.Quadratics

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let vectorOf curvature = Vectors.random (Curvature.shapes curvature)

/// 1/2 d^T F d and F d.
let explicit (F: Matrix<float>) (centre: torch.Tensor array) (theta: torch.Tensor array) =
    Gaussians.penalty [ F, Weights.flatten theta - Weights.flatten centre ]

/// Asserts a value and a gradient.
let agreesWith (value: float, gradient: Vector<float>) (found: ValueAndGradient) =
    Oracle.agrees Tolerance.explicit [| value |] (Dense.values found.Value)
    Oracle.agrees Tolerance.explicit (gradient.ToArray()) (Weights.numbers found.Gradient)
