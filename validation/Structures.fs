/// Every structure with what it stands for.
module internal Foof.Validation.Structures

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra

/// The rules that damp Kronecker products.
let private kroneckerRules = [
    "tikhonov", Damping.Tikhonov
    "heuristic", Damping.Heuristic
    "heuristic inputs", Damping.HeuristicInputs
    "each factor", Damping.EachFactor
]

let private orders setup = PointGradients.orders setup.Points

/// The number of inputs of every row of every layer's weight.
let private unitOrders setup =
    setup.Points[0].Columns.Head.Gradients |> Array.collect (fun P -> Array.create P.RowCount P.ColumnCount)

/// A diagonal with all entries different: 1/10, 2/10, ... by place.
let private someDiagonal (order: int) = Vector<float>.Build.Dense(order, (fun i -> 0.1 * float (i + 1)))

let private withDiagonal setup =
    let D = Weights.unflatten setup.G.Shapes (someDiagonal setup.F.RowCount)
    Structure.lowRank setup.G |> Curvature.addDiagonal D

/// Name, the core's matrix, the explicit one: damped by lambda I only.
let private plain: (string * (Setup -> Curvature) * (Setup -> Matrix<float>)) list = [
    "dense", (fun setup -> Structure.dense setup.G), _.F
    "dense per layer",
    (fun setup -> Structure.layerwiseDense setup.G),
    (fun setup -> Dense.onlyBlocks (orders setup) setup.F)
    "low rank", (fun setup -> Structure.lowRank setup.G), _.F
    "low rank per layer",
    (fun setup -> Structure.layerwiseLowRank setup.G),
    (fun setup -> Dense.onlyBlocks (orders setup) setup.F)
    "low rank plus diagonal",
    withDiagonal,
    (fun setup -> setup.F + Dense.diagonal ((someDiagonal setup.F.RowCount).ToArray()))
    "diagonal", (fun setup -> Structure.diagonal setup.G), (fun setup -> Dense.onlyDiagonal setup.F)
    "units", (fun setup -> Structure.units setup.G), (fun setup -> Dense.onlyBlocks (unitOrders setup) setup.F)
    "eigenbasis",
    (fun setup -> Structure.eigenbasis Positions.Summed Positions.Averaged setup.G),
    (fun setup ->
        KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> KroneckerFactors.corrected setup.Points)
]

/// Name, the core's matrix, the explicit factors: damped by every rule.
let private kronecker: (string * (Setup -> Curvature) * (Point array -> KroneckerFactors.Pair array)) list =
    let both name ofErrors ofActivations =
        name,
        (fun setup -> Structure.kronecker ofErrors ofActivations setup.G),
        KroneckerFactors.kronecker ofErrors ofActivations

    [
        both "kronecker expand" Positions.Summed Positions.Averaged
        both "kronecker reduce" Positions.Pooled Positions.Pooled
        both "kronecker kfc" Positions.Averaged Positions.Summed
        "trace kronecker", (fun setup -> Structure.traceKronecker setup.G), KroneckerFactors.traceKronecker
    ]

/// The cases of all structures for one network and label rule.
let cases (prefix: string) (setup: Lazy<Setup>) = [|
    for name, curvature, expected in plain do
        Comparison.case
            $"{prefix} / {name}"
            [ "tikhonov", Damping.Tikhonov ]
            setup
            curvature
            (expected >> KroneckerDamping.ofMatrix)

    for name, curvature, pairs in kronecker do
        Comparison.case $"{prefix} / {name}" kroneckerRules setup curvature (fun setup ->
            KroneckerDamping.ofPairs (pairs setup.Points))
|]
