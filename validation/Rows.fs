/// What multiplies a layer's weight, and what its gradient is, entry by entry: loops over one data point.
module internal Foof.Validation.Rows

open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// The vectors of one data point by group and position.
type Rows = Vector<float> array array

let private vector (elements: seq<float>) =
    Vector<float>.Build.DenseOfEnumerable elements

let private hasBias (bias: Parameter) = not (isNull (box bias))

/// [1] where there is a bias, whose input it is.
let private one (bias: Parameter) = if hasBias bias then [ 1.0 ] else []

let private split (width: int) (tensor: torch.Tensor) =
    Dense.values tensor |> Array.chunkBySize width

let private size (tensor: torch.Tensor) (dimension: int) = int (tensor.size dimension)

/// The inputs of one output pixel, channel by channel of a group; zero outside of the picture.
let private patch (layer: Conv2d) (x: torch.Tensor) (pixels: float array) group (row: int) (column: int) = [
    let height, width = size x 2, size x 3
    let channels = int (layer.in_channels / layer.groups)

    for channel in group * channels .. (group + 1) * channels - 1 do
        for i in 0 .. int layer.kernel_size[0] - 1 do
            for j in 0 .. int layer.kernel_size[1] - 1 do
                let y = row * int layer.stride[0] + i * int layer.dilation[0] - int layer.padding[0]

                let x =
                    column * int layer.stride[1] + j * int layer.dilation[1] - int layer.padding[1]

                let inside = y >= 0 && y < height && x >= 0 && x < width

                if inside then
                    pixels[(channel * height + y) * width + x]
                else
                    0.0
]

/// x_hat of one data point, units one after the other for every position.
let private standardised (layer: LayerNorm) (x: torch.Tensor) =
    let width = int layer.normalized_shape[0]

    split width x
    |> Array.map (fun x ->
        let mean = Array.average x
        let variance = x |> Array.averageBy (fun x -> (x - mean) ** 2.0)
        x |> Array.map (fun x -> (x - mean) / sqrt (variance + layer.eps)))

/// x_hat of one data point by the running statistics, channel by channel and position by position.
let private normalised (layer: BatchNorm) (x: torch.Tensor) =
    let means, variances =
        Dense.values layer.running_mean, Dense.values layer.running_var

    split (int (x.numel ()) / means.Length) x
    |> Array.mapi (fun c -> Array.map (fun x -> (x - means[c]) / sqrt (variances[c] + layer.eps)))

/// The inputs a of the rows of one call with a batch of one.
let activations (layer: torch.nn.Module) (input: torch.Tensor) (output: torch.Tensor) : Rows =
    match layer with
    | :? Linear as linear -> [|
        split (size input -1) input
        |> Array.map (fun a -> vector (Seq.append a (one linear.bias)))
      |]
    | :? Conv2d as convolution ->
        let pixels = Dense.values input

        Array.init (int convolution.groups) (fun group -> [|
            for row in 0 .. size output 2 - 1 do
                for column in 0 .. size output 3 - 1 do
                    vector (patch convolution input pixels group row column @ one convolution.bias)
        |])
    | :? Embedding as embedding -> [|
        Dense.values input
        |> Array.map (fun number ->
            vector (Seq.init (size embedding.weight 0) (fun i -> if i = int number then 1.0 else 0.0)))
      |]
    | :? LayerNorm as norm ->
        let rows = standardised norm input

        Array.init rows[0].Length (fun unit ->
            rows |> Array.map (fun row -> vector (row[unit] :: one norm.bias)))
    | :? BatchNorm as norm ->
        normalised norm input
        |> Array.map (Array.map (fun x -> vector (x :: one norm.bias)))
    | _ -> invalidArg (nameof layer) $"No rows are known of {layer.GetName()}."

/// The errors e of the same rows, from the derivative by the call's output.
let errors (layer: torch.nn.Module) (gradient: torch.Tensor) : Rows =
    match layer with
    | :? Conv2d as convolution ->
        let places = size gradient 2 * size gradient 3
        let channels = split places gradient
        let width = channels.Length / int convolution.groups

        Array.init (int convolution.groups) (fun group ->
            Array.init places (fun place ->
                vector (Seq.init width (fun c -> channels[group * width + c][place]))))
    | :? LayerNorm ->
        let rows = split (size gradient -1) gradient
        Array.init rows[0].Length (fun unit -> rows |> Array.map (fun row -> vector [ row[unit] ]))
    | :? BatchNorm ->
        split (int (gradient.numel ()) / size gradient 1) gradient
        |> Array.map (Array.map (fun e -> vector [ e ]))
    | _ -> [| split (size gradient -1) gradient |> Array.map vector |]

/// The layer's parameters: the weight, and the bias where there is one.
let parameters (layer: torch.nn.Module) : Parameter array =
    let both (weight: Parameter) (bias: Parameter) =
        if hasBias bias then [| weight; bias |] else [| weight |]

    match layer with
    | :? Linear as linear -> both linear.weight linear.bias
    | :? Conv2d as convolution -> both convolution.weight convolution.bias
    | :? Embedding as embedding -> [| embedding.weight |]
    | :? LayerNorm as norm -> both norm.weight norm.bias
    | :? BatchNorm as norm -> both norm.weight norm.bias
    | _ -> invalidArg (nameof layer) $"No parameters are known of {layer.GetName()}."

/// Gradients of the parameters as one matrix [d_out; d_in]; the bias is its last column.
let joined (layer: torch.nn.Module) (gradients: torch.Tensor array) =
    let weight = gradients[0]

    let matrix =
        match layer with
        | :? Embedding -> (Dense.ofTensor weight).Transpose()
        | _ ->
            let outputs = size weight 0
            Matrix<float>.Build.DenseOfRowMajor(outputs, int (weight.numel ()) / outputs, Dense.values weight)

    if gradients.Length = 1 then
        matrix
    else
        matrix.InsertColumn(matrix.ColumnCount, vector (Dense.values gradients[1]))
