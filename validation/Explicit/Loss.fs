/// Losses as a textbook writes them, and what autograd makes of them: the core computes nothing here.
module internal Foof.Explicit.Loss

open Foof
open TorchSharp

/// A number for each channel, spread over the entries of f. Shapes: f [n; C; ...].
let private byChannel (numbers: float array) (f: torch.Tensor) =
    let further = List.replicate (int (f.dim ()) - 2) 1L
    torch.tensor(numbers).reshape(List.toArray ([ 1L; int64 numbers.Length ] @ further))

/// -log p(y | f) without constants, by entry, or by position for classes.
let entries likelihood (f: torch.Tensor) (y: torch.Tensor) =
    match likelihood with
    | Likelihood.Categorical -> f.exp().sum(1L).log() - f.gather(1L, y.unsqueeze 1L).squeeze 1L
    | Likelihood.Gaussian sigma -> ((f - y) / sigma).square() * 0.5
    | Likelihood.GaussianPerOutput sigma -> ((f - y) / byChannel sigma f).square() * 0.5
    | Likelihood.Bernoulli -> (f.exp () + 1.0).log() - y * f
    | Likelihood.Poisson -> f.exp () - y * f

/// d (sum -log p) / d f, which can be differentiated again, and the f that it is a function of.
let gradient likelihood (output: torch.Tensor) (target: torch.Tensor) =
    let f = output.detach().clone().requires_grad_ true
    let total = (entries likelihood f target).sum()
    struct (f, torch.autograd.grad([| total |], [| f |], retain_graph = true, create_graph = true)[0])

/// Lambda_i of every data point, [n; D; D] for D entries, by differentiating twice.
let hessian likelihood (output: torch.Tensor) (target: torch.Tensor) =
    let struct (f, first) = gradient likelihood output target
    let n = output.size 0
    let rows = first.reshape (n, -1L)

    let second (j: int64) = torch.autograd.grad([| rows.select(1L, j).sum() |], [| f |], retain_graph = true)[0]

    let columns = [| for j in 0L .. rows.size 1 - 1L -> (second j).reshape(n, -1L) |]
    torch.stack(columns, 1L).detach()
