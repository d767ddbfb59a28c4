/// The Fisher is the generalised Gauss-Newton matrix, and the local form of the divergence between models.
///
/// sum_y p(y | f) g_y g_y^T = J^T Lambda J for the likelihoods of exponential families by their natural parameters, and
/// KL(p_theta | p_(theta + s v)) = s^2/2 v^T F v + O(s^3). (Martens 2020)
module internal Foof.Validation.GaussNewton

open Foof
open Foof.Explicit
open Foof.Validation.Small
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private likelihoods = [
    "softmax", Likelihood.Categorical
    "Gaussian", Likelihood.Gaussian 0.7
    "Bernoulli", Likelihood.Bernoulli
    "Poisson", Likelihood.Poisson
]

/// The expectation over labels, gradient by gradient (autograd, one label at a time), against the core's factor and
/// its two backward passes.
let private ofLikelihood (name, likelihood) = [
    let network = perceptron [ 3; 4; 3 ] _.tanh() true
    let X = normal [ 6; 3 ]
    let problem = problem network likelihood
    let target = torch.zeros (6L, dtype = torch.ScalarType.Int64)
    let example = { Network = network; Likelihood = likelihood; Input = X; Target = target }
    let expectation = Dense.toTensor (PointGradients.fisher (PointGradients.points example Labels.All))
    use operator = LinearOperator.gaussNewton problem X

    Statement.Zero(
        $"{name}: E g g^T over all labels against J^T Lambda J",
        distance expectation (LinearOperator.dense operator)
    )

    Statement.Zero(
        $"{name}: E g g^T over all labels against G G^T",
        distance expectation (Curvature.dense (Structure.lowRank (factor problem Fisher.Ggn X null)))
    )
]

/// mean KL(softmax f | softmax f').
let private divergence (f: torch.Tensor) (f': torch.Tensor) =
    let log, log' = f.log_softmax 1L, f'.log_softmax 1L
    number ((log.exp () * (log - log')).sum(1L).mean())

let private ofHessianAndDivergence () =
    let problem = problem (perceptron [ 4; 5; 3 ] _.tanh() true) Likelihood.Categorical
    let X = normal [ 20; 4 ]
    let y = torch.randint (3L, [| 20L |], dtype = torch.ScalarType.Int64)
    let F = Structure.lowRank (factor problem Fisher.Ggn X null)
    use operator = LinearOperator.hessian problem { Input = X; Target = y }
    let H = LinearOperator.dense operator
    let least = ((Dense.ofTensor H).Evd Symmetricity.Symmetric).EigenValues.Real().Minimum()

    let theta = weights problem
    let v = WeightVector.normal (WeightVector.shapes theta) theta[0] null
    let f = ForwardPass.output problem.Model X
    let sizes = [| 0.1; 0.03; 0.01; 0.003; 0.001; 0.0003 |]

    let ratios =
        sizes
        |> Array.map (fun s ->
            setWeights problem (WeightVector.axpy s v theta)
            let moved = ForwardPass.output problem.Model X
            divergence f moved / (0.5 * s * s * dot v (Curvature.product F v)))

    let errors = ratios |> Array.map (fun ratio -> abs (ratio - 1.0))

    let statements = [
        Statement.AtLeast("softmax: the Hessian's distance from F", distance (Curvature.dense F) H, 0.1)
        Statement.AtMost("softmax: the Hessian's least eigenvalue", least, -1e-3)
        Statement.AtMost("softmax: error of s^2/2 v^T F v at s = 0.001", errors[4], 0.01)
        Statement.AtLeast("softmax: the exponent of that error in s", exponent sizes[2..] errors[2..], 0.9)
    ]

    struct (statements, series "relative error of s^2/2 v^T F v" (Seq.zip sizes errors))

let private run _ =
    let struct (statements, errors) = ofHessianAndDivergence ()

    {
        Statements = [| yield! List.collect ofLikelihood likelihoods; yield! statements |]
        Plots = [|
            {
                Title = "How well the Fisher measures the divergence between two models"
                XAxis = "step s"
                YAxis = "relative error"
                LogarithmicX = true
                LogarithmicY = true
                Series = [| errors |]
            }
        |]
    }

let theorem = {
    Row = 83
    Name = "gauss-newton"
    Title = "The Fisher is the Gauss-Newton matrix"
    Source = "Martens 2020, \"New Insights and Perspectives on the Natural Gradient Method\""
    Claim =
        "For exponential families the Fisher equals the generalised Gauss-Newton matrix, not the Hessian, and is "
        + "the second-order form of the divergence between models."
    Meaning =
        "Fisher.Ggn, LinearOperator.gaussNewton and many sampled labels are one matrix, which is never "
        + "indefinite; its quadratic form says how far a step changes the predictions."
    Run = program run
}
