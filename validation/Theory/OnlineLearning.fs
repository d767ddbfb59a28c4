/// On-line learning of a soft committee, whose closed form is in SoftCommittee.fs: how long gradient descent
/// and the natural gradient stay on the plateau where its units are equal.
///
/// Near equal units gradient descent moves them apart as exp(rate t), so that its plateau grows with log(1 / distance).
/// The Fisher's eigenvalue across falls with the square of the distance: F^-1 grad moves them apart in finite time.
/// (Saad, Solla 1995; Rattray, Saad, Amari 1998)
module internal Foof.Validation.OnlineLearning

open System
open Foof
open Foof.Explicit
open Foof.Validation.Small
open Foof.Validation.SoftCommittee
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// The damped natural gradient by the core, from the closed Fisher.
let private natural damping (J: Matrix<float>) =
    use _scope = torch.NewDisposeScope()
    let F = Curvature.Dense(Dense.toTensor (fisher J), [| [| int64 units; int64 N |] |])
    (solve damping F [| Dense.toTensor (gradient J) |])[0] |> Dense.ofTensor

/// The loss's gradient and the Fisher that the core finds on a sample: the entries that lie furthest from the formulas.
let private sampled (J: Matrix<float>) =
    let points = 50_000
    let run (layer: int -> torch.Tensor -> torch.Tensor) x = (layer 0 x / sqrt 2.0).erf().sum(1L, keepdim = true)
    let network = new Network([ "units", linear 1.0 N units false ], run)
    let problem = problem network (Likelihood.Gaussian 1.0)
    let X = normal [ points; N ]
    setWeights problem [| Dense.toTensor B |]
    let y = ForwardPass.output network X
    setWeights problem [| Dense.toTensor J |]
    let G, E = factor problem Fisher.Ggn X null, factor problem Fisher.Empirical X y
    let columns (G: FisherFactor) = (LayerFactor.written double G.Parts[0].Layers[0]).flatten 1L

    /// Mean products of columns with their standard errors, from the means of the squared products.
    let worst (left: torch.Tensor) (right: torch.Tensor) (found: float array) (expected: float array) =
        let squares = Dense.values (left.square().t().mm(right.square ()) / float points)

        Seq.init found.Length (fun i ->
            struct (found[i], expected[i], sqrt ((squares[i] - found[i] ** 2.0) / float points)))
        |> Seq.maxBy (fun struct (found, expected, error) -> abs (found - expected) / error)

    let ones = torch.ones (int64 points, 1L, dtype = double)
    let F = Dense.values (Curvature.dense (Structure.lowRank G))

    struct (worst (columns G) (columns G) F ((fisher J).ToRowMajorArray()),
            worst ones (columns E) (Weights.numbers (Jacobian.meanGradient E)) ((gradient J).ToRowMajorArray()))

/// The best point with equal units, and the plateau's error.
let private symmetric () =
    let start = Dense.build units N (fun _ j -> if j < units then 0.3 else 0.0)
    Seq.init 400 id |> Seq.fold (fun J _ -> rungeKutta gradient 0.2 J) start

/// The time until the error is half the plateau's from units that lie delta apart. Steps move the units apart by at
/// most a fifth.
let private escape slope plateau (delta: float) =
    let apart = Dense.build units N (fun i j -> if j < units then (if i = j then 0.5 else -0.5) / sqrt 2.0 else 0.0)
    let bound = errorOf plateau / 2.0
    let path = ResizeArray [ 0.0, errorOf plateau ]

    let rec follow time (J: Matrix<float>) taken =
        if errorOf J <= bound || taken = 2000 then
            time
        else
            let distance = (J.Row 0 - J.Row 1).L2Norm()
            let h = min 0.2 (0.2 * distance / (slope J: Matrix<float>).FrobeniusNorm())
            let J = rungeKutta slope h J
            path.Add(time + h, errorOf J)
            follow (time + h) J (taken + 1)

    let time = follow 0.0 (plateau + apart * delta) 0
    struct (time, path.ToArray())

let private run (cancellation: Threading.CancellationToken) =
    let J = Dense.ofTensor (normal [ units; N ] * 0.5)
    let struct (struct (F, F', errorF), struct (g, g', errorG)) = sampled J
    let QR = orderParameters J
    let h, steps = 0.02, 200
    let J' = Seq.init steps id |> Seq.fold (fun J _ -> rungeKutta gradient h J) J
    // The order parameters' flow has the sign of the units'.
    let QR' = Seq.init steps id |> Seq.fold (fun QR _ -> rungeKutta ofOrderParameters h QR) QR
    let plateau = symmetric ()
    cancellation.ThrowIfCancellationRequested()
    let deltas = [| 1e-2; 1e-4; 1e-6 |]
    let times slope = deltas |> Array.map (escape slope plateau >> fun struct (time, _) -> time)
    let slow, fast, damped = times gradient, times (natural 0.0), times (natural 0.1)

    // The rate at which the flow moves the units apart.
    let tiny = Dense.build units N (fun i j -> if j < units then (if i = j then 1e-6 else -1e-6) else 0.0)
    let rate = -(gradient (plateau + tiny)).[0, 0] / 1e-6
    let struct (_, pathOfDescent) = escape gradient plateau 1e-4
    let struct (_, pathOfNatural) = escape (natural 0.0) plateau 1e-4

    {
        Statements = [|
            Statement.Mean("the Fisher's sampled entry that is furthest from the formula", F, F', errorF)
            Statement.Mean("the gradient's sampled entry that is furthest from the formula", g, g', errorG)
            Statement.Near(
                "order parameters by their own flow against those of the weights",
                Dense.distanceOf (orderParameters J') QR',
                0.0,
                h ** 4.0
            )
            Statement.Near(
                "gradient flow: time that a start 100 times closer costs, times the escape rate",
                (slow[2] - slow[1]) * rate,
                log 100.0,
                0.02
            )
            Statement.AtLeast("gradient flow: plateau from 1e-6 over that from 1e-2", slow[2] / slow[0], 2.0)
            Statement.AtMost("natural gradient's flow: plateau from 1e-6 over that from 1e-2", fast[2] / fast[0], 1.1)
            Statement.AtLeast("with damping 0.1: plateau from 1e-6 over that from 1e-2", damped[2] / damped[0], 1.5)
            // Near the optimum its error falls as exp(-2 t).
            Statement.AtMost(
                "natural gradient's flow: plateau from 1e-6 over the time constant 1/2",
                fast[2] / 0.5,
                1.0
            )
        |]
        Plots = [|
            {
                Title = "A soft committee whose two units start 1e-4 apart on the plateau"
                XAxis = "time"
                YAxis = "generalisation error"
                LogarithmicX = false
                LogarithmicY = false
                Series = [| series "gradient" pathOfDescent; series "natural gradient" pathOfNatural |]
            }
        |]
    }

let theorem = {
    Row = 49
    Name = "online-learning"
    Title = "Natural gradients in on-line learning"
    Source =
        "Saad, Solla 1995, \"On-line learning in soft committee machines\"; Rattray, Saad, Amari 1998, \"Natural "
        + "Gradient Descent for On-Line Learning\""
    Claim =
        "In on-line learning of a soft committee, gradient descent's plateau is the longer, the closer the units "
        + "start to each other; the natural gradient's stays short."
    Meaning =
        "The more symmetric the start, the more steps a natural gradient saves; damping above the Fisher's small "
        + "eigenvalues takes that gain away again."
    Run = program run
}
