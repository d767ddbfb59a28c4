/// Every likelihood with outputs and labels.
module Foof.Core.Tests.Likelihoods

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Class indices below `classes`.
let labels (classes: int) (shape: int list) =
    torch.randint (int64 classes, shape |> List.map int64 |> List.toArray, dtype = torch.ScalarType.Int64)

/// Deviations of three channels.
let deviations = [| 0.5; 1.5; 2.0 |]

/// A likelihood and the shape of an output that it reads.
type Case = {
    Likelihood: Likelihood
    Shape: int list
} with

    override case.ToString() = $"%A{case.Likelihood} %A{case.Shape}"

let cases = [
    for likelihood, shapes in
        [
            Likelihood.Categorical, [ [ 4; 3 ]; [ 3; 4; 2 ]; [ 2; 3; 2; 2 ] ]
            Likelihood.Gaussian 0.7, [ [ 4; 3 ]; [ 5 ]; [ 2; 3; 2 ] ]
            Likelihood.GaussianPerOutput deviations, [ [ 4; 3 ]; [ 2; 3; 2 ] ]
            Likelihood.Bernoulli, [ [ 4; 3 ]; [ 5 ]; [ 2; 3; 2 ] ]
            Likelihood.Poisson, [ [ 4; 3 ]; [ 5 ]; [ 2; 3; 2 ] ]
        ] do
        for shape in shapes -> { Likelihood = likelihood; Shape = shape }
]

/// An output of a case.
let output case = Networks.normal case.Shape

/// Possible labels of a case, drawn by other means than the library's.
let target case =
    let uniform () = (Networks.normal case.Shape).sigmoid()

    match case.Likelihood with
    | Likelihood.Categorical -> labels case.Shape[1] (List.removeAt 1 case.Shape)
    | Likelihood.Bernoulli -> uniform ()
    | Likelihood.Poisson -> (uniform () * 5.0).floor()
    | _ -> Networks.normal case.Shape

/// A test for each of the cases, in a scope of its own.
let forEach sentence (cases: Case list) (check: Case -> unit) =
    Holds.forEach sentence string cases (fun case ->
        use _scope = torch.NewDisposeScope()
        check case)

let agree tolerance (expected: torch.Tensor) (actual: torch.Tensor) =
    Expect.equal actual.shape expected.shape "the shape of actual"
    Oracle.agrees tolerance (Dense.values expected) (Dense.values actual)
