/// The rows a and e whose products make a layer's output and its gradient, by loops over one data point.
module internal Foof.Explicit.Rows

open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// The vectors of one data point by group and position.
type Rows = Vector<float> array array

let private vector (elements: seq<float>) = Vector<float>.Build.DenseOfEnumerable elements

let private hasBias (bias: Parameter) = not (isNull (box bias))

/// The input of the bias: [1] where a layer has one.
let private one (bias: Parameter) = if hasBias bias then [ 1.0 ] else []

let private split (width: int) (tensor: torch.Tensor) = Dense.values tensor |> Array.chunkBySize width

let private size (tensor: torch.Tensor) (dimension: int) = int (tensor.size dimension)

/// How a kernel goes along one axis of an image: `Before` places are put in front of the axis.
type Axis = { Kernel: int; Stride: int; Dilation: int; Before: int }

/// The inputs of one output pixel, channel by channel; `pixel` gives a channel's value at a place, outside of the
/// image too.
let patch (pixel: int -> int -> int -> float) (vertical: Axis) (horizontal: Axis) channels row column =
    let place axis output k = output * axis.Stride - axis.Before + k * axis.Dilation

    [
        for channel in channels do
            for i in 0 .. vertical.Kernel - 1 do
                for j in 0 .. horizontal.Kernel - 1 do
                    pixel channel (place vertical row i) (place horizontal column j)
    ]

/// The inputs of one output pixel in a group of a convolution that pads with zeros.
let private inputs (layer: Conv2d) (x: torch.Tensor) (pixels: float array) group row column =
    let height, width = size x 2, size x 3
    let channels = int (layer.in_channels / layer.groups)

    let axis i = {
        Kernel = int layer.kernel_size[i]
        Stride = int layer.stride[i]
        Dilation = int layer.dilation[i]
        Before = int layer.padding[i]
    }

    let pixel channel y x =
        if y >= 0 && y < height && x >= 0 && x < width then
            pixels[(channel * height + y) * width + x]
        else
            0.0

    patch pixel (axis 0) (axis 1) [ group * channels .. (group + 1) * channels - 1 ] row column

/// Each value minus the mean, over the root of variance and eps.
let standardised (eps: float) (x: float array) =
    let mean = Array.average x
    let variance = x |> Array.averageBy (fun x -> (x - mean) ** 2.0)
    x |> Array.map (fun x -> (x - mean) / sqrt (variance + eps))

/// x_hat of one data point by the running statistics, channel by channel and position by position.
let private normalised (layer: BatchNorm) (x: torch.Tensor) =
    let means, variances = Dense.values layer.running_mean, Dense.values layer.running_var

    split (int (x.numel ()) / means.Length) x
    |> Array.mapi (fun c -> Array.map (fun x -> (x - means[c]) / sqrt (variances[c] + layer.eps)))

/// The inputs a of the rows of one call with a batch of one.
let activations (layer: torch.nn.Module) (input: torch.Tensor) (output: torch.Tensor) : Rows =
    match layer with
    | :? Linear as linear -> [|
        split (size input -1) input |> Array.map (fun a -> vector (Seq.append a (one linear.bias)))
      |]
    | :? Conv2d as convolution ->
        let pixels = Dense.values input

        Array.init (int convolution.groups) (fun group -> [|
            for row in 0 .. size output 2 - 1 do
                for column in 0 .. size output 3 - 1 do
                    vector (inputs convolution input pixels group row column @ one convolution.bias)
        |])
    | :? Embedding as embedding -> [|
        Dense.values input
        |> Array.map (fun number ->
            vector (Seq.init (size embedding.weight 0) (fun i -> if i = int number then 1.0 else 0.0)))
      |]
    | :? LayerNorm as norm ->
        let rows = split (int norm.normalized_shape[0]) input |> Array.map (standardised norm.eps)

        Array.init rows[0].Length (fun unit -> rows |> Array.map (fun row -> vector (row[unit] :: one norm.bias)))
    | :? BatchNorm as norm -> normalised norm input |> Array.map (Array.map (fun x -> vector (x :: one norm.bias)))
    | _ -> invalidArg (nameof layer) $"No rows are known of {layer.GetName()}."

/// The errors e of the same rows, from the derivative by the call's output.
let errors (layer: torch.nn.Module) (gradient: torch.Tensor) : Rows =
    match layer with
    | :? Conv2d as convolution ->
        let places = size gradient 2 * size gradient 3
        let channels = split places gradient
        let width = channels.Length / int convolution.groups

        Array.init (int convolution.groups) (fun group ->
            Array.init places (fun place -> vector (Seq.init width (fun c -> channels[group * width + c][place]))))
    | :? LayerNorm ->
        let rows = split (size gradient -1) gradient
        Array.init rows[0].Length (fun unit -> rows |> Array.map (fun row -> vector [ row[unit] ]))
    | :? BatchNorm ->
        split (int (gradient.numel ()) / size gradient 1) gradient |> Array.map (Array.map (fun e -> vector [ e ]))
    | _ -> [| split (size gradient -1) gradient |> Array.map vector |]

/// The layer's parameters: the weight, and the bias where there is one.
let parameters (layer: torch.nn.Module) : Parameter array =
    let both (weight: Parameter) (bias: Parameter) = if hasBias bias then [| weight; bias |] else [| weight |]

    match layer with
    | :? Linear as linear -> both linear.weight linear.bias
    | :? Conv2d as convolution -> both convolution.weight convolution.bias
    | :? Embedding as embedding -> [| embedding.weight |]
    | :? LayerNorm as norm -> both norm.weight norm.bias
    | :? BatchNorm as norm -> both norm.weight norm.bias
    | _ -> invalidArg (nameof layer) $"No parameters are known of {layer.GetName()}."
