/// Kronecker factors by loops over data points, columns and positions.
module internal Foof.Validation.Factors

open Foof
open MathNet.Numerics.LinearAlgebra

/// E and A of one group of one layer.
type Pair = (struct (Matrix<float> * Matrix<float>))

/// The factor pairs of all layers and groups, in the order of the weights.
let private pairs (points: Point array) (ofGroup: int -> int -> Pair) =
    points[0].Activations
    |> Array.mapi (fun layer rows -> Array.init rows.Length (ofGroup layer))
    |> Array.concat

/// The vectors of one group that are squared, with what each counts.
let private terms positions (rows: Vector<float> array) (pooled: Vector<float> -> Vector<float>) =
    let R = float rows.Length

    match positions with
    | Positions.Summed -> [ for x in rows -> struct (1.0, x) ]
    | Positions.Averaged -> [ for x in rows -> struct (1.0 / R, x) ]
    | Positions.Pooled -> [ struct (1.0, pooled (Array.reduce (fun x y -> x + y) rows)) ]

let private weighted (weight: float) =
    List.map (fun struct (w, x) -> struct (weight * w, x))

/// E and A by what is done with positions: pooled errors are sums, pooled activations are means.
let kronecker ofErrors ofActivations (points: Point array) =
    pairs points (fun layer group ->
        let a = points |> Array.map (fun point -> point.Activations[layer][group])

        let e =
            Explicit.columns points
            |> Array.map (fun column -> column.Weight, column.Errors[layer][group])

        let n, R = float points.Length, float a[0].Length

        let A =
            a
            |> Seq.collect (fun rows -> terms ofActivations rows (fun sum -> sum / R) |> weighted (1.0 / n))
            |> Dense.moment (a[0].[0].Count)

        let E =
            e
            |> Seq.collect (fun (weight, rows) -> terms ofErrors rows id |> weighted weight)
            |> Dense.moment ((snd e[0]).[0].Count)

        struct (E, A))

/// The rows of a layer's gradients that belong to a group.
let private ofGroup (points: Point array) layer group (gradient: Matrix<float>) =
    let height = gradient.RowCount / points[0].Activations[layer].Length
    gradient.SubMatrix(group * height, height, 0, gradient.ColumnCount)

/// sum P P^T / tr F and sum P^T P.
let traceKronecker (points: Point array) =
    pairs points (fun layer group ->
        let columns = Explicit.columns points

        let P =
            columns
            |> Array.map (fun column -> ofGroup points layer group column.Gradients[layer])

        let sum (term: Matrix<float> -> Matrix<float>) =
            Array.map2 (fun (column: Column) P -> term P * column.Weight) columns P
            |> Array.reduce (fun x y -> x + y)

        let Psi = sum (fun P -> P * P.Transpose())
        let trace = Psi.Trace()
        struct ((if trace = 0.0 then Psi else Psi / trace), sum (fun P -> P.Transpose() * P)))

/// E (x) A of every pair, along the diagonal.
let product (pairs: Pair array) =
    pairs |> Array.map (fun struct (E, A) -> E.KroneckerProduct A) |> Dense.blocks

/// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T with S the second moments of the gradients in that basis.
let corrected (points: Point array) (pairs: Pair array) =
    let basis (M: Matrix<float>) =
        M.Evd(Symmetricity.Symmetric).EigenVectors

    let Q =
        pairs
        |> Array.map (fun struct (E, A) -> (basis E).KroneckerProduct(basis A))
        |> Dense.blocks

    let F = Explicit.fisher points
    Q * Dense.onlyDiagonal (Q.Transpose() * F * Q) * Q.Transpose()
