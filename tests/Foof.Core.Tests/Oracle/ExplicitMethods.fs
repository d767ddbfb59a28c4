/// Each method's update by explicit dense matrices: curvature written out as p x p, and Gauss elimination. Forward and
/// backward pass are matrix products: `./foof validate` takes derivatives from autograd, but so does the optimiser, and
/// here its whole step is compared with one that shares nothing with it.
module Foof.Core.Tests.ExplicitMethods

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// One batch on a chain of tanh layers: n data points of R positions, rows A and E of each layer.
[<ReferenceEquality>]
type Batch = {
    Points: int
    Positions: int
    A: Matrix<float> array
    E: Matrix<float> array
} with

    /// The sums over positions of e a^T, one for each data point.
    member batch.Gradients(l: int) =
        Array.init batch.Points (fun i ->
            let rows (X: Matrix<float>) = X.SubMatrix(i * batch.Positions, batch.Positions, 0, X.ColumnCount)

            (rows batch.E[l]).Transpose() * rows batch.A[l])

    /// The rows of A or E of one layer, one for each position of each data point.
    member batch.Rows(X: Matrix<float>) = X.EnumerateRows() |> Seq.toArray |> Array.chunkBySize batch.Positions

    /// The gradient of the mean loss.
    member batch.Gradient(l: int) = (batch.E[l].Transpose() * batch.A[l]).Divide(float batch.Points)

/// Errors of all layers from those at the output, through tanh.
let private backward (W: Matrix<float> array) (A: Matrix<float> array) (last: Matrix<float>) =
    let E = Array.create W.Length last

    for l in W.Length - 1 .. -1 .. 1 do
        let inputs = A[l].SubMatrix(0, A[l].RowCount, 0, A[l].ColumnCount - 1)
        let weight = W[l].SubMatrix(0, W[l].RowCount, 0, W[l].ColumnCount - 1)
        E[l - 1] <- (E[l] * weight).PointwiseMultiply(inputs.Map(fun t -> 1.0 - t * t))

    E

/// A batch of rows [n R; d_in] through layers with a bias, with the errors that `errors` makes of the output.
let pass (W: Matrix<float> array) positions (input: Matrix<float>) (errors: Matrix<float> -> Matrix<float>) =
    let A = Array.zeroCreate W.Length
    let mutable Z = input

    for l in 0 .. W.Length - 1 do
        A[l] <- Dense.withOnes (if l = 0 then input else Z.PointwiseTanh())
        Z <- A[l] * W[l].Transpose()

    { Points = input.RowCount / positions; Positions = positions; A = A; E = backward W A (errors Z) }

/// (C + lambda I)^-1 of a matrix of several layers' weights, rows of W one after the other, times their gradients.
let solve (C: Matrix<float>) (lambda: float) (G: Matrix<float> array) =
    let solution = (Dense.shifted lambda C).Solve(Weights.ofMatrices G).ToArray()
    let starts = G |> Array.scan (fun start M -> start + M.RowCount * M.ColumnCount) 0

    G
    |> Array.mapi (fun l M ->
        let own = Array.sub solution starts[l] (M.RowCount * M.ColumnCount)
        Matrix<float>.Build.DenseOfRowMajor(M.RowCount, M.ColumnCount, own))

/// weight sum_k g_k g_k^T of vectors over some layers.
let outer (weight: float) (columns: Matrix<float> array array) =
    columns
    |> Array.map (fun column -> struct (weight, Weights.ofMatrices column))
    |> Dense.outer (columns[0] |> Array.sumBy (fun P -> P.RowCount * P.ColumnCount))

/// Positions put together: rows of each data point's sum.
let pooled (batch: Batch) (X: Matrix<float>) =
    Dense.build batch.Points X.ColumnCount (fun i j ->
        Seq.sum (seq { for r in 0 .. batch.Positions - 1 -> X[i * batch.Positions + r, j] }))

/// A statistic of layer l, of one batch and the Fisher's errors in it.
let statistic (side: SideStatistic) (batch: Batch) (fisher: Batch) l =
    let weight = 1.0 / float batch.Points

    let weighted all = all |> Array.map (fun x -> struct (weight, x))

    match side with
    | SideStatistic.Identity -> Dense.identity batch.E[l].ColumnCount
    | SideStatistic.Activations positions -> KroneckerFactors.ofActivations positions (batch.Rows batch.A[l])
    | SideStatistic.Errors positions -> KroneckerFactors.ofErrors positions (weighted (fisher.Rows fisher.E[l]))
    | SideStatistic.WeightedErrors ->
        let struct (Psi, _) = KroneckerFactors.squares (weighted (fisher.Gradients l))
        Psi
    | SideStatistic.WeightedActivations ->
        let struct (_, Phi) = KroneckerFactors.squares (weighted (fisher.Gradients l))
        Phi
    | SideStatistic.GradientRows -> batch.Gradient l * (batch.Gradient l).Transpose()
    | SideStatistic.GradientColumns -> (batch.Gradient l).Transpose() * batch.Gradient l
    | SideStatistic.MeanActivations -> (batch.A[l].ColumnSums() / float batch.A[l].RowCount).ToRowMatrix()
    | SideStatistic.MeanErrors -> (fisher.E[l].ColumnSums() / float fisher.E[l].RowCount).ToRowMatrix()

/// The gradients of single data points of some layers, one batch for each column of a data point.
let columns (fisher: Batch array) (members: int array) = [|
    for part in fisher do
        let ofLayers = members |> Array.map part.Gradients
        yield! Array.init part.Points (fun i -> ofLayers |> Array.map (fun P -> P[i]))
|]

/// The direction of all layers that a recipe gives for the gradients of `batch`, with its statistics `moment`, the
/// Fisher's errors in `fisher` (one batch for each column of a data point), EKFAC's matrix of a layer, the
/// gradients of the last steps and eta.
let rec directions
    (recipe: Recipe)
    (moment: SideStatistic -> int -> Matrix<float>)
    (batch: Batch)
    (fisher: Batch array)
    (inEigenbasis: int -> Matrix<float>)
    (window: Matrix<float> array array)
    (rate: float)
    =
    let lambda, layers = recipe.Damping, [| 0 .. batch.A.Length - 1 |]
    let G = layers |> Array.map batch.Gradient
    let weight = 1.0 / float batch.Points

    let raw =
        match recipe.Curvature with
        | Approximation.LowRank Extent.Network -> solve (outer weight (columns fisher layers)) lambda G
        | Approximation.Window m -> solve (outer (1.0 / float m) window) lambda G
        | _ ->
            layers
            |> Array.collect (fun l ->
                match recipe.Curvature with
                | Approximation.LowRank _ -> solve (outer weight (columns fisher [| l |])) lambda [| G[l] |]
                | Approximation.Kronecker(E, A) when recipe.Power = -1.0 ->
                    let scale = if E = SideStatistic.WeightedErrors then (moment E l).Trace() else 1.0

                    let factors = struct (moment E l / scale, moment A l)
                    solve (KroneckerDamping.matrix recipe.Rule lambda factors) 0.0 [| G[l] |]
                | Approximation.Kronecker(E, A) ->
                    let power side =
                        match side with
                        | SideStatistic.Identity -> moment side l
                        | _ -> Dense.spectral (fun _ s -> (max 0.0 s + lambda) ** recipe.Power) (moment side l)

                    [| power E * G[l] * power A |]
                | Approximation.Eigenbasis _ -> solve (inEigenbasis l) lambda [| G[l] |]
                | _ ->
                    let a, b = moment SideStatistic.MeanActivations l, moment SideStatistic.MeanErrors l
                    let g = b.Transpose() * a
                    solve (outer 1.0 [| [| g |] |]) lambda [| G[l] |])

    match recipe.Trust with
    | Trust.Graft other ->
        let sizes =
            directions other moment batch fisher inEigenbasis window rate
            |> Array.map (fun (D: Matrix<float>) -> D.FrobeniusNorm())

        Array.map2 (fun (D: Matrix<float>) size -> D * (size / D.FrobeniusNorm())) raw sizes
    | Trust.KlClip kappa ->
        let inner (D: Matrix<float>) (g: Matrix<float>) = D.PointwiseMultiply(g).RowSums().Sum()
        let product = Array.map2 inner raw G |> Array.sum
        raw |> Array.map (fun D -> D * min 1.0 (sqrt (kappa / (rate * rate * product))))
    | _ -> raw

/// Plain numbers of some matrices.
let flat (matrices: Matrix<float> array) = (Weights.ofMatrices matrices).ToArray()
