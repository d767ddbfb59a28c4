/// How far two computations of the same thing may lie apart: every tolerance of the tests, with its reason.
/// All are relative: |actual - expected| <= tolerance |expected| in the Euclidean norm.
module Foof.Core.Tests.Tolerance

/// Two orders of the same float64 sums: a few hundred roundings of 1e-16.
let rounding = 1e-13

/// Two orders of the same float32 sums: a few hundred roundings of 6e-8.
let roundingSingle = 3e-5

/// What rounding allows in a type.
let ofType (kind: TorchSharp.torch.ScalarType) =
    if kind = TorchSharp.torch.ScalarType.Float32 then roundingSingle else rounding

/// A float64 result through an inverse against one through QR or Gauss elimination: rounding times the
/// condition number, at most 1e4 in these tests, with room to spare.
let explicit = 1e-10

/// Float64 training by two routes over some ten steps: each step's differences pass through the network
/// again.
let trajectory = 1e-9

/// float32 against float64: 6e-8 per operation, times the condition numbers of these tests.
let float32AgainstFloat64 = 1e-3

/// float32 against float64 through a damped inverse of this condition number: rounding of 6e-8 of the largest eigenvalue
/// is that share of what the damping leaves in the smallest one; never below the rounding of sums.
let ofCondition (condition: float) = max roundingSingle (6e-8 * condition)

/// A pseudo-inverse against MathNet's: the smallest eigenvalue that counts may be 1e-4 of the largest.
let pseudoInverse = 1e-8

/// How far a hundred steps must at least bring down the loss of a problem that the network can represent.
let learnt = 0.2

/// Central differences of float64 gradients with a step of 1e-5: 1e-10 from the third derivatives, 1e-11 from
/// rounding, with room for networks whose derivatives grow.
let differences = 1e-7

/// How many standard errors an average over random numbers may lie off: one run in two million fails.
let monteCarlo = 5.0

/// bfloat16 products against float32: its 8 bits are 4e-3 an element, which products of many average out.
let bfloat16 = 1e-2

/// Sums over steps of gradient descent against the integral that they stand for: errors of first order in the
/// rate, 1e-3, times curvatures of up to some ten.
let firstOrder = 1e-2
