[<Seeded>]
module Foof.Core.Tests.LayerTests

open Foof
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules
open Xunit

/// The only layer of a model that is one layer.
let only (layer: Networks.Network) =
    let struct (layers, _) = Coverage.survey layer Networks.everything
    Assert.Single layers

/// A convolution's geometry, small and random.
type Case = {
    Batch: int
    Channels: int
    Outputs: int
    Height: int
    Width: int
    Kernel: struct (int64 * int64)
    Stride: struct (int64 * int64)
    Padding: struct (int64 * int64)
    Dilation: struct (int64 * int64)
    Bias: bool
}

let cases =
    let pair low high =
        Gen.map2 (fun x y -> struct (int64 x, int64 y)) (Gen.choose (low, high)) (Gen.choose (low, high))

    gen {
        let! batch = Gen.choose (1, 3)
        let! channels = Gen.choose (1, 3)
        let! outputs = Gen.choose (1, 4)
        let! height = Gen.choose (5, 7)
        let! width = Gen.choose (5, 7)
        let! kernel = pair 1 3
        let! stride = pair 1 2
        let! padding = pair 0 2
        let! dilation = pair 1 2
        let! bias = Gen.elements [ true; false ]

        return {
            Batch = batch
            Channels = channels
            Outputs = outputs
            Height = height
            Width = width
            Kernel = kernel
            Stride = stride
            Padding = padding
            Dilation = dilation
            Bias = bias
        }
    }

let convolution (case: Case) =
    torch.nn.Conv2d(
        int64 case.Channels,
        int64 case.Outputs,
        case.Kernel,
        stride = case.Stride,
        padding = case.Padding,
        dilation = case.Dilation,
        bias = case.Bias,
        dtype = Networks.double
    )

let image (case: Case) =
    Networks.normal [ case.Batch; case.Channels; case.Height; case.Width ]

/// The patches of a batch of images by plain loops: data point, output row and column; channel, kernel row
/// and column.
let patches (case: Case) (input: torch.Tensor) =
    let at = Oracle.values input
    let struct (kh, kw) = case.Kernel
    let struct (sh, sw) = case.Stride
    let struct (ph, pw) = case.Padding
    let struct (dh, dw) = case.Dilation

    let extent size pad dilation kernel stride =
        (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1

    let oh = extent case.Height (int ph) (int dh) (int kh) (int sh)
    let ow = extent case.Width (int pw) (int dw) (int kw) (int sw)

    let pixel n c y x =
        if y < 0 || x < 0 || y >= case.Height || x >= case.Width then
            0.0
        else
            at[((n * case.Channels + c) * case.Height + y) * case.Width + x]

    Oracle.rows [
        for n in 0 .. case.Batch - 1 do
            for oy in 0 .. oh - 1 do
                for ox in 0 .. ow - 1 do
                    [
                        for c in 0 .. case.Channels - 1 do
                            for ky in 0 .. int kh - 1 do
                                for kx in 0 .. int kw - 1 do
                                    pixel
                                        n
                                        c
                                        (oy * int sh - int ph + ky * int dh)
                                        (ox * int sw - int pw + kx * int dw)
                        if case.Bias then
                            1.0
                    ]
    ]

[<Fact>]
let ``rows of a dense layer are its inputs, position by position, and a one for the bias`` () =
    let shapes =
        Gen.zip (Gen.listOfLength 3 (Gen.choose (1, 4))) (Gen.elements [ true; false ])

    Oracle.forAll shapes (fun (shape, bias) ->
        use _scope = torch.NewDisposeScope()
        let width = List.last shape
        let input = Networks.normal shape
        let layer = only (Networks.linear width 2 bias)
        let flat = input.reshape (-1L, int64 width) |> Oracle.matrix
        let expected = if bias then Oracle.withOnes flat else flat
        Oracle.agreesWith 0.0 expected (Layer.rows layer input)
        Assert.Equal(int64 shape[0], Layer.dataPoints layer input)
        Assert.Equal(int64 expected.ColumnCount, Layer.inputs layer)
        Assert.Equal(2L, Layer.outputs layer))

[<Fact>]
let ``rows of a convolution are its patches`` () =
    Oracle.forAll cases (fun case ->
        use _scope = torch.NewDisposeScope()
        let layer = only (convolution case)
        let input = image case
        Oracle.agreesWith 0.0 (patches case input) (Layer.rows layer input)
        Assert.Equal(int64 case.Batch, Layer.dataPoints layer input))

[<Fact>]
let ``a convolution is the product of its rows and its weight`` () =
    Oracle.forAll cases (fun case ->
        use _scope = torch.NewDisposeScope()
        let convolution = convolution case
        let layer = only convolution
        let input = image case
        let bias = layer.Bias |> ValueOption.map (fun bias -> bias :> torch.Tensor)
        let W = Oracle.matrix (Layer.joined layer layer.Weight bias)
        let outputs = Layer.errorRows layer (convolution.call input)
        Oracle.agreesWith Tolerance.rounding (Oracle.matrix (Layer.rows layer input) * W.Transpose()) outputs)

/// E^T A of a layer against autograd's gradient of its joined weight.
let explainsGradient (model: Networks.Network) (input: torch.Tensor) =
    let layer = only model
    let output = model.call input
    let E = torch.randn_like output
    let bias = layer.Bias |> ValueOption.map _.grad
    Assert.True(bias.IsNone || isNull bias.Value)
    (output * E).sum().backward()

    let gradient =
        Layer.joined layer layer.Weight.grad (layer.Bias |> ValueOption.map _.grad)

    let A = Oracle.matrix (Layer.rows layer input)
    Oracle.agreesWith Tolerance.rounding ((Oracle.matrix (Layer.errorRows layer E)).Transpose() * A) gradient

[<Fact>]
let ``error rows and rows of a dense layer make its gradient`` () =
    let shapes =
        Gen.zip (Gen.listOfLength 3 (Gen.choose (1, 4))) (Gen.elements [ true; false ])

    Oracle.forAll shapes (fun (shape, bias) ->
        use _scope = torch.NewDisposeScope()
        explainsGradient (Networks.linear (List.last shape) 3 bias) (Networks.normal shape))

[<Fact>]
let ``error rows and rows of a convolution make its gradient`` () =
    Oracle.forAll cases (fun case ->
        use _scope = torch.NewDisposeScope()
        explainsGradient (convolution case) (image case))

[<Fact>]
let ``a vector or an image without a batch is a batch of one`` () =
    use _scope = torch.NewDisposeScope()
    let dense = only (Networks.linear 3 2 true)
    let vector = Networks.normal [ 3 ]
    Assert.Equal(1L, Layer.dataPoints dense vector)
    Assert.Equal<int64 array>([| 1L; 4L |], (Layer.rows dense vector).shape)
    Assert.Equal<int64 array>([| 1L; 2L |], (Layer.errorRows dense (Networks.normal [ 2 ])).shape)
    let layer = torch.nn.Conv2d(2L, 3L, 2L, dtype = Networks.double)
    let image = Networks.normal [ 2; 4; 4 ]
    explainsGradient layer image
    Assert.Equal(1L, Layer.dataPoints (only layer) image)

[<Fact>]
let ``joined and split are inverse to each other`` () =
    for bias in [ true; false ] do
        use _scope = torch.NewDisposeScope()
        let layer = only (torch.nn.Conv2d(2L, 3L, 2L, bias = bias, dtype = Networks.double))
        let weight = Networks.normal [ 3; 2; 2; 2 ]
        let column = if bias then ValueSome(Networks.normal [ 3 ]) else ValueNone
        let struct (weight', column') = Layer.split layer (Layer.joined layer weight column)
        Assert.Equal<float array>(Oracle.values weight, Oracle.values weight')
        Assert.Equal(bias, column'.IsSome)

        (column, column')
        ||> ValueOption.map2 (fun x y -> Assert.Equal<float array>(Oracle.values x, Oracle.values y))
        |> ignore

[<Fact>]
let ``a bias without a gradient counts as zeros`` () =
    use _scope = torch.NewDisposeScope()
    let layer = only (Networks.linear 2 3 true)

    let joined =
        Layer.joined layer (torch.ones (3L, 2L, dtype = Networks.double)) (ValueSome null)

    Oracle.agreesWith 0.0 (Oracle.build 3 3 (fun _ j -> if j < 2 then 1.0 else 0.0)) joined

[<Fact>]
let ``a frozen bias is no column`` () =
    let linear = Networks.linear 3 2 true
    linear.bias.requires_grad <- false
    let layer = only linear
    Assert.True layer.Bias.IsNone
    Assert.Equal(3L, Layer.inputs layer)
    Assert.Equal<Parameter array>([| linear.weight |], Layer.parameters layer)

[<Fact>]
let ``a layer describes itself by name and size`` () =
    let layer = {
        only (Networks.linear 3 2 true) with
            Name = "fc1"
    }

    Assert.Equal("layer 'fc1' (4 -> 2)", Layer.describe layer)
