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
type LayerSizes = { Form: Form; Groups: int; Outputs: int; Inputs: int; Positions: int }

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
        let! groups = Gen.elements (if form = OneHot || form = Written then [ 1 ] else [ 1; 2; 3 ])

        let! outputs, inputs =
            Gen.frequency [ 3, Gen.zip (Gen.elements [ 1; 2; 3 ]) (Gen.elements [ 1; 2; 4 ]); 1, Gen.constant (9, 9) ]

        let! positions = Gen.elements (if form = Written then [ 1 ] else [ 1; 2; 5 ])

        return { Form = form; Groups = groups; Outputs = outputs; Inputs = inputs; Positions = positions }
    }

let private sizesOf parts layers (form: Gen<Form>) =
    gen {
        let! seed = seeds
        let! points = Gen.elements [ 1; 2; 5 ]
        let! perPoint = Gen.elements [ 1; 3 ]
        let! parts = Gen.elements parts
        let! count = Gen.elements layers
        let! layers = Gen.listOfLength count (Gen.bind layerOf form)

        return { Seed = seed; Points = points; PerPoint = perPoint; Parts = parts; Layers = layers }
    }

/// Factors of one to three layers and parts, of every form.
let sizes =
    Gen.frequency [ 4, Gen.constant Rows; 2, Gen.constant OneHot; 1, Gen.constant Written; 1, Gen.constant Weighted ]
    |> sizesOf [ 1; 1; 2; 3 ] [ 1; 2; 3 ]

/// Factors whose gradients are products of activations and errors.
let products = Gen.elements [ Rows; Rows; OneHot ] |> sizesOf [ 1; 1; 2 ] [ 1; 2 ]

/// One layer's factor of every form, in one part.
let single = Gen.elements [ Rows; Rows; OneHot; Written; Weighted ] |> sizesOf [ 1 ] [ 1 ]

/// One layer's factor as a product, in one part.
let singleProduct = Gen.elements [ Rows; Rows; OneHot ] |> sizesOf [ 1 ] [ 1 ]

let width layer = layer.Groups * layer.Outputs

/// A layer's activations of n data points and R positions.
let activations (n: int) (R: int) layer =
    match layer.Form with
    | OneHot ->
        let index = torch.randint (0L, int64 layer.Inputs + 1L, [| int64 n; int64 R |], dtype = torch.ScalarType.Int64)

        Activations.Indices(index, int64 layer.Inputs)
    | _ -> Activations.rows (Networks.normal [ layer.Groups; n; R; layer.Inputs ])

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
