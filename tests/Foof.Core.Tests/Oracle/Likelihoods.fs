/// Every likelihood with outputs, labels, an explicit -log p and the dense Hessian that autograd makes of it.
module Foof.Core.Tests.Likelihoods

open Expecto
open Foof
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
        for shape in shapes ->
            {
                Likelihood = likelihood
                Shape = shape
            }
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

/// -log p without constants, by entry or position, as a textbook writes it.
let explicit likelihood (f: torch.Tensor) (y: torch.Tensor) =
    let one = torch.ones_like f

    match likelihood with
    | Likelihood.Categorical -> f.exp().sum(1L).log() - f.gather(1L, y.unsqueeze 1L).squeeze 1L
    | Likelihood.Gaussian sigma -> ((f - y) / sigma).pow(2.0.ToScalar()) * 0.5
    | Likelihood.GaussianPerOutput sigma ->
        let ones = List.replicate (int (f.dim ()) - 2) 1L

        let s =
            torch.tensor(sigma).reshape(List.toArray ([ 1L; int64 sigma.Length ] @ ones))

        ((f - y) / s).pow(2.0.ToScalar()) * 0.5
    | Likelihood.Bernoulli ->
        let p = one / (one + f.neg().exp())
        (y * p.log () + (one - y) * (one - p).log()).neg()
    | Likelihood.Poisson -> f.exp () - y * f

/// d (sum -log p) / d f, which can be differentiated again, and the f that it is a function of.
let gradient likelihood (output: torch.Tensor) (target: torch.Tensor) =
    let f = output.detach().clone().requires_grad_ true
    let total = (explicit likelihood f target).sum()
    struct (f, torch.autograd.grad([| total |], [| f |], retain_graph = true, create_graph = true)[0])

/// Lambda_i of every data point, [n; D; D] for D entries, by differentiating twice.
let hessian likelihood (output: torch.Tensor) (target: torch.Tensor) =
    let struct (f, first) = gradient likelihood output target
    let n = output.size 0
    let rows = first.reshape (n, -1L)

    let second (j: int64) =
        torch.autograd.grad([| rows.select(1L, j).sum() |], [| f |], retain_graph = true)[0]

    let columns = [| for j in 0L .. rows.size 1 - 1L -> (second j).reshape(n, -1L) |]
    torch.stack(columns, 1L).detach()

let agree tolerance (expected: torch.Tensor) (actual: torch.Tensor) =
    Expect.equal actual.shape expected.shape "the shape of actual"
    Oracle.agrees tolerance (Oracle.values expected) (Oracle.values actual)
