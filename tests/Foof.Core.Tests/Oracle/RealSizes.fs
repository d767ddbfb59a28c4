/// Float32 data as training at real sizes leaves them: orders of some hundred, fewer data points than inputs, dead units,
/// and eigenvalues from one to 1 / condition. Float64 gets the same numbers.
module Foof.Core.Tests.RealSizes

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// The shape of a hidden layer, and the data points of a batch.
let outputs, inputs, points = 260L, 280L, 100L

/// Condition numbers of damped matrices whose largest eigenvalue is about one.
let conditions = [ 1e3; 1e6 ]

let wide (x: torch.Tensor) = if x.is_floating_point () then x.``to`` torch.float64 else x.alias ()

/// One, and zero for every tenth of d units.
let private alive (d: int64) = torch.arange(d).remainder(10.0.ToScalar()).ne(3.0.ToScalar()).``to`` torch.float32

/// Numbers from one down to 10^-digits.
let falling (digits: float) (count: int64) = torch.pow (10.0, torch.linspace (0.0, -digits, count))

/// n rows of d units whose X^T X has n eigenvalues from about one to 1 / condition and zeros else; every tenth unit is
/// dead.
let rows (condition: float) (n: int64) (d: int64) =
    torch.randn (n, d) * alive d * (falling (0.5 * log10 condition) n).unsqueeze 1L / sqrt (float d)

/// X^T X of such rows for each of some groups, [g; d; d].
let moments condition (groups: int64) (d: int64) =
    torch.stack (
        [|
            for _ in 1L .. groups ->
                let X = rows condition (min points (d / 2L)) d
                X.t().mm X
        |],
        0L
    )

/// The columns of two layers, two for each data point, with dead inputs and outputs; the largest eigenvalue of G G^T is
/// one.
let factor condition =
    let layer (d_out: int64) (d_in: int64) =
        let E = torch.randn (1L, 2L * points, 1L, d_out) * alive d_out
        LayerFactor.Product(Activations.rows ((rows condition points d_in).view(1L, points, 1L, d_in)), E)

    let G = FisherFactor.ofColumns { Layers = [| layer outputs inputs; layer 10L (outputs + 1L) |]; Weight = 1.0 }
    FisherFactor.scale (1.0 / torch.linalg.eigvalsh(FisherFactor.gram G).max().ToDouble()) G

/// Normal numbers in the shape of a curvature's weights.
let vector shapes = shapes |> Array.map (fun (shape: int64 array) -> torch.randn shape)

/// Every structure with an inverse, over p up to 78,000 weights, by name.
let structures: (string * (float -> Curvature)) list =
    let shape = [| outputs; inputs |]
    let full condition d = Side.Full(moments condition 1L d)

    let eigenbasis condition =
        let basis d =
            let struct (_, Q) = torch.linalg.eigh (moments condition 1L d)
            Side.Full Q

        let S = (falling 3.0 outputs).outer(falling 3.0 inputs * alive inputs).unsqueeze 0L
        Curvature.Eigenbasis(basis outputs, basis inputs, S)

    let plusDiagonal condition =
        let diagonal (shape: int64 array) = (torch.rand shape + 0.5) / (condition: float)
        let G = FisherFactor.layer 1 (factor condition)
        Curvature.LowRankPlusDiagonal(G, Array.map diagonal G.Shapes)

    let all: (string * (float -> Curvature)) list = [
        "dense", fun condition -> Curvature.Dense((moments condition 1L 320L).squeeze 0L, [| [| 10L; 32L |] |])
        "units", fun condition -> Curvature.Units(moments condition 3L inputs)
        "diagonal",
        fun condition -> Curvature.Diagonal [| falling (log10 condition) (outputs * inputs) |> _.view(shape) |]
        "Kronecker, full x full", fun condition -> Curvature.Kronecker(full condition outputs, full condition inputs)
        "Kronecker, groups",
        fun condition ->
            Curvature.Kronecker(Side.Full(moments condition 2L 30L), Side.Full(moments condition 2L inputs))
        "Kronecker, one x full",
        fun condition -> Curvature.Kronecker(Side.Identity(outputs, 1.0), full condition inputs)
        "Kronecker, full x diagonal",
        fun condition ->
            Curvature.Kronecker(
                full condition outputs,
                Side.Diagonal(falling 3.0 inputs * alive inputs |> _.unsqueeze(0L))
            )
        "eigenbasis", eigenbasis
        "low rank", factor >> Curvature.LowRank
        "low rank plus diagonal", plusDiagonal
    ]

    all
    @ [
        "blocks",
        fun condition ->
            Curvature.Blocks [|
                for name, draw in all do
                    if name = "units" || name = "low rank" then draw condition
            |]
    ]

/// Asserts that float32 vectors are those of float64, within a relative tolerance.
let agree tolerance (expected: torch.Tensor seq) (found: torch.Tensor seq) =
    for x in found do
        Expect.equal x.dtype torch.ScalarType.Float32 "the type of found"

    let norm (xs: torch.Tensor seq) = xs |> Seq.sumBy (fun x -> (wide x).square().sum().ToDouble()) |> sqrt
    let apart = norm (Seq.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> wide y - x) expected found) / norm expected
    Expect.isTrue (apart <= tolerance) $"relative distance {apart}, allowed {tolerance}"
