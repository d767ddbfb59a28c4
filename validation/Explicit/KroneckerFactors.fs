/// Kronecker factors by loops over data points, columns and positions.
module internal Foof.Explicit.KroneckerFactors

open Foof
open MathNet.Numerics.LinearAlgebra

/// E and A of one group of one layer.
type Pair = (struct (Matrix<float> * Matrix<float>))

/// The factor pairs of all layers and groups, in the order of the weights.
let private pairs (points: Point array) (ofGroup: int -> int -> Pair) =
    points[0].Activations |> Array.mapi (fun layer rows -> Array.init rows.Length (ofGroup layer)) |> Array.concat

/// The vectors of one group that are squared, with their weights, of rows by data point or column; a sum over positions
/// is divided by what `pooled` makes of their number, and averages are over the mean number of positions.
let private terms positions (pooled: float -> float) (all: struct (float * Vector<float> array) array) =
    let mean = all |> Array.averageBy (fun struct (_, rows) -> float rows.Length)

    all
    |> Seq.collect (fun struct (weight, rows) ->
        match positions with
        | Positions.Summed -> [ for x in rows -> struct (weight, x) ]
        | Positions.Averaged -> [ for x in rows -> struct (weight / mean, x) ]
        | Positions.Pooled when rows.Length = 0 -> []
        | Positions.Pooled -> [ struct (weight, Array.reduce (fun x y -> x + y) rows / pooled (float rows.Length)) ])

let private width (all: struct (float * Vector<float> array) array) =
    all |> Array.pick (fun struct (_, rows) -> rows |> Array.tryHead |> Option.map _.Count)

/// A of one group from the rows of all data points, one for each position; pooled activations are means.
let ofActivations positions (points: Vector<float> array array) =
    let all = points |> Array.map (fun rows -> struct (1.0 / float points.Length, rows))
    terms positions id all |> Dense.outer (width all)

/// E of one group from the rows of all columns, each with its weight in F; pooled errors are sums.
let ofErrors positions (columns: struct (float * Vector<float> array) array) =
    terms positions (fun _ -> 1.0) columns |> Dense.outer (width columns)

/// E and A of all layers and groups, by how each treats positions.
let kronecker positionsOfErrors positionsOfActivations (points: Point array) =
    pairs points (fun layer group ->
        let E =
            PointGradients.columns points
            |> Array.map (fun column -> struct (column.Weight, column.Errors[layer][group]))
            |> ofErrors positionsOfErrors

        let A =
            points |> Array.map (fun point -> point.Activations[layer][group]) |> ofActivations positionsOfActivations

        struct (E, A))

/// The rows of a layer's gradient that belong to one of its groups.
let ofGroup groups group (gradient: Matrix<float>) =
    let height = gradient.RowCount / groups
    gradient.SubMatrix(group * height, height, 0, gradient.ColumnCount)

/// sum of weight P P^T and sum of weight P^T P of the gradients of one layer.
let squares (gradients: struct (float * Matrix<float>) seq) : Pair =
    let sum (square: Matrix<float> -> Matrix<float>) =
        gradients |> Seq.map (fun struct (weight, P) -> square P * weight) |> Dense.sum

    struct (sum (fun P -> P * P.Transpose()), sum (fun P -> P.Transpose() * P))

/// sum P P^T / tr F and sum P^T P.
let traceKronecker (points: Point array) =
    pairs points (fun layer group ->
        let groups = points[0].Activations[layer].Length

        let struct (Psi, Phi) =
            PointGradients.columns points
            |> Array.map (fun column -> struct (column.Weight, ofGroup groups group column.Gradients[layer]))
            |> squares

        let trace = Psi.Trace()
        struct ((if trace = 0.0 then Psi else Psi / trace), Phi))

/// E (x) A of every pair, along the diagonal.
let product (pairs: Pair array) = pairs |> Array.map (fun struct (E, A) -> E.KroneckerProduct A) |> Dense.blocks

/// Q_E (x) Q_A, the eigenvectors of E (x) A.
let eigenvectors (struct (E, A): Pair) = (Dense.eigenvectors E).KroneckerProduct(Dense.eigenvectors A)

/// F without its off-diagonal elements in the eigenvectors of the products.
let corrected (points: Point array) (pairs: Pair array) =
    let Q = pairs |> Array.map eigenvectors |> Dense.blocks
    Dense.diagonalIn Q (PointGradients.fisher points)

/// The product of the factors' sums that stands for the sum of two products:
/// (E + pi E') (x) (A + A'/pi), pi^2 = tr E tr A' / (tr E' tr A), scaled to the trace of the sum.
let merged (struct (E, A): Pair) (struct (E', A'): Pair) =
    let pi = sqrt (E.Trace() * A'.Trace() / (E'.Trace() * A.Trace()))
    let product = (E + E' * pi).KroneckerProduct(A + A' / pi)
    product * ((E.Trace() * A.Trace() + E'.Trace() * A'.Trace()) / product.Trace())
