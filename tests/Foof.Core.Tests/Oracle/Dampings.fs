/// Every damping rule, and the kinds of sides that a Kronecker product is damped with.
module Foof.Core.Tests.Dampings

open Foof

let rules = [ Damping.Heuristic; Damping.HeuristicInputs; Damping.EachFactor; Damping.Tikhonov ]

let kinds = [
    for left in [ Sides.Full; Sides.Diagonal; Sides.Identity; Sides.One ] do
        for right in [ Sides.Full; Sides.Diagonal ] do
            left, right
    Sides.Full, Sides.Identity
]
