/// Small networks with a batch, and their curvature by explicit derivatives: differences of gradients, one
/// backward pass for every output, one batch for every data point.
module Foof.Core.Tests.ExplicitCurvature

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// A network, a batch and what the outputs mean.
[<ReferenceEquality>]
type Case = {
    Name: string
    Model: Networks.Network
    Layers: Layer array
    Likelihood: Likelihood
    Input: torch.Tensor
    Target: torch.Tensor
}

let layersOf (model: Networks.Network) =
    let layers = (Coverage.survey model Networks.everything).Layers
    layers

let classes (count: int) (shape: int list) =
    torch.randint (int64 count, shape |> List.map int64 |> List.toArray, dtype = torch.ScalarType.Int64)

let case name (model: Networks.Network) likelihood input target = {
    Name = name
    Model = model
    Layers = layersOf model
    Likelihood = likelihood
    Input = input
    Target = target
}

/// A convolution with strides and a bias, tanh, and a linear layer without one.
let convolutional () : Networks.Network =
    let convolution = torch.nn.Conv2d(2L, 3L, 2L, stride = 2L, dtype = Networks.double)
    let head = Networks.linear 12 3 false

    new Networks.Model(
        [ "convolution", convolution; "head", head ],
        fun x -> head.call (convolution.call(x).tanh().flatten 1L)
    )

/// One weight in two modules, one of which is called twice.
let tied () : Networks.Network =
    let first, second, last = Networks.linear 3 3 true, Networks.linear 3 3 true, Networks.linear 3 2 true

    second.weight <- first.weight
    second.bias <- first.bias

    new Networks.Model(
        [ "first", first; "second", second; "last", last ],
        fun x -> last.call (second.call(first.call(first.call(x).tanh()).tanh()).tanh())
    )

/// Softmax over positions: outputs [n; C; R] from inputs [n; R; d].
let positions () : Networks.Network =
    let first, last = Networks.linear 2 3 true, Networks.linear 3 3 true

    new Networks.Model([ "first", first; "last", last ], fun x -> (last.call (first.call(x).tanh())).transpose(1L, 2L))

let categorical = Likelihood.Categorical

let cases () = [
    case "classes" (Networks.perceptron true [ 3; 4; 3 ]) categorical (Networks.normal [ 5; 3 ]) (classes 3 [ 5 ])
    case
        "regression"
        (Networks.perceptron false [ 2; 3; 2 ])
        (Likelihood.Gaussian 0.5)
        (Networks.normal [ 4; 2 ])
        (Networks.normal [ 4; 2 ])
    case "convolution" (convolutional ()) categorical (Networks.normal [ 4; 2; 5; 4 ]) (classes 3 [ 4 ])
    case "tied" (tied ()) (Likelihood.Gaussian 2.0) (Networks.normal [ 4; 3 ]) (Networks.normal [ 4; 2 ])
    case "positions" (positions ()) categorical (Networks.normal [ 3; 2; 2 ]) (classes 3 [ 3; 2 ])
    case "one point" (Networks.perceptron true [ 3; 2 ]) categorical (Networks.normal [ 1; 3 ]) (classes 2 [ 1 ])
]

/// The parameters of all layers, one by one: which parameter, and which of its elements, each row of W in
/// turn.
let places (layers: Layer array) = [|
    for layer in layers do
        let outputs = int (layer.Weight.size 0)
        let columns = int (layer.Weight.numel ()) / outputs

        for row in 0 .. outputs - 1 do
            for column in 0 .. columns - 1 do
                struct (layer.Weight, row * columns + column)

            match layer.Bias with
            | ValueSome bias -> struct (bias, row)
            | ValueNone -> ()
|]

/// d scalar / d W for all layers, in the order of `places`.
let gradientOf (layers: Layer array) (scalar: torch.Tensor) =
    let struct (gradients, _) = Derivatives.ofScalar (Array.map Layer.parameters layers) [||] scalar

    Weights.ofMatrices gradients

/// The gradient of the mean loss.
let gradient case =
    let losses = Loss.entries case.Likelihood (case.Model.call case.Input) case.Target
    gradientOf case.Layers (losses.sum () / float (case.Input.size 0))

/// The Hessian, column by column, by central differences of gradients.
let differences case =
    let step = 1e-5

    let shifted (parameter: Parameter) (index: int) (by: float) =
        use _quiet = torch.no_grad ()
        parameter.view(-1L).narrow(0L, int64 index, 1L).add_(by.ToScalar()) |> ignore

    let columns = [
        for struct (parameter, index) in places case.Layers do
            use _scope = torch.NewDisposeScope()
            shifted parameter index step
            let above = gradient case
            shifted parameter index (-2.0 * step)
            let below = gradient case
            shifted parameter index step
            (above - below) / (2.0 * step)
    ]

    Matrix<float>.Build.DenseOfColumnVectors columns

/// The Hessian of -log p by all outputs, in the order of their elements.
let outputHessian case (output: torch.Tensor) =
    let Lambda = Loss.hessian case.Likelihood output case.Target
    Dense.blocks [ for i in 0L .. Lambda.size 0 - 1L -> Dense.ofTensor (Lambda.select (0L, i)) ]

/// 1/n J^T Lambda J, with a row of J for every element of the output.
let explicitGaussNewton case =
    use _scope = torch.NewDisposeScope()
    let output = case.Model.call case.Input
    let J = Derivatives.jacobian (gradientOf case.Layers) output
    (J.Transpose() * outputHessian case output * J).Divide(float (output.size 0))

/// The Fisher, each gradient from a batch of one; `counted` has the labels that say which data points count.
let internal fisherOf (model: Networks.Network) likelihood (input: torch.Tensor) labels counted =
    use _scope = torch.NewDisposeScope()
    let layers = layersOf model
    let counts = Scalars.counts likelihood (int (input.size 0)) counted
    let n = counts |> Array.filter (Array.contains true) |> Array.length |> float

    let gradients = [
        for i in 0 .. counts.Length - 1 do
            let f = model.call (input.narrow (0L, int64 i, 1L))

            for weight, scalar in Scalars.ofPoint likelihood labels counts[i] i f do
                struct (weight / n, gradientOf layers scalar)
    ]

    let struct (_, first) = gradients.Head
    Dense.outer first.Count gradients

/// 1/n sum g_i g_i^T for the labels of a case.
let explicitFisher case = fisherOf case.Model case.Likelihood case.Input (Labels.Given [| case.Target |]) case.Target

/// d f_c / d theta for all data points and outputs, row i C + c, [W b] by rows.
let jacobian (model: Networks.Network) (input: torch.Tensor) =
    Derivatives.jacobian (gradientOf (layersOf model)) (model.call input)
