/// What holds for every kind of layer: its rows and its weight make its output, its rows and its errors its
/// gradient, its shapes are those of A and E, and its weight goes to W and back.
module Foof.Core.Tests.LayerContract

open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// The only layer of a model that is one layer.
let only (model: Networks.Network) =
    let layers = (Coverage.survey model Networks.everything).Layers
    Oracle.only layers

/// A or E [g; n; R; d] as one matrix [n R; d] a group.
let groups (tensor: torch.Tensor) = [
    for g in 0L .. tensor.size 0 - 1L -> Dense.ofTensor (tensor.select(0L, g).flatten(0L, 1L))
]

/// The activations of a layer with one-hot rows written out.
let written (layer: Layer) (input: torch.Tensor) = Layer.activations layer input |> Activations.dense layer.Weight.dtype

/// Parts of W [d_out; d_in], one below the other.
let stacked (parts: Matrix<float> list) = parts |> List.reduce (fun upper lower -> upper.Stack lower)

/// The rows of W that belong to each group.
let parts (layer: Layer) (W: Matrix<float>) =
    let height = W.RowCount / int (Layer.groups layer)

    [ for g in 0 .. int (Layer.groups layer) - 1 -> W.SubMatrix(g * height, height, 0, W.ColumnCount) ]

let private bias (layer: Layer) = layer.Bias |> ValueOption.map (fun bias -> bias :> torch.Tensor)

let private shapes (layer: Layer) (input: torch.Tensor) (output: torch.Tensor) (n: int) (R: int) =
    let activations = Layer.activations layer input
    let g = Layer.groups layer

    Expect.equal
        [| Activations.dataPoints activations; Activations.positions activations |]
        [| int64 n; int64 R |]
        "the result"

    Expect.equal (Activations.groups activations) g "the groups of activations"
    Expect.equal (Activations.width activations) (Layer.inputs layer) "the width of activations"

    Expect.equal ((written layer input).shape) [| g; n; R; Layer.inputs layer |] "the shape of the rows"

    Expect.equal
        ((Layer.errors layer output).shape)
        [| g; n; R; Layer.outputs layer / g |]
        "the shape of the errors of layer output"

    Expect.equal (Layer.dataPoints layer input) (int64 n) "the data points"
    let tensors = Layer.errors layer output :: Activations.tensors activations

    for tensor in tensors do
        Expect.isTrue (tensor.is_contiguous ()) "the tensor is contiguous"

let private weights tolerance (layer: Layer) =
    let W = Layer.joined layer layer.Weight (bias layer)
    Expect.equal W.shape [| Layer.outputs layer; Layer.inputs layer |] "the shape of W"
    let { LayerValues.Weight = weight; Bias = column } = Layer.split layer W
    Expect.equal weight.shape layer.Weight.shape "the shape of weight"
    Oracle.agrees tolerance (Dense.values layer.Weight) (Dense.values weight)

    match layer.Bias, column with
    | ValueSome bias, ValueSome column ->
        Expect.equal column.shape bias.shape "the shape of column"
        Oracle.agrees tolerance (Dense.values bias) (Dense.values column)
    | bias, column -> Expect.isTrue (bias.IsNone && column.IsNone) "neither has a bias"

    Dense.ofTensor W

let private output tolerance (layer: Layer) (input: torch.Tensor) (output: torch.Tensor) (W: Matrix<float>) =
    let A, Z = groups (written layer input), groups (Layer.errors layer output)

    for A, Z, W in List.zip3 A Z (parts layer W) do
        Oracle.agrees tolerance (Z.ToRowMajorArray()) ((A * W.Transpose()).ToRowMajorArray())

let private gradient tolerance (layer: Layer) (input: torch.Tensor) (output: torch.Tensor) =
    let e = torch.randn_like output
    (output * e).sum().backward()

    let found = Layer.joined layer layer.Weight.grad (layer.Bias |> ValueOption.map _.grad)

    let E = Layer.errors layer e
    let A = groups (written layer input)

    let explicit = List.map2 (fun (E: Matrix<float>) A -> E.Transpose() * A) (groups E) A |> stacked

    Oracle.agreesWith tolerance explicit found

    let summed = (Layer.activations layer input |> Activations.gradient E).reshape found.shape

    Oracle.agreesWith tolerance explicit summed

/// Asserts all of this for a model that is one layer, its weight and bias filled with random numbers, and an
/// input of n data points with R positions.
let holds (model: Networks.Network) (input: torch.Tensor) (n: int) (R: int) =
    let layer = only model
    let tolerance = Tolerance.ofType layer.Weight.dtype
    let result = model.call input
    shapes layer input result n R
    weights 0.0 layer |> output tolerance layer input result
    gradient tolerance layer input result
