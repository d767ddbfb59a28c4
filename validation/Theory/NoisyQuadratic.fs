/// The noisy quadratic model.
///
/// A quadratic with eigenvalues h_i = 1/i, gradients with noise of variance c_i / B, c_i = 1/i, and the preconditioner
/// diag(h^-p): E[theta_i^2](t) = r_i^t E[theta_i^2](0) + v_i (1 - r_i^t) / (1 - r_i), r_i = (1 - alpha h_i^(1-p))^2,
/// v_i = alpha^2 c_i h_i^(-2p) / B; the risk is 1/2 sum h_i E[theta_i^2]. (Zhang et al. 2019)
module internal Foof.Validation.NoisyQuadratic

open System
open Foof
open Foof.Validation.Small
open TorchSharp

let private dimensions = 300
let private h = Array.init dimensions (fun i -> 1.0 / float (i + 1))

/// The risk after t steps by the formula; every weight starts with a mean square of one.
let private risk (p: float) (alpha: float) (batch: float) (t: float) =
    h
    |> Array.sumBy (fun h ->
        let r = (1.0 - alpha * h ** (1.0 - p)) ** 2.0
        let v = alpha * alpha * h ** (1.0 - 2.0 * p) / batch
        let decay = r ** t
        0.5 * h * (decay + v * (1.0 - decay) / (1.0 - r)))

/// The first step at which the risk is at most `goal`, by bisection; infinity where it never is.
let private stepsTo goal p alpha batch =
    if risk p alpha batch 1e7 > goal then
        infinity
    else
        let rec search low high =
            if high - low <= 1.0 then
                high
            else
                let middle = floor ((low + high) / 2.0)
                if risk p alpha batch middle <= goal then search low middle else search middle high

        search 0.0 1e7

/// The fewest steps over 12 learning rates in each power of ten.
let private best p batch =
    seq { 0..44 }
    |> Seq.map (fun k -> 1.9 * 10.0 ** (-float k / 12.0))
    |> Seq.map (fun alpha -> stepsTo 0.01 p alpha batch)
    |> Seq.min

/// Simulates chains with the core's diagonal curvature H and its power H^-p: their risks after the given steps.
let private simulate (chains: int) p (alpha: float) (batch: float) (times: int list) =
    let H = Curvature.Diagonal [| (torch.tensor h).expand(int64 chains, -1L).contiguous() |]
    let deviation = (torch.tensor h / batch).sqrt()

    let preconditioned =
        match Factored.attempt Factorization.attempts Damping.Tikhonov -p ignore 0.0 H with
        | Some factored -> Factored.solve factored
        | None -> raise (NumericalFailure("H has no power", "the noisy quadratic", "check its eigenvalues"))

    let theta = normal [ chains; dimensions ]

    let risks = [
        for t in 1 .. List.max times do
            use _scope = torch.NewDisposeScope()
            let g = (Curvature.product H [| theta |]).[0] + normal [ chains; dimensions ] * deviation
            theta.sub_ ((preconditioned [| g |]).[0] * alpha) |> ignore

            if List.contains t times then
                let own = dot [| theta |] (Curvature.product H [| theta |])
                let each = (theta.square () * torch.tensor h).sum(1L) * 0.5
                t, meanAndError (Explicit.Dense.values each), own / (2.0 * float chains)
    ]

    risks

/// The first of these batches that needs more than twice the steps which inverse proportion to the first one foretells;
/// infinity if none does.
let private critical (batches: float array) (steps: float array) =
    Seq.zip batches steps
    |> Seq.tryFind (fun (batch, steps') -> steps' * batch > 2.0 * steps[0] * batches[0])
    |> Option.map fst
    |> Option.defaultValue infinity

let private run (cancellation: Threading.CancellationToken) =
    let batches = Array.init 8 (fun k -> 4.0 ** float k)
    let plain, root = Array.map (best 0.0) batches, Array.map (best 0.5) batches
    cancellation.ThrowIfCancellationRequested()

    {
        Statements = [|
            for p, alpha in [ 0.0, 0.5; 0.5, 0.3 ] do
                for t, struct (mean, error), whole in simulate 400 p alpha 4.0 [ 1; 10; 30 ] do
                    Statement.Mean($"risk after {t} steps, p = {p}", mean, risk p alpha 4.0 (float t), error)
                    Statement.Equal($"its quadratic form by the curvature, p = {p}, {t} steps", whole, mean)
            Statement.Near("steps for B = 1 over those for B = 4, p = 0", plain[0] / plain[1], 4.0, 0.1)
            Statement.Near("steps for B = 1 over those for B = 4, p = 1/2", root[0] / root[1], 4.0, 0.1)
            Statement.AtMost("steps for B = 4096 over those for B = 16384, p = 0", plain[6] / plain[7], 2.0)
            Statement.AtLeast(
                "the critical batch with p = 1/2 over that with p = 0",
                critical batches root / critical batches plain,
                4.0
            )
        |]
        Plots = [|
            {
                Title = "Steps to a risk of 0.01 with the best learning rate"
                XAxis = "batch"
                YAxis = "steps"
                LogarithmicX = true
                LogarithmicY = true
                Series = [|
                    series "gradient descent" (Seq.zip batches plain)
                    series "preconditioned by h^-1/2" (Seq.zip batches root)
                |]
            }
        |]
    }

let theorem = {
    Row = 72
    Name = "noisy-quadratic"
    Title = "The noisy quadratic model"
    Source =
        "Zhang et al. 2019, \"Which Algorithmic Choices Matter at Which Batch Sizes? Insights From a Noisy "
        + "Quadratic Model\""
    Claim =
        "The steps to a given loss fall in inverse proportion to the batch up to a critical one, which "
        + "preconditioning makes several times larger."
    Meaning =
        "A second-order method gains most with large batches: below the critical batch a larger one saves as many "
        + "steps as it costs, and preconditioning moves that point up."
    Run = program run
}
