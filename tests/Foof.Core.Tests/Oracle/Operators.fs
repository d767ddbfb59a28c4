/// Matrix-free operators of the networks whose curvature is written out.
module Foof.Core.Tests.Operators

open Foof
open Foof.Core.Tests.ExplicitCurvature
open TorchSharp

let private problem case = { Model = case.Model; Layers = case.Layers; Likelihood = case.Likelihood; Generator = null }

let hessian case = LinearOperator.hessian (problem case) { Input = case.Input; Target = case.Target }

let gaussNewton case = LinearOperator.gaussNewton (problem case) case.Input

let fisher case = LinearOperator.fisher (problem case) { Input = case.Input; Target = case.Target }

let dense (operator: LinearOperator) =
    use _operator = operator
    LinearOperator.dense operator

let private names =
    use _scope = torch.NewDisposeScope()
    [ for case in cases () -> case.Name ]

/// A test for each of the networks.
let forEach sentence (check: Case -> unit) =
    Holds.forEach sentence id names (fun name ->
        use _scope = torch.NewDisposeScope()
        cases () |> List.find (fun case -> case.Name = name) |> check)
