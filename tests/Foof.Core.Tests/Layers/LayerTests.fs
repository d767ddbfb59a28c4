[<Seeded>]
module Foof.Core.Tests.LayerTests

open System
open Foof
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules
open Xunit

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
let ``a dense layer keeps the contract with any leading dimensions, in both types`` () =
    let cases =
        gen {
            let! dimensions = Gen.choose (2, 4)
            let! shape = Gen.listOfLength dimensions (Gen.choose (1, 4))
            let! bias = Gen.elements [ true; false ]
            let! kind = Gen.elements [ torch.ScalarType.Float32; Networks.double ]
            return shape, bias, kind
        }

    Oracle.forAll cases (fun (shape, bias, kind) ->
        use _scope = torch.NewDisposeScope()
        let model = torch.nn.Linear(int64 (List.last shape), 3L, bias, dtype = kind)
        let R = shape[1 .. shape.Length - 2] |> List.fold (*) 1
        holds model ((Networks.normal shape).``to`` kind) shape[0] R)

[<Fact>]
let ``inputs may be any view`` () =
    use _scope = torch.NewDisposeScope()
    let swapped (tensor: torch.Tensor) = tensor.transpose (0L, 1L)
    holds (Networks.linear 3 2 false) (swapped (Networks.normal [ 4; 5; 3 ])) 5 4

    holds
        (torch.nn.LayerNorm(3L, bias = false, dtype = Networks.double))
        (swapped (Networks.normal [ 4; 5; 3 ]))
        5
        4

    let numbers = torch.randint (0L, 6L, [| 4L; 5L |], dtype = torch.ScalarType.Int64)
    holds (torch.nn.Embedding(6L, 3L, dtype = Networks.double)) (swapped numbers) 5 4

[<Fact>]
let ``a vector is a batch of one`` () =
    use _scope = torch.NewDisposeScope()
    let model = Networks.linear 3 2 true
    let layer, vector = only model, Networks.normal [ 3 ]
    holds (Networks.linear 3 2 true) vector 1 1
    Assert.Equal<int64 array>([| 1L; 4L |], (Layer.rows layer vector).shape)
    Assert.Equal<int64 array>([| 1L; 2L |], (Layer.errorRows layer (Networks.normal [ 2 ])).shape)

[<Fact>]
let ``an empty batch has rows and errors without elements`` () =
    use _scope = torch.NewDisposeScope()
    let layer = only (Networks.linear 3 2 true)
    Assert.Equal<int64 array>([| 1L; 0L; 5L; 4L |], (written layer (Networks.normal [ 0; 5; 3 ])).shape)
    Assert.Equal<int64 array>([| 1L; 0L; 5L; 2L |], (Layer.errors layer (Networks.normal [ 0; 5; 2 ])).shape)

/// One small layer of every kind, by name.
let named () =
    let kind = Networks.double
    let layer name model = { only model with Name = name }

    {|
        Dense = layer "fc" (Networks.linear 3 2 true)
        Grouped = layer "conv" (torch.nn.Conv2d(4L, 6L, 3L, groups = 2L, dtype = kind))
        Table = layer "table" (torch.nn.Embedding(5L, 3L, dtype = kind))
        LayerNorm = layer "ln" (torch.nn.LayerNorm([| 2L; 3L |], dtype = kind))
        BatchNorm = layer "bn" (torch.nn.BatchNorm2d(3L, dtype = kind))
    |}

[<Fact>]
let ``an input or a gradient that does not fit is refused with the layer and both shapes`` () =
    use _scope = torch.NewDisposeScope()
    let layers = named ()

    let refusals = [
        "input", layers.Dense, [ 5; 4 ], "[...; 3]"
        "gradient", layers.Dense, [ 5; 3 ], "[...; 2]"
        "gradient", layers.Dense, [], "[...; 2]"
        "input", layers.Grouped, [ 1; 2; 5; 5 ], "[n; 4; height; width]"
        "input", layers.Grouped, [ 4; 5 ], "[n; 4; height; width]"
        "input", layers.Grouped, [ 1; 4; 5; 2 ], "at least 3 high and 3 wide"
        "gradient", layers.Grouped, [ 1; 4; 3; 3 ], "[n; 6; height; width]"
        "input", layers.Table, [ 2 ], "whole numbers"
        "gradient", layers.Table, [ 2; 5 ], "[...; 3]"
        "input", layers.LayerNorm, [ 4; 3 ], "[...; 2; 3]"
        "gradient", layers.LayerNorm, [ 3 ], "[...; 2; 3]"
        "input", layers.BatchNorm, [ 3; 2; 4; 4 ], "[n; 3; ...]"
        "gradient", layers.BatchNorm, [ 3 ], "[n; 3; ...]"
    ]

    for subject, layer, shape, wanted in refusals do
        let tensor = Networks.normal shape

        let calls: (unit -> obj) list =
            if subject = "input" then
                [
                    (fun () -> Layer.activations layer tensor)
                    (fun () -> Layer.rows layer tensor)
                ]
            else
                [
                    (fun () -> Layer.errors layer tensor)
                    (fun () -> Layer.errorRows layer tensor)
                ]

        for call in calls do
            let error = Oracle.raises<ArgumentException>(fun () -> call () |> ignore)
            let got = shape |> List.map string |> String.concat "; "

            Assert.StartsWith(
                $"The {subject} of {Layer.describe layer} must be {wanted}; got [{got}] of Float64. (",
                error.Message
            )

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
let ``the rows of a layer with a frozen bias make its output without the bias`` () =
    let frozen: (torch.nn.Module<torch.Tensor, torch.Tensor> * torch.Tensor * int64 array) list = [
        Networks.linear 3 2 true, Networks.normal [ 4; 3 ], [| 2L |]
        torch.nn.Conv2d(2L, 4L, 2L, groups = 2L, dtype = Networks.double),
        Networks.normal [ 3; 2; 4; 4 ],
        [| 4L; 1L; 1L |]
        torch.nn.LayerNorm(3L, dtype = Networks.double), Networks.normal [ 4; 3 ], [| 3L |]
        torch.nn.BatchNorm1d(3L, dtype = Networks.double), Networks.normal [ 4; 3 ], [| 3L |]
    ]

    for model, input, shape in frozen do
        use _scope = torch.NewDisposeScope()

        let bias =
            model.named_parameters false
            |> Seq.pick (fun struct (name, p) -> if name = "bias" then Some p else None)

        bias.requires_grad <- false
        torch.nn.init.normal_ bias |> ignore
        let layer = only model
        Assert.True layer.Bias.IsNone
        Assert.Equal<Parameter array>([| layer.Weight |], Layer.parameters layer)
        let V = layer.Weight.reshape (Layer.groups layer, -1L, Layer.inputs layer)
        let explained = Layer.activations layer input |> Activations.times V
        let rest = Layer.errors layer (model.call input - bias.reshape shape)
        Oracle.agrees Tolerance.rounding (Oracle.values rest) (Oracle.values explained)

[<Fact>]
let ``a layer describes itself by name, size and groups`` () =
    use _scope = torch.NewDisposeScope()
    let layers = named ()
    Assert.Equal("layer 'fc' (4 -> 2)", Layer.describe layers.Dense)
    Assert.Equal("layer 'conv' (19 -> 6 in 2 groups)", Layer.describe layers.Grouped)
    Assert.Equal("layer 'table' (5 -> 3)", Layer.describe layers.Table)
    Assert.Equal("layer 'ln' (2 -> 6 by unit)", Layer.describe layers.LayerNorm)
