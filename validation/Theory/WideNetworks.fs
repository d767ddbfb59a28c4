/// Approximate Fishers of wide networks move the function as the exact one does, up to a factor.
///
/// Where the Gram matrices have full rank, J C^+ J^T = alpha n I: alpha = 1 for C = F, the number of layers L for its
/// diagonal blocks, and l n for undamped K-FAC on l layers. So the rates eta, eta / L and eta / (l n) give one flow
/// of the outputs for infinite width, |u(t) - y|^2 = (1 - eta)^(2 t) |u(0) - y|^2. (Karakida, Osawa 2020)
module internal Foof.Validation.WideNetworks

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private n = 5

/// A ReLU network with three layers of this width and one output; K-FAC works on the first two of them.
let private network width onlyInner =
    let widths = [ 16; width; width; 1 ]

    let layers = [
        for l, (inputs, outputs) in Seq.indexed (List.pairwise widths) ->
            $"layer{l + 1}", linear (if outputs = 1 then 1.0 else sqrt 2.0) inputs outputs false
    ]

    let run (layer: int -> torch.Tensor -> torch.Tensor) x = layer 2 ((layer 1 ((layer 0 x).relu())).relu())

    let all = problem (new Network(layers, run)) (Likelihood.Gaussian 1.0)
    if onlyInner then { all with Layers = all.Layers[0..1] } else all

/// A method: its name, what inverts the curvature, by what its rate is divided, and whether it leaves out the last
/// layer.
[<ReferenceEquality>]
type private Method = {
    Name: string
    Structure: FisherFactor -> Curvature
    /// The same matrix where writing it out would take long, with a damping that is next to nothing.
    Cheap: FisherFactor -> Curvature
    Damping: float
    Alpha: float
    OnlyInner: bool
}

let private kronecker = Structure.kronecker Positions.Summed Positions.Averaged

let private methods = [
    {
        Name = "exact"
        Structure = Structure.dense
        Cheap = Structure.lowRank
        Damping = 1e-8
        Alpha = 1.0
        OnlyInner = false
    }
    {
        Name = "layer by layer"
        Structure = Structure.layerwiseDense
        Cheap = Structure.layerwiseLowRank
        Damping = 1e-8
        Alpha = 3.0
        OnlyInner = false
    }
    {
        Name = "K-FAC"
        Structure = kronecker
        Cheap = kronecker
        Damping = 0.0
        Alpha = 2.0 * float n
        OnlyInner = true
    }
]

let private factorAndOutput problem X =
    let found = Jacobian.factor problem X
    struct (FisherFactor.scale (1.0 / float n) found.Jacobian, found)

/// J C^+ J^T, column by column.
let private functionSpace (method: Method) (X: torch.Tensor) =
    let problem = network 24 method.OnlyInner
    let struct (G, found) = factorAndOutput problem X
    let inverse = Factored.make Damping.Tikhonov 0.0 (method.Structure G)

    torch.stack (
        [|
            for j in 0 .. n - 1 do
                let unit = torch.zeros (int64 n, dtype = double)
                unit[int64 j] <- torch.tensor 1.0
                let direction = Factored.solve inverse (FisherFactor.times unit found.Jacobian)
                FisherFactor.transposeTimes direction found.Jacobian
        |],
        1L
    )

let private eta, steps = 0.2, 8

/// log |u(t) - y|^2 / |u(0) - y|^2 for t = 0 .. steps, with the rate eta / alpha.
let private curve (method: Method) width X (y: torch.Tensor) =
    let problem = network width method.OnlyInner

    let errors = [|
        for _ in 0..steps do
            Scope.value (fun () ->
                let struct (G, found) = factorAndOutput problem X
                let residual = (found.Output - y).flatten()
                let g = FisherFactor.times (residual / float n) found.Jacobian
                move problem (-eta / method.Alpha) (solve method.Damping (method.Cheap G) g)
                number (residual.square().sum()))
    |]

    errors |> Array.map (fun error -> log (error / errors[0]))

let private limit t = 2.0 * float t * log (1.0 - eta)

/// The mean over networks of a curve's largest distance from its limit.
let private gap (curves: float array array) =
    curves |> Array.averageBy (Seq.mapi (fun t value -> abs (value - limit t)) >> Seq.max)

let private run (cancellation: System.Threading.CancellationToken) =
    let X, y = normal [ n; 16 ], normal [ n; 1 ]
    let identity = torch.eye (int64 n, dtype = double) * float n
    let networks, narrow, wide = 8, 30, 200

    let results = [
        for method in methods do
            cancellation.ThrowIfCancellationRequested()
            let curves width = Array.init networks (fun _ -> curve method width X y)
            struct (method, curves narrow, curves wide)
    ]

    {
        Statements = [|
            for method in methods do
                Statement.Zero(
                    $"{method.Name}: J C^+ J^T against {method.Alpha} n I",
                    distance (identity * method.Alpha) (functionSpace method X)
                )
            for struct (method, narrow, wide) in results do
                Statement.AtMost(
                    $"{method.Name}: gap of the loss curve over its fall, width 200",
                    gap wide / abs (limit steps),
                    0.15
                )
                Statement.AtLeast($"{method.Name}: gap at width 30 over that at 200", gap narrow / gap wide, 1.0)
        |]
        Plots = [|
            {
                Title = "Loss curves of three natural gradients, each with its rate, width 200"
                XAxis = "step"
                YAxis = "log of the squared error over that at the start"
                LogarithmicX = false
                LogarithmicY = false
                Series = [|
                    for struct (method, _, wide) in results do
                        series method.Name (wide[0] |> Seq.mapi (fun t value -> float t, value))
                    series "2 t log(1 - eta)" (Seq.init (steps + 1) (fun t -> float t, limit t))
                |]
            }
        |]
    }

let theorem = {
    Row = 81
    Name = "wide-networks"
    Title = "Approximate Fishers of wide networks"
    Source =
        "Karakida, Osawa 2020, \"Understanding Approximate Fisher Information for Fast Convergence of Natural "
        + "Gradient Descent in Wide Neural Networks\""
    Claim =
        "Exact, block-diagonal and Kronecker-factored natural gradients train the outputs of a wide network along "
        + "one path, if each has its own learning rate."
    Meaning =
        "Learning rates do not carry over from one structure to another: undamped, block-diagonal methods want "
        + "the exact one's over the number of layers, and K-FAC's that over the number of data points as well."
    Run = program run
}
