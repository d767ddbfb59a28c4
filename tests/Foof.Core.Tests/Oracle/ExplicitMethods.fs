/// Each method's update by explicit dense matrices: forward and backward pass by matrix products, curvature written out
/// as p x p, and Gauss elimination.
module Foof.Core.Tests.ExplicitMethods

open System
open Foof
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
            let rows (X: Matrix<float>) =
                X.SubMatrix(i * batch.Positions, batch.Positions, 0, X.ColumnCount)

            (rows batch.E[l]).Transpose() * rows batch.A[l])

    /// The gradient of the mean loss.
    member batch.Gradient(l: int) =
        (batch.E[l].Transpose() * batch.A[l]).Divide(float batch.Points)

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
        A[l] <- Oracle.withOnes (if l = 0 then input else Z.PointwiseTanh())
        Z <- A[l] * W[l].Transpose()

    {
        Points = input.RowCount / positions
        Positions = positions
        A = A
        E = backward W A (errors Z)
    }

/// (C + lambda I)^-1 of a matrix of several layers' weights, rows of W one after the other, times their gradients.
let solve (C: Matrix<float>) (lambda: float) (G: Matrix<float> array) =
    let v: Vector<float> =
        G |> Array.collect _.ToRowMajorArray() |> Vector<float>.Build.Dense

    let system: Matrix<float> = C + Oracle.identity C.RowCount * lambda
    let solution = system.Solve(v).ToArray()
    let starts = G |> Array.scan (fun start M -> start + M.RowCount * M.ColumnCount) 0

    G
    |> Array.mapi (fun l M ->
        let own = Array.sub solution starts[l] (M.RowCount * M.ColumnCount)
        Matrix<float>.Build.DenseOfRowMajor(M.RowCount, M.ColumnCount, own))

/// weight sum_k g_k g_k^T of vectors over some layers.
let outer (weight: float) (columns: Matrix<float> array array) =
    let vectors =
        columns
        |> Array.map (fun (column: Matrix<float> array) ->
            column |> Array.collect _.ToRowMajorArray() |> Vector<float>.Build.Dense)

    vectors
    |> Array.map (fun (g: Vector<float>) -> g.OuterProduct g * weight)
    |> Array.reduce (+)

/// f of a symmetric matrix.
let spectral (f: float -> float) (M: Matrix<float>) =
    let evd = M.Evd Symmetricity.Symmetric
    let values = evd.EigenValues.Real().Map(fun value -> f (max 0.0 value))

    evd.EigenVectors
    * Matrix<float>.Build.DiagonalOfDiagonalVector values
    * evd.EigenVectors.Transpose()

/// Positions put together: rows of each data point's sum.
let pooled (batch: Batch) (X: Matrix<float>) =
    Oracle.build batch.Points X.ColumnCount (fun i j ->
        Seq.sum (seq { for r in 0 .. batch.Positions - 1 -> X[i * batch.Positions + r, j] }))

let private factor (n: float) (X: Matrix<float>) = (X.Transpose() * X).Divide n

/// A statistic of layer l, of one batch and the Fisher's errors in it.
let statistic (side: SideStatistic) (batch: Batch) (fisher: Batch) l =
    let n, R = float batch.Points, float batch.Positions
    let sum (terms: Matrix<float> array) = (Array.reduce (+) terms).Divide n

    match side with
    | SideStatistic.Identity -> Oracle.identity batch.E[l].ColumnCount
    | SideStatistic.Activations Positions.Summed -> factor n batch.A[l]
    | SideStatistic.Activations Positions.Averaged -> factor (n * R) batch.A[l]
    | SideStatistic.Activations Positions.Pooled -> factor (n * R * R) (pooled batch batch.A[l])
    | SideStatistic.Errors Positions.Summed -> factor n fisher.E[l]
    | SideStatistic.Errors Positions.Averaged -> factor (n * R) fisher.E[l]
    | SideStatistic.Errors Positions.Pooled -> factor n (pooled fisher fisher.E[l])
    | SideStatistic.WeightedErrors -> fisher.Gradients l |> Array.map (fun P -> P * P.Transpose()) |> sum
    | SideStatistic.WeightedActivations -> fisher.Gradients l |> Array.map (fun P -> P.Transpose() * P) |> sum
    | SideStatistic.GradientRows -> batch.Gradient l * (batch.Gradient l).Transpose()
    | SideStatistic.GradientColumns -> (batch.Gradient l).Transpose() * batch.Gradient l
    | SideStatistic.MeanActivations -> batch.A[l].ColumnSums().Divide(n * R).ToRowMatrix()
    | SideStatistic.MeanErrors -> fisher.E[l].ColumnSums().Divide(n * R).ToRowMatrix()

let private mean (M: Matrix<float>) = M.Trace() / float M.RowCount

/// E (x) A with the recipe's damping, as one matrix.
let damped (recipe: Recipe) (E: Matrix<float>) (A: Matrix<float>) =
    let plus (mu: float) (M: Matrix<float>) : Matrix<float> = M + Oracle.identity M.RowCount * mu
    let root = sqrt recipe.Damping
    let pi = sqrt (mean A / mean E)

    match recipe.Rule with
    | Damping.Tikhonov -> plus recipe.Damping (E.KroneckerProduct A)
    | Damping.Heuristic -> (plus (root / pi) E).KroneckerProduct(plus (pi * root) A)
    | Damping.HeuristicInputs -> (Oracle.identity E.RowCount).KroneckerProduct(plus (pi * root) A)
    | Damping.EachFactor -> (plus recipe.Damping E).KroneckerProduct(plus recipe.Damping A)

/// The gradients of single data points of some layers, one batch for each column of a data point.
let columns (fisher: Batch array) (members: int array) = [|
    for part in fisher do
        let ofLayers = members |> Array.map part.Gradients
        yield! Array.init part.Points (fun i -> ofLayers |> Array.map (fun P -> P[i]))
|]

/// Q_E (x) Q_A, the eigenvectors of E (x) A.
let eigenvectors (E: Matrix<float>) (A: Matrix<float>) =
    let basis (M: Matrix<float>) =
        (M.Evd Symmetricity.Symmetric).EigenVectors

    (basis E).KroneckerProduct(basis A)

/// Q diag(Q^T C Q) Q^T: what is left of C in a basis without its off-diagonal elements.
let diagonalIn (Q: Matrix<float>) (C: Matrix<float>) =
    let S = (Q.Transpose() * C * Q).Diagonal()
    Q * Matrix<float>.Build.DiagonalOfDiagonalVector S * Q.Transpose()

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
                    let scale =
                        if E = SideStatistic.WeightedErrors then
                            (moment E l).Trace()
                        else
                            1.0

                    solve (damped recipe (moment E l / scale) (moment A l)) 0.0 [| G[l] |]
                | Approximation.Kronecker(E, A) ->
                    let power M =
                        spectral (fun s -> (s + lambda) ** recipe.Power) M

                    [| power (moment E l) * G[l] * power (moment A l) |]
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
let flat (matrices: Matrix<float> array) =
    matrices |> Array.collect _.ToRowMajorArray()
