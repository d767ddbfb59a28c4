/// The natural gradient does not depend on the parameters that a model is written in.
///
/// theta = B psi + c has F_psi = B^T F B and grad_psi = B^T grad, so that B F_psi^-1 grad_psi = F^-1 grad: the same
/// step. A smooth map theta = h(psi) changes the step of length eta by O(eta^2) only; gradient descent's by O(eta).
/// (Amari 1998; Martens 2020)
module internal Foof.Validation.Invariance

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private likelihood = Likelihood.Gaussian 1.0

/// How the input a of a layer is shown to it, T a + t, and what is added to its output, W_0 a.
[<ReferenceEquality>]
type private Change = { T: torch.Tensor; Shift: torch.Tensor; W0: torch.Tensor }

/// The network [W' b'] of the same function as [W b], W = W' T + W_0, b = W' t + b'.
let private rewritten (problem: Foof.Problem) (changes: Change array) =
    let own (change: Change) (W: torch.Tensor) =
        let inputs = W.size 1 - 1L
        let weight = Dense.ofTensor (W.narrow (1L, 0L, inputs) - change.W0)
        let weight = Dense.toTensor (weight * (Dense.ofTensor change.T).Inverse())
        torch.cat ([| weight; W.narrow (1L, inputs, 1L) - weight.mv(change.Shift).unsqueeze 1L |], 1L)

    let theta = Array.map2 own changes (weights problem)

    let layers: (string * torch.nn.Module<torch.Tensor, torch.Tensor>) list = [
        for l, W in Array.indexed theta -> $"layer{l + 1}", linear 1.0 (int (W.size 1) - 1) (int (W.size 0)) true
    ]

    let call (layer: int -> torch.Tensor -> torch.Tensor) l (a: torch.Tensor) =
        layer l (a.mm (changes[l].T.t()) + changes[l].Shift) + a.mm (changes[l].W0.t())

    let other = Small.problem (new Network(layers, (fun layer x -> call layer 1 ((call layer 0 x).tanh())))) likelihood

    setWeights other theta
    other

/// The outputs after some steps along a direction of the problem.
let private outputs (steps: int) (rate: float) direction (problem: Foof.Problem) X =
    let start = weights problem

    for _ in 1..steps do
        Scope.value (fun () -> move problem -rate (direction problem))

    let f = ForwardPass.output problem.Model X
    setWeights problem start
    f

let private run _ =
    let problem = problem (perceptron [ 3; 4; 2 ] _.tanh() true) likelihood
    let X, y = normal [ 120; 3 ] * 1.5, normal [ 120; 2 ]

    let change inputs outputs = {
        T = torch.eye (int64 inputs, dtype = double) + normal [ inputs; inputs ] * 0.15
        Shift = normal [ inputs ]
        W0 = normal [ outputs; inputs ]
    }

    let other = rewritten problem [| change 3 4; change 4 2 |]
    let grad problem = gradient problem X y

    let natural structure lambda problem = solve lambda (structure (factor problem Fisher.Ggn X null)) (grad problem)
    let kronecker = Structure.kronecker Positions.Summed Positions.Averaged

    let apart direction = distance (outputs 1 0.05 direction problem X) (outputs 1 0.05 direction other X)

    let affine = [
        Statement.Zero(
            "affine map: outputs of two networks before a step",
            distance (ForwardPass.output problem.Model X) (ForwardPass.output other.Model X)
        )
        Statement.Zero("affine map: outputs after a natural-gradient step", apart (natural Structure.dense 0.0))
        Statement.Zero("affine map: outputs after an undamped K-FAC step", apart (natural kronecker 0.0))
        Statement.AtLeast("affine map: outputs after a step of gradient descent", apart grad, 1e-3)
        Statement.AtLeast(
            "affine map: outputs after a step with damping 0.1",
            apart (natural Structure.dense 0.1),
            1e-3
        )
    ]

    // theta = psi + psi^3, weight by weight.
    let psi = weights problem |> Array.map (fun theta -> theta * 0.7)
    let theta (psi: torch.Tensor array) = psi |> Array.map (fun psi -> psi + psi.pow (3.0.ToScalar()))
    setWeights problem (theta psi)
    let S = psi |> Array.map (fun psi -> psi.square () * 3.0 + 1.0)
    let G, g = factor problem Fisher.Ggn X null, grad problem
    let gPsi = Array.map2 (fun (S: torch.Tensor) g -> S * g) S g
    let output theta =
        setWeights problem theta
        ForwardPass.output problem.Model X

    let difference direction directionPsi (eta: float) =
        let straight = output (WeightVector.axpy -eta direction (theta psi))
        let bent = output (theta (WeightVector.axpy -eta directionPsi psi))
        number ((straight - bent).norm())

    let etas = [| 0.003; 0.001; 0.0003; 0.0001 |]
    let ofNatural =
        etas
        |> Array.map (
            difference (solve 0.0 (Structure.dense G) g) (solve 0.0 (Structure.dense (FisherFactor.weighted S G)) gPsi)
        )
    let ofDescent = etas |> Array.map (difference g gPsi)

    {
        Statements = [|
            yield! affine
            Statement.Near(
                "smooth map: exponent of the natural gradient's difference",
                exponent etas ofNatural,
                2.0,
                0.05
            )
            Statement.Near("smooth map: exponent of gradient descent's difference", exponent etas ofDescent, 1.0, 0.05)
        |]
        Plots = [|
            {
                Title = "One step in two parametrisations"
                XAxis = "learning rate"
                YAxis = "difference of the outputs"
                LogarithmicX = true
                LogarithmicY = true
                Series = [|
                    series "natural gradient" (Seq.zip etas ofNatural)
                    series "gradient descent" (Seq.zip etas ofDescent)
                |]
            }
        |]
    }

let theorem = {
    Row = 48
    Name = "invariance"
    Title = "The natural gradient is invariant"
    Source =
        "Amari 1998, \"Natural Gradient Works Efficiently in Learning\"; Martens 2020, \"New Insights and "
        + "Perspectives on the Natural Gradient Method\""
    Claim =
        "An undamped natural-gradient step changes the function in the same way for every affine parametrisation, "
        + "and for smooth ones up to the square of the learning rate."
    Meaning =
        "Scaling or centring a layer's inputs matters to SGD and not to undamped natural gradients and K-FAC; "
        + "damping breaks the invariance, so it has to be chosen for the scale of your data."
    Run = program run
}
