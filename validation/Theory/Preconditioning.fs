/// When preconditioning helps generalisation, and when it harms.
///
/// theta_P = P X^T (X P X^T)^-1 y is where gradient descent preconditioned by P ends from zero. For x ~ N(0, Sigma),
/// P = Sigma^-alpha, tau the eigenvalues of P Sigma, gamma = d/n, m with gamma mean(tau m / (1 + tau m)) = 1 and
/// k = 1 / (1 - gamma mean((tau m / (1 + tau m))^2)): variance = sigma^2 (k - 1), bias = k sum lambda_i theta_i^2 /
/// (1 + tau_i m)^2. (Amari et al. 2020)
module internal Foof.Validation.Preconditioning

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private d, n = 400, 200
let private gamma = float d / float n

/// The eigenvalues of Sigma, which is diagonal: from 0.1 to 10.
let private lambda = Array.init d (fun i -> 10.0 ** (2.0 * float i / float (d - 1) - 1.0))

/// The mean squares of the true weights, with which the signal has the variance one.
let private teacher (power: float) =
    let squares = lambda |> Array.map (fun l -> l ** power)
    let total = Array.map2 (*) squares lambda |> Array.sum
    squares |> Array.map (fun square -> square / total)

let private teachers = [ "isotropic", teacher 0.0; "misaligned", teacher -1.0; "aligned", teacher 1.0 ]

/// The variance for sigma = 1 and the biases of the teachers by the formulas.
let private asymptotic (alpha: float) =
    let tau = lambda |> Array.map (fun l -> l ** (1.0 - alpha))
    let share m = tau |> Array.map (fun tau -> tau * m / (1.0 + tau * m))

    let rec solve low high =
        let middle = sqrt (low * high)
        if high / low < 1.0 + 1e-14 then middle
        elif gamma * Array.average (share middle) > 1.0 then solve low middle
        else solve middle high

    let m = solve 1e-8 1e8
    let k = 1.0 / (1.0 - gamma * (share m |> Array.averageBy (fun share -> share * share)))

    let bias (squares: float array) =
        let term l square tau = l * square / (1.0 + tau * m) ** 2.0
        k * (Array.map3 term lambda squares tau |> Array.sum)

    struct (k - 1.0, teachers |> List.map (snd >> bias))

/// The columns of Sigma^(-alpha/2) X^T by the core: the Jacobian of a linear model, weighted.
let private weighted alpha (X: torch.Tensor) =
    let problem = problem (perceptron [ d; 1 ] id false) (Likelihood.Gaussian 1.0)
    let S = [| (torch.tensor lambda).pow((-alpha / 2.0).ToScalar()).unsqueeze 0L |]
    struct (S, FisherFactor.weighted S (Jacobian.factor problem X).Jacobian)

let private data () = normal [ n; d ] * (torch.tensor lambda).sqrt()

/// The variance and the biases of one draw of the inputs, means over labels and teachers.
let private ofDraw alpha (X: torch.Tensor) =
    use _scope = torch.NewDisposeScope()
    let struct (S, G) = weighted alpha X
    let K = FisherFactor.gram G
    // R = P X^T K^-1, what makes weights of labels.
    let R = torch.linalg.solve(K, X * S[0].square()).t()
    let Sigma = (torch.tensor lambda).unsqueeze 1L
    let variance = number ((R.square () * Sigma).sum())
    let left = (torch.eye (int64 d, dtype = double) - R.mm X).square() * Sigma
    let bias (squares: float array) = number ((left * torch.tensor squares).sum())
    variance, teachers |> List.map (snd >> bias)

/// theta_P by the core's columns against the minimum of |P^-1/2 theta| over all theta with X theta = y, by SVD.
let private interpolation () =
    let X, y = data (), normal [ n; 1 ]
    let struct (S, G) = weighted 0.5 X
    let w = torch.linalg.solve (FisherFactor.gram G, y.flatten ())
    let theta = (FisherFactor.times w G)[0] * S[0]
    let pseudo = (Dense.ofTensor (X * S[0])).PseudoInverse() * Dense.ofTensor y
    distance ((Dense.toTensor pseudo).flatten() * S[0].flatten()) (theta.flatten ())

let private run (cancellation: System.Threading.CancellationToken) =
    let alphas, draws = [ 0.0; 0.5; 1.0 ], 12

    let measured =
        Array.init draws (fun _ ->
            cancellation.ThrowIfCancellationRequested()
            Scope.value (fun () ->
                let X = data ()
                alphas |> List.map (fun alpha -> ofDraw alpha X)))

    let variances i = measured |> Array.map (fun draw -> fst draw[i])
    let biases i t = measured |> Array.averageBy (fun draw -> (snd draw[i])[t])
    let variance i = Array.average (variances i)
    let struct (ofNatural, error) = meanAndError (variances 2)

    {
        Statements = [|
            Statement.Zero("theta_P against the pseudo-inverse", interpolation ())
            // Of the natural gradient the mean is known for every n: that of an inverse Wishart matrix.
            Statement.Mean("variance of the natural gradient", ofNatural, float n / float (d - n - 1), error)
            for i, alpha in Seq.indexed alphas do
                let struct (expected, ofTeachers) = asymptotic alpha
                // d = 400 is not infinite: what is left out is of order 1/n.
                Statement.Near($"alpha = {alpha}: variance", variance i, expected, 4.0 / float n)
                for t, expected in Seq.indexed ofTeachers do
                    Statement.Near(
                        $"alpha = {alpha}: bias, {fst teachers[t]} teacher",
                        biases i t,
                        expected,
                        4.0 / float n
                    )
            Statement.AtLeast("variance of gradient descent over the natural gradient's", variance 0 / variance 2, 1.2)
            Statement.AtLeast(
                "bias of gradient descent over the natural gradient's, misaligned",
                biases 0 1 / biases 2 1,
                1.2
            )
            Statement.AtMost(
                "bias of gradient descent over the natural gradient's, aligned",
                biases 0 2 / biases 2 2,
                0.8
            )
        |]
        Plots = [|
            {
                Title = "Where preconditioned gradient descent ends: formula for d = 2 n"
                XAxis = "alpha of P = Sigma^-alpha"
                YAxis = "share of the risk"
                LogarithmicX = false
                LogarithmicY = false
                Series = [|
                    let points = [ for k in 0..20 -> float k / 20.0 ]
                    let curve choose = points |> List.map (fun alpha -> alpha, choose (asymptotic alpha))
                    series "variance" (curve (fun (struct (variance, _)) -> variance))
                    for t, (name, _) in Seq.indexed teachers do
                        series $"bias, {name} teacher" (curve (fun (struct (_, biases)) -> biases[t]))
                |]
            }
        |]
    }

let theorem = {
    Row = 82
    Name = "preconditioning"
    Title = "When preconditioning helps generalisation"
    Source = "Amari et al. 2020, \"When Does Preconditioning Help or Hurt Generalization?\""
    Claim =
        "Among preconditioners Sigma^-alpha the natural gradient has the least variance; its bias is smaller only "
        + "where the true weights lie in directions of small variance."
    Meaning =
        "With noisy labels natural gradients generalise better than SGD, with clean labels and signal in the "
        + "large directions worse: raise the damping, which goes from one to the other."
    Run = program run
}
