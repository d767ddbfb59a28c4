module Foof.Core.Tests.LayerTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules

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

/// An input of three dimensions, with and without a bias.
let private denseShapes = Gen.zip (Gen.listOfLength 3 (Gen.choose (1, 4))) (Gen.elements [ true; false ])

/// An input of two to four dimensions, with and without a bias, in both types.
let private denseCases =
    gen {
        let! dimensions = Gen.choose (2, 4)
        let! shape = Gen.listOfLength dimensions (Gen.choose (1, 4))
        let! bias = Gen.elements [ true; false ]
        let! kind = Gen.elements [ torch.ScalarType.Float32; Networks.double ]
        return shape, bias, kind
    }

[<Tests>]
let tests =
    testList "Layers.Layer" [
        Holds.forAll
            "rows of a dense layer are its inputs, position by position, and a one for the bias"
            denseShapes
            (fun (shape, bias) ->
                use _scope = torch.NewDisposeScope()
                let width = List.last shape
                let input = Networks.normal shape
                let layer = only (Networks.linear width 2 bias)
                let flat = input.reshape (-1L, int64 width) |> Dense.ofTensor
                let expected = if bias then Dense.withOnes flat else flat
                Oracle.agreesWith 0.0 expected (Layer.rows layer input)
                Expect.equal (Layer.dataPoints layer input) (int64 shape[0]) "the data points"
                Expect.equal (Layer.inputs layer) (int64 expected.ColumnCount) "the inputs of layer"
                Expect.equal (Layer.outputs layer) 2L "the outputs of layer")

        Holds.forAll
            "a dense layer keeps the contract with any leading dimensions, in both types"
            denseCases
            (fun (shape, bias, kind) ->
                use _scope = torch.NewDisposeScope()
                let model = torch.nn.Linear(int64 (List.last shape), 3L, bias, dtype = kind)
                let R = shape[1 .. shape.Length - 2] |> List.fold (*) 1
                holds model ((Networks.normal shape).``to`` kind) shape[0] R)

        test "inputs may be any view" {
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
        }

        test "a vector is a batch of one" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 3 2 true
            let layer, vector = only model, Networks.normal [ 3 ]
            holds (Networks.linear 3 2 true) vector 1 1

            Expect.equal ((Layer.rows layer vector).shape) [| 1L; 4L |] "the shape of the rows of layer vector"

            Expect.equal ((Layer.errorRows layer (Networks.normal [ 2 ])).shape) [| 1L; 2L |] "the shape of error rows"
        }

        test "an empty batch has rows and errors without elements" {
            use _scope = torch.NewDisposeScope()
            let layer = only (Networks.linear 3 2 true)

            Expect.equal
                ((written layer (Networks.normal [ 0; 5; 3 ])).shape)
                [| 1L; 0L; 5L; 4L |]
                "the shape of no rows"

            Expect.equal
                ((Layer.errors layer (Networks.normal [ 0; 5; 2 ])).shape)
                [| 1L; 0L; 5L; 2L |]
                "the shape of no errors"
        }

        test "an input or a gradient that does not fit is refused with the layer and both shapes" {
            use _scope = torch.NewDisposeScope()
            let layers = named ()

            let refusals = [
                "input", layers.Dense, [ 5; 4 ], "[...; 3]"
                "gradient", layers.Dense, [ 5; 3 ], "[...; 2]"
                "gradient", layers.Dense, [], "[...; 2]"
                "input", layers.Grouped, [ 1; 2; 5; 5 ], "[n; 4; height; width]"
                "input", layers.Grouped, [ 4; 5 ], "[n; 4; height; width]"
                "input", layers.Grouped, [ 1; 4; 5; 2 ], "at least [3; 3] behind its channels"
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
                        [ (fun () -> Layer.activations layer tensor); (fun () -> Layer.rows layer tensor) ]
                    else
                        [ (fun () -> Layer.errors layer tensor); (fun () -> Layer.errorRows layer tensor) ]

                for call in calls do
                    let error = Oracle.raises<ArgumentException>(fun () -> call () |> ignore)
                    let got = shape |> List.map string |> String.concat "; "

                    Expect.stringStarts
                        error.Message
                        $"The {subject} of {Layer.describe layer} must be {wanted}; got [{got}] of Float64. ("
                        "the message"
        }

        test "joining and splitting are inverse to each other" {
            for bias in [ true; false ] do
                use _scope = torch.NewDisposeScope()
                let layer = only (torch.nn.Conv2d(2L, 3L, 2L, bias = bias, dtype = Networks.double))
                let weight = Networks.normal [ 3; 2; 2; 2 ]
                let column = if bias then ValueSome(Networks.normal [ 3 ]) else ValueNone
                let { LayerValues.Weight = weight'; Bias = column' } =
                    Layer.split layer (Layer.joined layer weight column)
                Expect.equal (Dense.values weight') (Dense.values weight) "the weight"
                Expect.equal column'.IsSome bias "whether there is a column"

                (column, column')
                ||> ValueOption.map2 (fun x y -> Expect.equal (Dense.values y) (Dense.values x) "the draw of y")
                |> ignore
        }

        test "a bias without a gradient counts as zeros" {
            use _scope = torch.NewDisposeScope()
            let layer = only (Networks.linear 2 3 true)

            let joined = Layer.joined layer (torch.ones (3L, 2L, dtype = Networks.double)) (ValueSome null)

            Oracle.agreesWith 0.0 (Dense.build 3 3 (fun _ j -> if j < 2 then 1.0 else 0.0)) joined
        }

        test "a frozen bias has no column" {
            let linear = Networks.linear 3 2 true
            linear.bias.requires_grad <- false
            let layer = only linear
            Expect.isTrue layer.Bias.IsNone "the layer has no bias"
            Expect.equal (Layer.inputs layer) 3L "the inputs of layer"
            Expect.equal (Layer.parameters layer) [| linear.weight |] "the parameters of layer"
        }

        test "the rows of a layer with a frozen bias make its output without the bias" {
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
                Expect.isTrue layer.Bias.IsNone "the layer has no bias"
                Expect.equal (Layer.parameters layer) [| layer.Weight |] "the parameters of layer"
                let V = layer.Weight.reshape (Layer.groups layer, -1L, Layer.inputs layer)
                let explained = Layer.activations layer input |> Activations.times V
                let rest = Layer.errors layer (model.call input - bias.reshape shape)
                Oracle.agrees Tolerance.rounding (Dense.values rest) (Dense.values explained)
        }

        test "a layer describes itself by name, size and groups" {
            use _scope = torch.NewDisposeScope()
            let layers = named ()

            Expect.equal (Layer.describe layers.Dense) "layer 'fc' (4 -> 2)" "the description of a dense layer"

            Expect.equal
                (Layer.describe layers.Grouped)
                "layer 'conv' (19 -> 6 in 2 groups)"
                "the description of a grouped layer"

            Expect.equal (Layer.describe layers.Table) "layer 'table' (5 -> 3)" "the description of a table"

            Expect.equal
                (Layer.describe layers.LayerNorm)
                "layer 'ln' (2 -> 6 by unit)"
                "the description of a layer norm"
        }
    ]
