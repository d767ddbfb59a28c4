/// Every damping rule, and the kinds of sides that a Kronecker product is damped with.
module Foof.Core.Tests.Dampings

open Foof

let norms = [ FactorNorm.Trace; FactorNorm.Frobenius; FactorNorm.LargestEigenvalue ]

let rules = [
    for norm in norms do
        Damping.Heuristic norm
        Damping.HeuristicInputs norm
    Damping.SquareRoot
    Damping.EachFactor
    Damping.Tikhonov
    for share in [ 0.0; 0.3; 1.0 ] do
        Damping.Blend share
]

let kinds = [
    for left in [ Sides.Full; Sides.Diagonal; Sides.Identity; Sides.One ] do
        for right in [ Sides.Full; Sides.Diagonal ] do
            left, right
    Sides.Full, Sides.Identity
]
