/// Natural-gradient descent of wide networks converges linearly.
///
/// For f = 1/sqrt(m) sum_r a_r relu(w_r . x) and Delta W = -eta J^T (J J^T)^-1 (u - y) with a_r fixed,
/// |u(k) - y|^2 <= (1 - eta)^k |u(0) - y|^2; for m -> infinity the factor of a step is (1 - eta)^2.
/// (Zhang, Martens, Grosse 2019)
module internal Foof.Validation.Convergence

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private n, inputs = 20, 10

/// A network of m units with a fixed last layer.
let private network (m: int) =
    let a = (torch.randint (2L, [| int64 m |], dtype = torch.ScalarType.Int64)).``to`` double * 2.0 - 1.0
    let run (layer: int -> torch.Tensor -> torch.Tensor) x =
        ((layer 0 x).relu() * a).sum(1L, keepdim = true) / sqrt (float m)

    problem (new Network([ "units", linear (sqrt (float inputs)) inputs m false ], run)) (Likelihood.Gaussian 1.0)

/// J^T (J J^T)^-1 (u - y), and |u - y|^2.
let private direction problem X (y: torch.Tensor) =
    let found = Jacobian.factor problem X
    let residual = (found.Output - y).flatten()
    let K = FisherFactor.gram found.Jacobian
    let w = torch.linalg.solve (K, residual)
    struct (FisherFactor.times w found.Jacobian, number (residual.square().sum()))

/// |u(k) - y|^2 over |u(0) - y|^2 for k = 0 .. steps.
let private path steps (eta: float) problem X y =
    let errors = [|
        for k in 0..steps do
            Scope.value (fun () ->
                let struct (step, error) = direction problem X y
                if k < steps then move problem -eta step
                error)
    |]

    errors |> Array.map (fun error -> error / errors[0])

/// The Gram matrix for m -> infinity against that of one network: the worst entry, with its standard error.
let private kernel (m: int) (X: torch.Tensor) =
    let problem = network m
    let G = (Jacobian.factor problem X).Jacobian
    let K = Dense.ofTensor (FisherFactor.gram G)
    let products = Dense.ofTensor (X.mm (X.t ()))

    seq {
        for i in 0 .. n - 1 do
            for j in 0 .. i - 1 do
                // Both units on: with probability (pi - angle) / (2 pi). Inputs have length one.
                let share = (System.Math.PI - acos products[i, j]) / (2.0 * System.Math.PI)
                let error = abs products[i, j] * sqrt (share * (1.0 - share) / float m)
                struct (K[i, j], products[i, j] * share, error)
    }
    |> Seq.maxBy (fun struct (found, expected, error) -> abs (found - expected) / error)

let private run _ =
    let X = torch.nn.functional.normalize (normal [ n; inputs ], dim = 1L)
    let y = normal [ n; 1 ]
    let widths = [| 100; 1000; 10000 |]
    let networks = 4

    /// The mean over networks of the factor of the first step.
    let first eta m = Array.init networks (fun _ -> (path 1 eta (network m) X y)[1]) |> Array.average

    let gaps = widths |> Array.map (fun m -> abs (first 0.5 m / 0.25 - 1.0))
    let whole = widths |> Array.map (first 1.0)
    let long = path 10 0.5 (network 1000) X y
    let bound = Array.init long.Length (fun k -> 0.5 ** float k)

    let problem = network 50
    let G, g = factor problem Fisher.Ggn X null, gradient problem X y
    let found = Jacobian.factor problem X
    let lambda = 0.1
    let shifted = Factorization.damped (FisherFactor.gram found.Jacobian) (float n * lambda)
    let inSpace = FisherFactor.times (torch.linalg.solve (shifted, (found.Output - y).flatten())) found.Jacobian
    let struct (entry, expected, error) = kernel 10000 X

    {
        Statements = [|
            Statement.Zero(
                "(F + lambda I)^-1 grad against J^T (J J^T + n lambda I)^-1 (u - y)",
                distanceOf inSpace (solve lambda (Structure.lowRank G) g)
            )
            Statement.Mean("worst entry of J J^T against its limit", entry, expected, error)
            Statement.AtMost(
                "|u(k) - y|^2 over its bound, largest of 10 steps",
                Array.max (Array.map2 (/) long[1..] bound[1..]),
                1.0
            )
            Statement.Near("factor of a step with eta = 0.5 over (1 - eta)^2, 10000 units", 1.0 + gaps[2], 1.0, 0.05)
            Statement.AtLeast("its gap at 100 units over that at 10000", gaps[0] / gaps[2], 3.0)
            Statement.Near(
                "exponent in the width of what a step with eta = 1 leaves",
                exponent (Array.map float widths) whole,
                -1.0,
                0.3
            )
        |]
        Plots = [|
            {
                Title = "Natural-gradient descent of a network with 1000 units, eta = 0.5"
                XAxis = "step"
                YAxis = "squared error over that at the start"
                LogarithmicX = false
                LogarithmicY = true
                Series = [|
                    series "measured" (long |> Seq.mapi (fun k error -> float k, error))
                    series "the paper's bound (1 - eta)^k" (bound |> Seq.mapi (fun k error -> float k, error))
                    series "(1 - eta)^(2k)" (bound |> Seq.mapi (fun k error -> float k, error * error))
                |]
            }
        |]
    }

let theorem = {
    Row = 78
    Name = "convergence"
    Title = "Fast convergence of the natural gradient in wide networks"
    Source =
        "Zhang, Martens, Grosse 2019, \"Fast Convergence of Natural Gradient Descent for Over-Parameterized Neural "
        + "Networks\""
    Claim =
        "A wide enough network's training error falls at least as (1 - eta)^k under the natural gradient, "
        + "whatever the data's conditioning."
    Meaning =
        "With more weights than data points an undamped natural-gradient step of rate 1 nearly interpolates the "
        + "batch: use smaller rates or damping where the batch is only a sample."
    Run = program run
}
