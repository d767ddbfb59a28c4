[<Seeded>]
module Foof.Core.Tests.CoverageTests

open System
open Foof
open TorchSharp
open TorchSharp.Modules
open Xunit

let private everything = Networks.everything

let survey (model: Networks.Network) select =
    let struct (layers, coverage) = Coverage.survey model select

    layers,
    coverage
    |> Array.map (fun line -> line.Parameter, line.Treatment)
    |> Map.ofArray

let plain reason = Treatment.Plain reason

let conv (groups: int64) (mode: PaddingModes) =
    torch.nn.Conv2d(4L, 4L, 3L, padding = 1L, padding_mode = mode, groups = groups, dtype = Networks.double)

[<Fact>]
let ``every parameter is listed once, with its shape and what becomes of it`` () =
    let frozen = Networks.linear 4 4 true
    frozen.weight.requires_grad <- false

    let model =
        new Networks.Model(
            [
                "conv", conv 1L PaddingModes.Zeros
                "grouped", conv 2L PaddingModes.Zeros
                "mirrored", conv 1L PaddingModes.Reflect
                "norm", torch.nn.BatchNorm2d(4L, dtype = Networks.double)
                "embedding", torch.nn.Embedding(5L, 4L, dtype = Networks.double)
                "frozen", frozen
                "head", Networks.linear 4 2 true
                "spare", Networks.linear 4 2 false
            ],
            id
        )

    let struct (layers, coverage) =
        Coverage.survey model (Func<string, Parameter, bool>(fun name _ -> name <> "spare"))

    Assert.Equal<string array>([| "conv"; "head" |], layers |> Array.map _.Name)

    let names =
        model.named_parameters ()
        |> Seq.map (fun struct (name, _) -> name)
        |> Seq.toArray

    Assert.Equal<string array>(names, coverage |> Array.map _.Parameter)
    let outside = plain "it belongs to no linear or convolutional layer"

    let expected =
        Map [
            "conv.weight", Treatment.Preconditioned "conv"
            "conv.bias", Treatment.Preconditioned "conv"
            "grouped.weight", plain "it has 2 groups"
            "grouped.bias", plain "it has 2 groups"
            "mirrored.weight", plain "its padding mode is not zeros"
            "mirrored.bias", plain "its padding mode is not zeros"
            "norm.weight", outside
            "norm.bias", outside
            "embedding.weight", outside
            "frozen.weight", Treatment.Frozen
            "frozen.bias", plain "its layer's weight is frozen"
            "head.weight", Treatment.Preconditioned "head"
            "head.bias", Treatment.Preconditioned "head"
            "spare.weight", plain "it was not selected"
        ]

    let found =
        coverage
        |> Array.map (fun line -> line.Parameter, line.Treatment)
        |> Map.ofArray

    Assert.Equal<Map<string, Treatment>>(expected, found)
    Assert.Equal<int64 array>([| 4L; 4L; 3L; 3L |], coverage[0].Shape)

[<Fact>]
let ``a frozen bias is listed as frozen and its layer is covered`` () =
    let layer = Networks.linear 3 2 true
    layer.bias.requires_grad <- false

    let layers, treatment =
        survey (new Networks.Model([ "fc", layer ], layer.call)) everything

    Assert.True((Assert.Single layers).Bias.IsNone)
    Assert.Equal(Treatment.Frozen, treatment["fc.bias"])
    Assert.Equal(Treatment.Preconditioned "fc", treatment["fc.weight"])

[<Fact>]
let ``'same' and 'valid' padding are covered where they are symmetric`` () =
    let padded (kernel: int64) (padding: Padding) =
        torch.nn.Conv2d(2L, 2L, kernel, padding, dtype = Networks.double)

    let model =
        new Networks.Model(
            [
                "odd", padded 3L Padding.Same
                "even", padded 2L Padding.Same
                "valid", padded 2L Padding.Valid
            ],
            id
        )

    let layers, treatment = survey model everything
    Assert.Equal<string array>([| "odd"; "valid" |], layers |> Array.map _.Name)
    Assert.Equal(plain "its 'same' padding is not symmetric", treatment["even.weight"])

    let zeros (layer: Layer) =
        match layer.Geometry with
        | Geometry.Convolution(_, _, padding, _) -> padding
        | Geometry.Dense -> struct (-1L, -1L)

    Assert.Equal<struct (int64 * int64) array>(
        [| struct (1L, 1L); struct (0L, 0L) |],
        layers |> Array.map zeros
    )

[<Fact>]
let ``a weight tied to an embedding is plain`` () =
    let embedding = torch.nn.Embedding(5L, 3L, dtype = Networks.double)
    let head = Networks.linear 3 5 false
    head.weight <- embedding.weight
    let model = new Networks.Model([ "embedding", embedding; "head", head ], id)
    let layers, treatment = survey model everything
    Assert.Empty layers

    Assert.Equal<Map<string, Treatment>>(
        Map [ "embedding.weight", plain "another module uses its weight too" ],
        treatment
    )

[<Fact>]
let ``linear layers that share weight and bias are one layer`` () =
    let first = Networks.linear 3 3 true
    let second = Networks.linear 3 3 true
    second.weight <- first.weight
    second.bias <- first.bias

    let layers, treatment =
        survey (new Networks.Model([ "a", first; "b", second ], id)) everything

    Assert.Equal(2, (Assert.Single layers).Modules.Length)
    Assert.Equal(Treatment.Preconditioned "a", treatment["a.weight"])

[<Fact>]
let ``linear layers that share the weight and not the bias are plain`` () =
    let first = Networks.linear 3 3 true
    let second = Networks.linear 3 3 true
    second.weight <- first.weight

    let layers, treatment =
        survey (new Networks.Model([ "a", first; "b", second ], id)) everything

    Assert.Empty layers
    Assert.Equal(plain "modules share its weight and not its bias", treatment["a.weight"])

[<Fact>]
let ``linear layers that share the bias and not the weight are plain, so that it moves once`` () =
    let first = Networks.linear 3 3 true
    let second = Networks.linear 3 3 true
    second.bias <- first.bias

    let layers, treatment =
        survey (new Networks.Model([ "a", first; "b", second ], id)) everything

    Assert.Empty layers
    Assert.Equal(plain "another module uses its bias too", treatment["a.weight"])
    Assert.Equal(plain "another module uses its bias too", treatment["a.bias"])

[<Fact>]
let ``convolutions that share a weight with other strides are plain`` () =
    let first = torch.nn.Conv2d(2L, 2L, 3L, bias = false, dtype = Networks.double)

    let second =
        torch.nn.Conv2d(2L, 2L, 3L, stride = 2L, bias = false, dtype = Networks.double)

    second.weight <- first.weight

    let layers, treatment =
        survey (new Networks.Model([ "a", first; "b", second ], id)) everything

    Assert.Empty layers
    Assert.Equal(plain "modules share its weight with different geometry", treatment["a.weight"])

[<Fact>]
let ``a model that is one layer is covered under its own name`` () =
    let layers, _ = survey (Networks.linear 3 2 false) everything
    Assert.Equal("Linear", (Assert.Single layers).Name)
