/// The exact natural gradient of deep linear networks.
///
/// For f = W_L .. W_1 x and the loss 1/2 |f - y|^2, Delta_l = 1/L E_bar_l^-1 grad_l A_bar_l^-1 solves F Delta = grad,
/// moves the function as F^+ grad does, and the flow has d loss/dt = -2 (loss - least loss). (Bernacchia et al. 2018)
module internal Foof.Validation.DeepLinear

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private L = 3.0

/// The gradient of the loss and K-FAC's product from one pass. E_bar is exact, since its labels are all there are: of
/// the Gaussian with sigma = 1 G = J / sqrt(n), and grad = 1/n J (f - y).
let private gradientAndProduct problem (X: torch.Tensor) (y: torch.Tensor) =
    let found, n = Jacobian.factor problem X, float (X.size 0)
    let residuals = (found.Output - y).t().flatten() / n
    let G = FisherFactor.scale (1.0 / n) found.Jacobian
    struct (FisherFactor.times residuals found.Jacobian, Structure.kronecker Positions.Summed Positions.Averaged G)

/// K-FAC's undamped direction over L.
let private direction problem X y =
    let struct (g, product) = gradientAndProduct problem X y
    WeightVector.scale (1.0 / L) (solve 0.0 product g)

/// One step of the classical Runge-Kutta method along -Delta.
let private rungeKutta problem X y (h: float) =
    let start = weights problem

    let slope (from: float) (before: torch.Tensor array) =
        setWeights problem (WeightVector.axpy -from before start)
        direction problem X y

    let k1 = direction problem X y
    let k2 = slope (h / 2.0) k1
    let k3 = slope (h / 2.0) k2
    let k4 = slope h k3
    let total = WeightVector.add (WeightVector.add k1 k4) (WeightVector.scale 2.0 (WeightVector.add k2 k3))
    setWeights problem (WeightVector.axpy (-h / 6.0) total start)

/// The losses that a linear map cannot avoid, by least squares with QR.
let private leastLoss (X: torch.Tensor) (y: torch.Tensor) =
    let X, y = Dense.ofTensor X, Dense.ofTensor y
    let residual = y - X * X.QR().Solve(y)
    0.5 * residual.FrobeniusNorm() ** 2.0 / float X.RowCount

let private run (cancellation: System.Threading.CancellationToken) =
    let problem = problem (perceptron [ 4; 4; 4; 4 ] id false) (Likelihood.Gaussian 1.0)

    // The map goes straight from its start to the optimum, and must not become singular on the way.
    let nearIdentity () = torch.eye (4L, dtype = double) + normal [ 4; 4 ] * 0.1
    setWeights problem (Array.init 3 (fun _ -> nearIdentity ()))
    let X = normal [ 24; 4 ]
    let y = X.mm (nearIdentity () * 3.0) + normal [ 24; 4 ]
    let least = leastLoss X y
    let excess () = loss problem X y - least
    let F = Structure.dense (factor problem Fisher.Ggn X null)
    let g, Delta = gradient problem X y, direction problem X y
    let J = (Jacobian.factor problem X).Jacobian
    let moved v = FisherFactor.transposeTimes v J
    let rank = (Dense.ofTensor (Curvature.dense F)).Svd(false).Rank

    let ratio () = -(dot (gradient problem X y) (direction problem X y)) / excess ()

    let local = [
        Statement.Equal("rank of F, of order 48", float rank, 16.0)
        Statement.Zero("F Delta against grad", distanceOf g (Curvature.product F Delta))
        Statement.Zero("J Delta against J F^+ grad", distance (moved (solve 0.0 F g)) (moved Delta))
        Statement.Equal("d loss/dt over the excess loss", ratio (), -2.0)
    ]

    let h, start = 0.025, excess ()

    let path = [|
        for step in 0..60 do
            if step > 0 then Scope.value (fun () -> rungeKutta problem X y h)
            cancellation.ThrowIfCancellationRequested()
            float step * h, excess ()
    |]

    {
        Statements = [|
            yield! local
            for time in [ 0.5; 1.0; 1.5 ] do
                let _, value = path[int (round (time / h))]
                // The method's own error is of order h^4.
                Statement.Near($"excess loss at t = {time} over that at 0", value / start, exp (-2.0 * time), h ** 4.0)
            Statement.Equal("d loss/dt over the excess loss at the end", ratio (), -2.0)
        |]
        Plots = [|
            {
                Title = "Natural-gradient flow of a deep linear network"
                XAxis = "time"
                YAxis = "excess loss"
                LogarithmicX = false
                LogarithmicY = true
                Series = [|
                    series "measured" path
                    series "exp(-2 t)" (path |> Array.map (fun (t, _) -> t, start * exp (-2.0 * t)))
                |]
            }
        |]
    }

let theorem = {
    Row = 77
    Name = "deep-linear"
    Title = "The exact natural gradient of deep linear networks"
    Source =
        "Bernacchia, Lengyel, Hennequin 2018, \"Exact natural gradient in deep linear networks and its application "
        + "to the nonlinear case\""
    Claim =
        "In a deep linear network, undamped K-FAC over the number of layers is the exact natural gradient, and "
        + "the loss decays as exp(-2 t) whatever the depth and the data."
    Meaning =
        "K-FAC's blocks are right in direction where layers are linear, but all layers together move the function "
        + "L times too far: expect a best learning rate of the order of 1/L."
    Run = program run
}
