/// Random Fisher factors, each replayable by its seed, and what they stand for, written out by loops.
module Foof.Core.Tests.Factors

open System
open Foof
open FsCheck
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// How the gradients of a layer are held.
type Form =
    | Rows
    | OneHot
    | Written
    | Weighted

/// What a layer's factor is drawn by; `Outputs` is the number of rows of W in one group.
type LayerSizes = {
    Form: Form
    Groups: int
    Outputs: int
    Inputs: int
    Positions: int
}

/// What a Fisher factor is drawn by.
type Sizes = {
    Seed: int
    Points: int
    /// Columns a data point.
    PerPoint: int
    Parts: int
    Layers: LayerSizes list
}

let seeds = Gen.choose (1, 1000000)

/// Layers of a form; with widths of 9 and R = 2 the pairs' route is the cheaper one, with less it is not.
let layerOf (form: Form) =
    gen {
        let! groups =
            Gen.elements (
                if form = OneHot || form = Written then
                    [ 1 ]
                else
                    [ 1; 2; 3 ]
            )

        let! outputs, inputs =
            Gen.frequency [
                6, Gen.zip (Gen.elements [ 1; 2; 3 ]) (Gen.elements [ 1; 2; 4 ])
                1, Gen.constant (9, 9)
            ]

        let! positions = Gen.elements (if form = Written then [ 1 ] else [ 1; 2; 5 ])

        return {
            Form = form
            Groups = groups
            Outputs = outputs
            Inputs = inputs
            Positions = positions
        }
    }

let private sizesOf parts layers (form: Gen<Form>) =
    gen {
        let! seed = seeds
        let! points = Gen.elements [ 1; 2; 5 ]
        let! perPoint = Gen.elements [ 1; 3 ]
        let! parts = Gen.elements parts
        let! count = Gen.elements layers
        let! layers = Gen.listOfLength count (Gen.bind layerOf form)

        return {
            Seed = seed
            Points = points
            PerPoint = perPoint
            Parts = parts
            Layers = layers
        }
    }

/// Factors of one to three layers and parts, of every form.
let sizes =
    Gen.frequency [
        4, Gen.constant Rows
        2, Gen.constant OneHot
        1, Gen.constant Written
        1, Gen.constant Weighted
    ]
    |> sizesOf [ 1; 1; 2; 3 ] [ 1; 2; 3 ]

/// Factors whose gradients are products of activations and errors.
let products = Gen.elements [ Rows; Rows; OneHot ] |> sizesOf [ 1; 1; 2 ] [ 1; 2 ]

/// One layer's factor of every form, in one part.
let single =
    Gen.elements [ Rows; Rows; OneHot; Written; Weighted ] |> sizesOf [ 1 ] [ 1 ]

/// One layer's factor as a product, in one part.
let singleProduct = Gen.elements [ Rows; Rows; OneHot ] |> sizesOf [ 1 ] [ 1 ]

let width layer = layer.Groups * layer.Outputs

/// A layer's activations of n data points and R positions.
let activations (n: int) (R: int) layer =
    match layer.Form with
    | OneHot ->
        let index =
            torch.randint (
                0L,
                int64 layer.Inputs + 1L,
                [| int64 n; int64 R |],
                dtype = torch.ScalarType.Int64
            )

        Activations.Indices(index, int64 layer.Inputs)
    | _ -> Activations.Rows(Networks.normal [ layer.Groups; n; R; layer.Inputs ])

/// A layer's factor of c columns for each of n data points with R positions.
let layerFactor n c R layer =
    match layer.Form with
    | Written -> LayerFactor.Columns(Networks.normal [ c * n; width layer; layer.Inputs ])
    | form ->
        let E = Networks.normal [ layer.Groups; c * n; R; layer.Outputs ]
        let product = LayerFactor.Product(activations n R layer, E)

        if form = Weighted then
            LayerFactor.Weighted(product, Networks.normal [ width layer; layer.Inputs ])
        else
            product

/// The first layer's factor.
let layer sizes =
    Networks.seeded sizes.Seed
    let only = sizes.Layers.Head
    layerFactor sizes.Points sizes.PerPoint only.Positions only

/// A Fisher factor; its further parts have more data points, more positions and other weights.
let factor sizes =
    Networks.seeded sizes.Seed

    let part i =
        let n = sizes.Points + i

        FisherFactor.ofColumns {
            Layers =
                sizes.Layers
                |> List.map (fun layer -> layerFactor n sizes.PerPoint (layer.Positions + i) layer)
                |> List.toArray
            Weight = (1.0 + 0.5 * float i) / float n
        }

    FisherFactor.join (Array.init sizes.Parts part)

/// a_ir by group, data point, position and input; nothing of the core's products is used.
let entry activations : int -> int -> int -> int -> float =
    match activations with
    | Activations.Rows A ->
        let values, n, R, d =
            Oracle.values A, int (A.size 1), int (A.size 2), int (A.size 3)

        fun group i r q -> values[((group * n + i) * R + r) * d + q]
    | Activations.Indices(index, _) ->
        let values, R = Oracle.values index, int (index.size 1)
        fun _ i r q -> if int values[i * R + r] = q then 1.0 else 0.0

/// P_j = sum_r e_jr a_ir^T, j = (c, i), by loops.
let rec gradients (factor: LayerFactor) : Matrix<float> array =
    match factor with
    | LayerFactor.Columns P -> [| for j in 0L .. P.size 0 - 1L -> Oracle.matrix (P.select (0L, j)) |]
    | LayerFactor.Weighted(inner, S) ->
        let S = Oracle.matrix (S.expand (LayerFactor.shape inner))
        gradients inner |> Array.map (fun P -> P.PointwiseMultiply S)
    | LayerFactor.Product(activations, E) ->
        let a, e = entry activations, Oracle.values E
        let g, m, R, k = int (E.size 0), int (E.size 1), int (E.size 2), int (E.size 3)

        let n, d =
            int (Activations.dataPoints activations), int (Activations.width activations)

        let element j row q =
            let group, o = row / k, row % k

            Seq.sum (
                seq { for r in 0 .. R - 1 -> e[((group * m + j) * R + r) * k + o] * a group (j % n) r q }
            )

        [| for j in 0 .. m - 1 -> Oracle.build (g * k) d (element j) |]

/// All elements of matrices, row by row, one matrix after the other.
let flat (matrices: Matrix<float> seq) =
    matrices
    |> Seq.collect _.ToRowMajorArray()
    |> Seq.toArray
    |> Vector<float>.Build.Dense

/// G^T [m; p]: sqrt(weight) g_j over all layers as rows.
let columns (G: FisherFactor) : Matrix<float> =
    let ofPart (part: FisherColumns) =
        let gradients = part.Layers |> Array.map gradients

        [
            for j in 0 .. gradients[0].Length - 1 ->
                flat (gradients |> Array.map (fun layer -> layer[j])) * sqrt part.Weight
        ]

    Matrix<float>.Build.DenseOfRowVectors(G.Parts |> Seq.collect ofPart)

/// F = sum of weight g g^T, [p; p].
let dense (G: FisherFactor) =
    let C = columns G
    C.TransposeThisAndMultiply C

/// A normal vector in weight space.
let vector (shapes: int64 array array) =
    shapes |> Array.map (fun shape -> torch.randn (shape, dtype = Networks.double))

/// A vector in weight space as one of MathNet's.
let flatten (V: torch.Tensor array) =
    V |> Seq.collect Oracle.values |> Seq.toArray |> Vector<float>.Build.Dense

/// The factor with every tensor changed.
let map (change: torch.Tensor -> torch.Tensor) (G: FisherFactor) =
    let rec ofLayer factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            LayerFactor.Product(Activations.map change activations, change E)
        | LayerFactor.Columns P -> LayerFactor.Columns(change P)
        | LayerFactor.Weighted(inner, S) -> LayerFactor.Weighted(ofLayer inner, change S)

    {
        G with
            Parts =
                G.Parts
                |> Array.map (fun part -> {
                    part with
                        Layers = Array.map ofLayer part.Layers
                })
    }

/// The tensor in float32; indices stay whole numbers.
let single32 (x: torch.Tensor) =
    if x.is_floating_point () then
        x.``to`` torch.ScalarType.Float32
    else
        x.alias ()

/// The tensor on the meta device: its shape without its data.
let meta (x: torch.Tensor) = x.``to`` (torch.Device DeviceType.META)

let private ofPoints (change: int64 -> int64 array) (part: FisherColumns) =
    let select (dim: int64) (index: int64 array) (x: torch.Tensor) =
        x.index_select (dim, torch.tensor index)

    let ofLayer factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let n = Activations.dataPoints activations
            let points = change n

            let columns = [|
                for c in 0L .. E.size 1 / n - 1L do
                    yield! points |> Array.map (fun i -> c * n + i)
            |]

            let activations =
                match activations with
                | Activations.Rows A -> Activations.Rows(select 1L points A)
                | Activations.Indices(index, count) -> Activations.Indices(select 0L points index, count)

            LayerFactor.Product(activations, select 1L columns E)
        | _ -> invalidArg (nameof factor) "only products have data points"

    {
        part with
            Layers = Array.map ofLayer part.Layers
    }

/// The same products with the data points in reverse order.
let permuted (G: FisherFactor) = {
    G with
        Parts =
            G.Parts
            |> Array.map (ofPoints (fun n -> Array.init (int n) (fun i -> n - 1L - int64 i)))
}

/// One part's products as two joined parts, of the first `count` data points and of the others; each part is a mean
/// over its own data points, scaled to its share.
let split (count: int64) (G: FisherFactor) =
    let part = G.Parts[0]

    let n =
        match part.Layers[0] with
        | LayerFactor.Product(activations, _) -> Activations.dataPoints activations
        | _ -> invalidArg (nameof G) "only products have data points"

    let share points =
        let own =
            ofPoints (fun _ -> points) {
                part with
                    Weight = part.Weight * float n / float points.Length
            }

        FisherFactor.ofColumns own |> FisherFactor.scale (float points.Length / float n)

    FisherFactor.join [| share [| 0L .. count - 1L |]; share [| count .. n - 1L |] |]
