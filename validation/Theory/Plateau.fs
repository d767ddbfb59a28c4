/// Gradient descent waits near singular regions, and the natural gradient does not.
///
/// For f = tanh(w_1 . x) + tanh(w_2 . x) the Fisher is singular where w_1 = w_2: there only w_1 + w_2 counts. Gradient
/// descent that starts near that line first finds the best point on it, a saddle, and stays for long.
/// (Park, Amari, Fukumizu 2000; Amari et al. 2018)
module internal Foof.Validation.Plateau

open System
open Foof
open Foof.Explicit
open Foof.Validation.Small
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private inputs, points, goal = 3, 100, 1e-4

/// Two units whose outputs are added.
let private committee () =
    let run (layer: int -> torch.Tensor -> torch.Tensor) x = (layer 0 x).tanh().sum(1L, keepdim = true)
    problem (new Network([ "units", linear 1.0 inputs 2 false ], run)) (Likelihood.Gaussian 1.0)

/// The losses before each step and after the last one, until the goal or for at most so many steps.
let private path most (problem: Foof.Problem) (X: torch.Tensor) y (start: torch.Tensor) step =
    setWeights problem [| start |]
    let losses = ResizeArray [ loss problem X y ]

    stepsUntil most (fun () -> losses[losses.Count - 1] <= goal) (fun () ->
        step ()
        losses.Add(loss problem X y))
    |> ignore

    losses.ToArray()

let private descent (problem: Foof.Problem) X y rate () = move problem -rate (gradient problem X y)

/// The natural gradient of the whole batch by the core's optimiser.
let private natural damping most (problem: Foof.Problem) (X: torch.Tensor) (y: torch.Tensor) start (rate: float) =
    let recipe = { Methods.naturalFull with Damping = damping; IndependentBatches = false }
    use optimizer = new Optimizer(problem.Model, recipe, problem.Likelihood, Nullable rate)
    path most problem X y start (fun () -> optimizer.Step(X, y).Dispose())

/// How many steps it took; infinity without success.
let private steps (losses: float array) = if Array.last losses <= goal then float (losses.Length - 1) else infinity

let private run (cancellation: Threading.CancellationToken) =
    let problem = committee ()
    let X = normal [ points; inputs ]
    setWeights problem [| torch.tensor([| 1.0; 0.5; 0.0; -0.3; 1.0; 0.8 |]).reshape(2L, 3L) |]
    let y = ForwardPass.output problem.Model X
    let line = torch.tensor([| 0.2; 0.5; 0.1 |]).reshape(1L, 3L).repeat [| 2L; 1L |]
    let near = line + torch.tensor([| 1e-3; -1e-3 |]).unsqueeze 1L

    // On the line itself.
    setWeights problem [| line |]
    let F = Dense.ofTensor (Curvature.dense (Structure.dense (factor problem Fisher.Ggn X null)))
    let kappa = (F.Evd Symmetricity.Symmetric).EigenValues.Real()
    let symmetric = path 200 problem X y line (descent problem X y 1.0)
    let W = (weights problem).[0]
    let stays = distance (W.select (0L, 0L)) (W.select (0L, 1L))
    let plateau = Array.last symmetric
    cancellation.ThrowIfCancellationRequested()

    let slow = [| for rate in [ 0.3; 1.0; 3.0 ] -> rate, path 400 problem X y near (descent problem X y rate) |]
    cancellation.ThrowIfCancellationRequested()
    let fast = [| for rate in [ 0.1; 0.3; 1.0 ] -> rate, natural 1e-6 100 problem X y near rate |]
    let bestOf paths = paths |> Array.map snd |> Array.minBy steps
    let waits losses = losses |> Array.filter (fun loss -> abs (loss / plateau - 1.0) < 0.1) |> Array.length |> float
    // Of gradient descent the rates at which the loss never rises: larger ones leave the plateau by blowing up.
    let isStable (losses: float array) = losses |> Seq.pairwise |> Seq.forall (fun (before, after) -> after <= before)
    let ofDescent, ofNatural = slow |> Array.filter (snd >> isStable) |> bestOf, bestOf fast
    let gentle, damped = snd fast[0], natural 1e-2 100 problem X y near 0.1

    {
        Statements = [|
            Statement.Zero(
                "the Fisher's least eigenvalue over its largest where w_1 = w_2",
                kappa[0] / kappa[2 * inputs - 1]
            )
            Statement.AtLeast("and its fourth over its largest", kappa[inputs] / kappa[2 * inputs - 1], 1e-3)
            Statement.Zero("gradient descent from w_1 = w_2: how far the units come apart", stays)
            Statement.AtLeast("its loss in the end, the plateau's, over the goal", plateau / goal, 10.0)
            Statement.AtLeast(
                "steps to the goal, gradient descent at its best stable rate over natural gradient at its best",
                steps ofDescent / steps ofNatural,
                2.0
            )
            Statement.AtLeast("steps within 10 % of the plateau, gradient descent", waits ofDescent, 10.0)
            Statement.AtMost("steps within 10 % of the plateau, natural gradient", waits ofNatural, 3.0)
            // What does not hold: that the loss falls all the way.
            Statement.AtLeast(
                "natural gradient with rate 0.1: highest loss over the first",
                Array.max gentle / gentle[0],
                1.05
            )
            Statement.AtMost("and with damping 0.01", Array.max damped / damped[0], 1.05)
        |]
        Plots = [|
            {
                Title = "Two tanh units that start 1e-3 apart, each at its best stable rate"
                XAxis = "step"
                YAxis = "loss"
                LogarithmicX = false
                LogarithmicY = true
                Series = [|
                    series "gradient descent" (ofDescent |> Seq.mapi (fun t loss -> float t, loss))
                    series "natural gradient" (ofNatural |> Seq.mapi (fun t loss -> float t, loss))
                |]
            }
        |]
    }

let theorem = {
    Row = 75
    Name = "plateau"
    Title = "Singular regions and plateaus"
    Source =
        "Park, Amari, Fukumizu 2000; Amari et al. 2018, \"Dynamics of Learning in MLP: Natural Gradient and "
        + "Singularity Revisited\""
    Claim =
        "Where two units are equal the Fisher is singular and gradient descent stays on a plateau; the natural "
        + "gradient leaves at once."
    Meaning =
        "Expect natural gradients to shorten plateaus of small networks, and their loss to rise at first near "
        + "such points, also with a small rate; damping calms that."
    Run = program run
}
