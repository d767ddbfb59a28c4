/// The online natural gradient is the extended Kalman filter.
///
/// K = P J^T (J P J^T + R)^-1, theta += K (y - f), P <- (I - K J) P equals, with g_t = 1/(t + 1) and F_0 = P_0^-1,
/// F_t = (1 - g_t) F_(t-1) + g_t J^T R^-1 J, theta += g_t F_t^-1 J^T R^-1 (y - f), and P_t = F_t^-1 / (t + 1).
/// (Ollivier 2018)
module internal Foof.Validation.Kalman

open Foof
open Foof.Explicit
open Foof.Validation.Small
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private sigma = 0.5
let private steps = 40
let private priorPrecision = 2.0

let private network () = problem (perceptron [ 2; 3; 1 ] _.tanh() true) (Likelihood.Gaussian sigma)

/// The filter, by explicit matrices and one autograd pass for each data point: theta and P at the end.
let private filter (problem: Foof.Problem) (X: torch.Tensor) (y: torch.Tensor) =
    let shapes = WeightVector.shapes (weights problem)
    let parameters = problem.Layers |> Array.map Layer.parameters
    let mutable theta = Weights.flatten (weights problem)
    let mutable P = Dense.identity theta.Count / priorPrecision

    for t in 0L .. int64 steps - 1L do
        use _scope = torch.NewDisposeScope()
        let f = problem.Model.call (X.narrow (0L, t, 1L))
        let struct (gradients, _) = Derivatives.ofScalar parameters [||] (f.reshape [||])
        let J = (Weights.ofMatrices gradients).ToRowMatrix()
        let K = P * J.Transpose() / ((J * P * J.Transpose())[0, 0] + sigma * sigma)
        theta <- theta + K.Column 0 * (number y[t] - number f)
        P <- (Dense.identity theta.Count - K * J) * P
        setWeights problem (Weights.unflatten shapes theta)

    struct (theta, P)

/// The online natural gradient with the core's Fishers: theta and F at the end.
let private naturalGradient (problem: Foof.Problem) (X: torch.Tensor) (y: torch.Tensor) =
    let shapes = WeightVector.shapes (weights problem)
    let p = Array.sum (Weights.orders shapes)

    let step (F: Curvature) t =
        let input, target, share = X.narrow (0L, t, 1L), y.narrow (0L, t, 1L), 1.0 / float (t + 2L)
        let own = Structure.dense (factor problem Fisher.Ggn input null)
        let F = Curvature.add (Curvature.scale (1.0 - share) F) (Curvature.scale share own)
        move problem -share (solve 0.0 F (gradient problem input target))
        F

    let start = Curvature.Dense(torch.eye (int64 p, dtype = double) * priorPrecision, shapes)
    let F = Seq.init steps int64 |> Seq.fold step start
    struct (Weights.flatten (weights problem), Dense.ofTensor (Curvature.dense F))

let private run _ =
    let X = normal [ steps; 2 ]
    let y = X.mm(normal [ 2; 1 ]).sin() + normal [ steps; 1 ] * sigma
    let filtered, natural = network (), network ()
    setWeights natural (weights filtered)
    let struct (theta, P) = filter filtered X y
    let struct (theta', F) = naturalGradient natural X y
    let relative (expected: Vector<float>) (actual: Vector<float>) = (actual - expected).L2Norm() / expected.L2Norm()

    found [
        Statement.Zero("weights after 40 data points", relative theta theta')
        Statement.Zero("P against F^-1 / 41", Dense.distanceOf P (F.Inverse() / float (steps + 1)))
    ]

let theorem = {
    Row = 74
    Name = "kalman"
    Title = "The online natural gradient is a Kalman filter"
    Source = "Ollivier 2018, \"Online Natural Gradient as a Kalman Filter\""
    Claim =
        "Natural-gradient descent on a stream of data points with rate 1/(t + 1) is the extended Kalman filter of "
        + "the weights, trajectory for trajectory."
    Meaning =
        "Updating a Laplace posterior point after point is natural-gradient training with a falling rate: the "
        + "covariance is the inverse Fisher over the number of points seen."
    Run = program run
}
