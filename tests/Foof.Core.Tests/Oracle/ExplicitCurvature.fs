/// Small networks with a batch, and their curvature by explicit derivatives: differences of gradients, one
/// backward pass for every output, one batch for every data point.
module Foof.Core.Tests.ExplicitCurvature

open System
open Foof
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
    let struct (layers, _) = Coverage.survey model Networks.everything
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
    let first, second, last =
        Networks.linear 3 3 true, Networks.linear 3 3 true, Networks.linear 3 2 true

    second.weight <- first.weight
    second.bias <- first.bias

    new Networks.Model(
        [ "first", first; "second", second; "last", last ],
        fun x -> last.call (second.call(first.call(first.call(x).tanh()).tanh()).tanh())
    )

/// Softmax over positions: outputs [n; C; R] from inputs [n; R; d].
let positions () : Networks.Network =
    let first, last = Networks.linear 2 3 true, Networks.linear 3 3 true

    new Networks.Model(
        [ "first", first; "last", last ],
        fun x -> (last.call (first.call(x).tanh())).transpose(1L, 2L)
    )

let categorical = Likelihood.Categorical

let cases () = [
    case
        "classes"
        (Networks.perceptron true [ 3; 4; 3 ])
        categorical
        (Networks.normal [ 5; 3 ])
        (classes 3 [ 5 ])
    case
        "regression"
        (Networks.perceptron false [ 2; 3; 2 ])
        (Likelihood.Gaussian 0.5)
        (Networks.normal [ 4; 2 ])
        (Networks.normal [ 4; 2 ])
    case "convolution" (convolutional ()) categorical (Networks.normal [ 4; 2; 5; 4 ]) (classes 3 [ 4 ])
    case "tied" (tied ()) (Likelihood.Gaussian 2.0) (Networks.normal [ 4; 3 ]) (Networks.normal [ 4; 2 ])
    case "positions" (positions ()) categorical (Networks.normal [ 3; 2; 2 ]) (classes 3 [ 3; 2 ])
    case
        "one point"
        (Networks.perceptron true [ 3; 2 ])
        categorical
        (Networks.normal [ 1; 3 ])
        (classes 2 [ 1 ])
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

/// d scalar / d W for all layers, in the order of `places`; zeros for what it does not depend on.
let gradientOf (layers: Layer array) (scalar: torch.Tensor) =
    let parameters = layers |> Array.collect Layer.parameters

    let found =
        torch.autograd.grad (
            [| scalar |],
            parameters |> Array.map (fun parameter -> parameter :> torch.Tensor),
            retain_graph = true,
            allow_unused = true
        )

    let values =
        dict [
            for parameter, gradient in Seq.zip parameters found do
                parameter.Handle,
                if isNull gradient then
                    Array.zeroCreate (int (parameter.numel ()))
                else
                    Oracle.values gradient
        ]

    places layers
    |> Array.map (fun struct (parameter, index) -> values[parameter.Handle][index])

let gradient case input target =
    gradientOf case.Layers (Likelihood.loss case.Likelihood (case.Model.call input) target)

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
            let above = gradient case case.Input case.Target
            shifted parameter index (-2.0 * step)
            let below = gradient case case.Input case.Target
            shifted parameter index step
            Array.map2 (fun above below -> (above - below) / (2.0 * step)) above below
    ]

    Matrix<float>.Build.DenseOfColumnArrays columns

/// diag(p) - p p^T for every data point and position, or 1/sigma^2, for outputs in the order of their
/// elements.
let outputHessian case (output: torch.Tensor) =
    let count = int (output.numel ())
    let f = Oracle.values output

    match case.Likelihood with
    | Likelihood.Gaussian sigma -> Oracle.identity(count).Divide(sigma * sigma)
    | Likelihood.GaussianPerOutput _
    | Likelihood.Bernoulli
    | Likelihood.Poisson ->
        invalidArg (nameof case) "Only categorical and Gaussian likelihoods are written out here."
    | Likelihood.Categorical ->
        let classes = int (output.size 1)
        let further = count / classes / int (output.size 0)

        let place element =
            struct (element / (classes * further), element % further)

        let members = [ 0 .. count - 1 ] |> List.groupBy place |> dict

        let p element =
            exp f[element]
            / (members[place element] |> Seq.sumBy (fun other -> exp f[other]))

        Oracle.build count count (fun i j ->
            if place i <> place j then 0.0
            elif i = j then p i - p i * p i
            else -p i * p j)

/// 1/n J^T Lambda J, with a row of J for every element of the output.
let explicitGaussNewton case =
    use _scope = torch.NewDisposeScope()
    let output = case.Model.call case.Input
    let flat = output.reshape -1L

    let rows = [
        for k in 0L .. flat.size 0 - 1L -> gradientOf case.Layers (flat.select (0L, k))
    ]

    let J = Matrix<float>.Build.DenseOfRowArrays rows
    (J.Transpose() * outputHessian case output * J).Divide(float (output.size 0))

/// 1/n sum g_i g_i^T, each gradient from a batch of one.
let explicitFisher case labels =
    use _scope = torch.NewDisposeScope()
    let n = case.Input.size 0

    let rows = [
        for i in 0L .. n - 1L do
            gradient case (case.Input.narrow (0L, i, 1L)) ((labels: torch.Tensor).narrow(0L, i, 1L))
    ]

    let G = Matrix<float>.Build.DenseOfRowArrays rows
    (G.Transpose() * G).Divide(float n)

/// d f_c / d theta for all data points and outputs by autograd, row i C + c, [W b] by rows.
let jacobian (model: Networks.Network) (input: torch.Tensor) : Matrix<float> =
    let layers = layersOf model
    let output = model.call input

    let parameters =
        layers
        |> Array.collect Layer.parameters
        |> Array.map (fun p -> p :> torch.Tensor)

    let row i c =
        let found =
            torch.autograd.grad ([| output[int64 i, int64 c] |], parameters, retain_graph = true)

        [|
            for l in 0 .. layers.Length - 1 do
                torch.cat ([| found[2 * l]; found[2 * l + 1].unsqueeze 1L |], 1L)
                |> Oracle.values
        |]
        |> Array.concat

    [
        for i in 0 .. int (output.size 0) - 1 do
            for c in 0 .. int (output.size 1) - 1 -> row i c
    ]
    |> Matrix<float>.Build.DenseOfRowArrays
