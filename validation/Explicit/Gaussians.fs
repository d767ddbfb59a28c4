/// Normal distributions and quadratics of the weights by explicit matrices. (MATH 6)
module internal Foof.Explicit.Gaussians

open System
open MathNet.Numerics.LinearAlgebra

/// d^T M d.
let squared (M: Matrix<float>) (d: Vector<float>) = d * (M * d)

/// log N(d; 0, precision^-1).
let logDensity (precision: Matrix<float>) (d: Vector<float>) =
    let p = float precision.RowCount
    0.5 * (Dense.logDet precision - p * log (2.0 * Math.PI) - squared precision d)

/// KL of N(mean, precision^-1) from a prior of precision P; d is the distance of the two means.
let divergence (P: Matrix<float>) (precision: Matrix<float>) (d: Vector<float>) =
    0.5 * ((P * precision.Inverse()).Trace() + squared P d - float P.RowCount + Dense.logDet precision - Dense.logDet P)

/// Laplace's approximation of the integral, with a prior of precision P, all of precision Lambda, and d from the
/// prior's mean to the posterior's.
let logEvidence (logLikelihood: float) (P: Matrix<float>) (Lambda: Matrix<float>) (d: Vector<float>) =
    logLikelihood - 0.5 * squared P d + 0.5 * (Dense.logDet P - Dense.logDet Lambda)

/// Values and gradients of 1/2 d^T F d, summed over terms; each F is a matrix, each d a distance of the weights.
let penalty (terms: (Matrix<float> * Vector<float>) list) =
    terms
    |> List.map (fun (F, d) -> 0.5 * squared F d, F * d)
    |> List.reduce (fun (value, gradient) (value', gradient') -> value + value', gradient + gradient')
