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

/// The places of a grid, the last axis fastest.
let private places (sizes: int array) =
    Array.foldBack
        (fun size rest -> [ for i in 0 .. size - 1 -> List.map (fun tail -> i :: tail) rest ] |> List.concat)
        sizes
        [ [] ]

/// The sizes of an image's axes.
let private axes (images: torch.Tensor) = Array.init (int (images.dim ()) - 2) (fun axis -> size images (axis + 2))

/// The pixel that a point of a kernel meets along one axis, which may lie outside of the image; none where a transposed
/// convolution has a gap between two pixels. Its points are counted from the kernel's end.
let private pixel (layer: Convolution) axis output point =
    let stride, dilation, padding = int layer.stride[axis], int layer.dilation[axis], int layer.padding[axis]
    if layer.transposed then
        let reached = output + padding - (int layer.kernel_size[axis] - 1 - point) * dilation
        if reached % stride = 0 then Some(reached / stride) else None
    else
        Some(output * stride - padding + point * dilation)

/// The inputs of one output place in a group of a convolution that pads with zeros, channel by channel.
let private inputs (layer: Convolution) (x: torch.Tensor) (pixels: float array) group (place: int list) =
    let sizes, channels = axes x, int (layer.in_channels / layer.groups)
    let value channel (point: int list) =
        let found = List.mapi2 (fun axis output point -> pixel layer axis output point) place point
        let isInside = List.mapi (fun axis i -> i |> Option.exists (fun i -> i >= 0 && i < sizes[axis])) found
        if List.forall id isInside then
            pixels[List.fold2 (fun start size i -> start * size + Option.get i) channel (List.ofArray sizes) found]
        else
            0.0
    [
        for channel in group * channels .. (group + 1) * channels - 1 do
            for point in places (layer.kernel_size |> Array.map int) -> value channel point
    ]

/// The gradient of a transposed convolution's weight, [c; d_out/g kernel], as that of the matrix over its patches,
/// [d_out; c/g kernel], the kernel from its end.
let ofTransposed (layer: Convolution) (gradient: Matrix<float>) =
    let c, d_out = int (layer.in_channels / layer.groups), int (layer.out_channels / layer.groups)
    let kernel = gradient.ColumnCount / d_out
    Matrix<float>
        .Build.Dense(
            int layer.out_channels,
            c * kernel,
            fun row column ->
                let group, channel, point = row / d_out, column / kernel, column % kernel
                gradient[group * c + channel, row % d_out * kernel + kernel - 1 - point]
        )

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

/// x_hat of one data point by its own mean and variance over groups of channels, channel by channel.
let private groupNormalised (groups: int) eps (x: torch.Tensor) =
    let width = int (x.numel ()) / groups
    split width x |> Array.collect (standardised eps) |> Array.chunkBySize (int (x.numel ()) / size x 1)

let private withOne bias = Array.map (Array.map (fun x -> vector (x :: one bias)))

/// The inputs a of the rows of one call with a batch of one.
let activations (layer: torch.nn.Module) (input: torch.Tensor) (output: torch.Tensor) : Rows =
    match layer with
    | :? Linear as linear -> [|
        split (size input -1) input |> Array.map (fun a -> vector (Seq.append a (one linear.bias)))
      |]
    | :? Convolution as convolution ->
        let pixels = Dense.values input

        Array.init (int convolution.groups) (fun group -> [|
            for place in places (axes output) ->
                vector (inputs convolution input pixels group place @ one convolution.bias)
        |])
    | :? Embedding as embedding -> [|
        Dense.values input
        |> Array.map (fun number ->
            vector (Seq.init (size embedding.weight 0) (fun i -> if i = int number then 1.0 else 0.0)))
      |]
    | :? LayerNorm as norm ->
        let rows = split (int norm.normalized_shape[0]) input |> Array.map (standardised norm.eps)

        Array.init rows[0].Length (fun unit -> rows |> Array.map (fun row -> vector (row[unit] :: one norm.bias)))
    | :? BatchNorm as norm -> normalised norm input |> withOne norm.bias
    | :? GroupNorm as norm -> groupNormalised (int norm.num_groups) norm.eps input |> withOne norm.bias
    | :? InstanceNorm as norm -> groupNormalised (size input 1) norm.eps input |> withOne norm.bias
    | _ -> invalidArg (nameof layer) $"No rows are known of {layer.GetName()}."

/// The errors e of the same rows, from the derivative by the call's output.
let errors (layer: torch.nn.Module) (gradient: torch.Tensor) : Rows =
    match layer with
    | :? Convolution as convolution ->
        let places = axes gradient |> Array.fold (*) 1
        let channels = split places gradient
        let width = channels.Length / int convolution.groups

        Array.init (int convolution.groups) (fun group ->
            Array.init places (fun place -> vector (Seq.init width (fun c -> channels[group * width + c][place]))))
    | :? LayerNorm ->
        let rows = split (size gradient -1) gradient
        Array.init rows[0].Length (fun unit -> rows |> Array.map (fun row -> vector [ row[unit] ]))
    | :? BatchNorm
    | :? GroupNorm
    | :? InstanceNorm ->
        split (int (gradient.numel ()) / size gradient 1) gradient |> Array.map (Array.map (fun e -> vector [ e ]))
    | _ -> [| split (size gradient -1) gradient |> Array.map vector |]

/// Rows of which only the positions that count are left; null where all do.
let shown (mask: torch.Tensor) (rows: Rows) : Rows =
    if isNull mask then
        rows
    else
        let counts = mask.reshape(-1L).data<bool>().ToArray()
        rows |> Array.map (fun group -> Array.zip counts group |> Array.filter fst |> Array.map snd)

/// The layer's parameters: the weight, and the bias where there is one.
let parameters (layer: torch.nn.Module) : Parameter array =
    let both (weight: Parameter) (bias: Parameter) = if hasBias bias then [| weight; bias |] else [| weight |]

    match layer with
    | :? Linear as linear -> both linear.weight linear.bias
    | :? Convolution as convolution -> both convolution.weight convolution.bias
    | :? Embedding as embedding -> [| embedding.weight |]
    | :? LayerNorm as norm -> both norm.weight norm.bias
    | :? BatchNorm as norm -> both norm.weight norm.bias
    | :? GroupNorm as norm -> both norm.weight norm.bias
    | :? InstanceNorm as norm -> both norm.weight norm.bias
    | _ -> invalidArg (nameof layer) $"No parameters are known of {layer.GetName()}."
