/// The empirical Fisher is not the Fisher.
///
/// F = 1/n sum_i J_i^T Lambda_i J_i, and EF = 1/n sum_i g_i g_i^T at the data's labels. For linear regression with
/// sigma = 1 these are 1/n sum x x^T and 1/n sum r_i^2 x x^T, r_i the residuals. (Kunstner et al. 2019)
module internal Foof.Validation.EmpiricalFisher

open System
open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

/// A linear model with five weights, inputs of different sizes, and labels that are no linear function of them.
let private regression () =
    let problem = problem (perceptron [ 5; 1 ] id false) (Likelihood.Gaussian 1.0)
    let X = normal [ 40; 5 ] * torch.tensor [| 2.0; 1.5; 1.0; 0.7; 0.4 |]
    let y = X.mm (normal [ 5; 1 ]) + X.square().mean([| 1L |], keepdim = true) + normal [ 40; 1 ] * 0.5
    struct (problem, X, y)

let private dense problem fisher X y = Structure.dense (factor problem fisher X y)

/// The weights of least squares, by QR.
let private optimum (X: torch.Tensor) (y: torch.Tensor) =
    Dense.toTensor (((Dense.ofTensor X).QR().Solve(Dense.ofTensor y)).Transpose())

/// How many steps of C^-1 grad it takes from zero to an excess loss of 1e-6, by the optimiser with this Fisher; at
/// most 80.
let private steps fisher problem X y (least: float) (rate: float) =
    setWeights problem [| torch.zeros (1L, 5L, dtype = double) |]

    let recipe = { Methods.naturalFull with Fisher = fisher; Damping = 1e-8; IndependentBatches = false }

    use optimizer = new Optimizer(problem.Model, recipe, problem.Likelihood, Nullable rate)

    stepsUntil 80 (fun () -> loss problem X y - least < 1e-6) (fun () -> optimizer.Step(X, y).Dispose())

let private run _ =
    let struct (problem, X, y) = regression ()
    let F () = dense problem Fisher.Ggn X null
    let EF labels = dense problem Fisher.Empirical X labels
    let explicit = X.t().mm(X) / float (X.size 0)
    use hessian = LinearOperator.hessian problem { Input = X; Target = y }
    let difference labels = distance (Curvature.dense (F())) (Curvature.dense (EF labels))

    setWeights problem [| torch.zeros (1L, 5L, dtype = double) |]
    let atZero = difference y
    let zeroResiduals = number (Curvature.trace (EF(torch.zeros_like y)))
    let unit =
        difference (
            torch.where (
                torch.arange(40L).remainder(2.0.ToScalar()).eq(0.0.ToScalar()).unsqueeze 1L,
                torch.ones_like y,
                -torch.ones_like y
            )
        )

    let best = optimum X y
    setWeights problem [| best |]
    let atOptimum, least = difference y, loss problem X y

    setWeights problem [| best + 0.01 |]
    let g = gradient problem X y
    let newton = [| (weights problem).[0] - best |]
    let angle C = cosine newton (solve 0.0 C g)

    let rates = [| 0.1; 0.3; 1.0; 3.0 |]
    let ofEmpirical = rates |> Array.map (steps Fisher.Empirical problem X y least)

    {
        Statements = [|
            Statement.Zero("F against X^T X / n", distance explicit (Curvature.dense (F())))
            Statement.Zero("F against the Hessian", distance explicit (LinearOperator.dense hessian))
            Statement.Zero("the empirical Fisher against F where every residual is 1 or -1", unit)
            Statement.AtLeast("the empirical Fisher's distance from F at zero", atZero, 1.0)
            Statement.AtLeast("and at the optimum, where it does not vanish", atOptimum, 0.05)
            Statement.Zero("the empirical Fisher's trace where every residual is zero", zeroResiduals)
            Statement.Equal("cosine of F^-1 grad with Newton's step beside the optimum", angle (F()), 1.0)
            Statement.AtMost("cosine of EF^-1 grad with it", angle (EF y), 0.97)
            Statement.Equal("steps of F^-1 grad to an excess loss of 1e-6", steps Fisher.Ggn problem X y least 1.0, 1.0)
            Statement.AtLeast("steps of EF^-1 grad with its best rate", Array.min ofEmpirical, 5.0)
        |]
        Plots = [|
            {
                Title = "Steps to an excess loss of 1e-6"
                XAxis = "learning rate"
                YAxis = "steps"
                LogarithmicX = true
                LogarithmicY = true
                Series = [|
                    series "empirical Fisher" (Seq.zip rates ofEmpirical |> Seq.filter (snd >> Double.IsFinite))
                    series "Fisher" [ 1.0, 1.0 ]
                |]
            }
        |]
    }

let theorem = {
    Row = 71
    Name = "empirical-fisher"
    Title = "Limits of the empirical Fisher"
    Source =
        "Kunstner, Balles, Hennig 2019, \"Limitations of the Empirical Fisher Approximation for Natural Gradient "
        + "Descent\""
    Claim =
        "The empirical Fisher is the Fisher only where residuals have the variance of the model; elsewhere its "
        + "direction can be far from Newton's."
    Meaning =
        "Take Fisher.MonteCarlo or Fisher.Ggn for natural gradients; methods with Fisher.Empirical (eva, sngd, "
        + "mfac) are something else and need small steps."
    Run = program run
}
