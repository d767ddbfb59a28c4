module Foof.Core.Tests.CoverageTests

open System
open Expecto
open Foof
open Foof.Core.Tests.Surveys
open TorchSharp
open TorchSharp.Modules

let conv (groups: int64) (mode: PaddingModes) =
    torch.nn.Conv2d(4L, 4L, 3L, padding = 1L, padding_mode = mode, groups = groups, dtype = Networks.double)

/// A model with every kind of layer, and one parameter of each treatment.
let private manyKinds () =
    let frozen = Networks.linear 4 4 true
    frozen.weight.requires_grad <- false

    new Networks.Model(
        [
            "conv", conv 1L PaddingModes.Zeros
            "grouped", conv 2L PaddingModes.Zeros
            "mirrored", conv 1L PaddingModes.Reflect
            "norm", torch.nn.BatchNorm2d(4L, dtype = Networks.double)
            "layerNorm", torch.nn.LayerNorm(4L, bias = false, dtype = Networks.double)
            "bilinear", torch.nn.Bilinear(4L, 4L, 2L, dtype = Networks.double)
            "bare", torch.nn.LayerNorm(4L, elementwise_affine = false, dtype = Networks.double)
            "embedding", torch.nn.Embedding(5L, 4L, dtype = Networks.double)
            "frozen", frozen
            "head", Networks.linear 4 2 true
            "spare", Networks.linear 4 2 false
        ],
        id
    )

let private butSpare = Func<string, Parameter, bool>(fun name _ -> name <> "spare")

/// The treatments of `manyKinds` that are the same for every caller.
let private common =
    let outside = plain "it belongs to no kind of layer that is covered"

    [
        "conv.weight", Treatment.Preconditioned "conv"
        "conv.bias", Treatment.Preconditioned "conv"
        "mirrored.weight", Treatment.Preconditioned "mirrored"
        "mirrored.bias", Treatment.Preconditioned "mirrored"
        "bilinear.weight", outside
        "bilinear.bias", outside
        "frozen.weight", Treatment.Frozen
        "frozen.bias", plain "its layer's weight is frozen"
        "head.weight", Treatment.Preconditioned "head"
        "head.bias", Treatment.Preconditioned "head"
        "spare.weight", plain "it was not selected"
    ]

/// A batch norm that computes something of its own.
type private Shifted() =
    inherit BatchNorm(4L, 1e-5, 0.1, true, true, null, Nullable Networks.double, "Shifted")
    override _.ValidateInputDimensions _ = ()
    override norm.forward input = base.forward (input + 1.0) * 2.0

/// A module of two inputs, with a weight of its own and a layer.
type private Mixed() as this =
    inherit torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor>("Mixed")
    let scale = torch.nn.Parameter(Networks.normal [ 4 ])
    let layer = Networks.linear 4 4 true

    do
        this.register_parameter ("scale", scale)
        this.register_module ("layer", layer)

    override _.forward(x, y) = scale * x + layer.call y

[<Tests>]
let tests =
    testList "Layers.Coverage" [
        test "every parameter is listed once, with its shape and what becomes of it" {
            let model = manyKinds ()
            let { Layers = layers; Coverage = coverage } = Coverage.survey model butSpare
            let covered = [| "conv"; "grouped"; "mirrored"; "norm"; "layerNorm"; "embedding"; "head" |]
            Expect.equal (layers |> Array.map _.Name) covered "the layers' names"

            let names = model.named_parameters () |> Seq.map (fun struct (name, _) -> name) |> Seq.toArray

            Expect.equal (coverage |> Array.map _.Parameter) names "the parameters"

            let expected =
                Map [
                    yield! common
                    "grouped.weight", Treatment.Preconditioned "grouped"
                    "grouped.bias", Treatment.Preconditioned "grouped"
                    "norm.weight", Treatment.Preconditioned "norm"
                    "norm.bias", Treatment.Preconditioned "norm"
                    "layerNorm.weight", Treatment.Preconditioned "layerNorm"
                    "embedding.weight", Treatment.Preconditioned "embedding"
                ]

            Expect.equal (asMap coverage) expected "the treatments"
            Expect.equal (coverage[0].Shape) [| 4L; 4L; 3L; 3L |] "the shape of the first parameter"
        }

        test "FOOF covers every kind of layer but scales and shifts, and says why" {
            use preconditioner = new Preconditioner(manyKinds (), Methods.foof, select = butSpare)

            let covered = [ "conv"; "grouped"; "mirrored"; "embedding"; "head" ]
            Expect.sequenceEqual (preconditioner.Layers |> Seq.map _.Name) covered "the layers' names"
            let scales = plain "its layer only scales and shifts"

            let expected =
                Map [
                    yield! common
                    "grouped.weight", Treatment.Preconditioned "grouped"
                    "grouped.bias", Treatment.Preconditioned "grouped"
                    "norm.weight", scales
                    "norm.bias", scales
                    "layerNorm.weight", scales
                    "embedding.weight", Treatment.Preconditioned "embedding"
                ]

            Expect.equal (asMap preconditioner.Coverage) expected "the treatments"
        }

        test "what the caller objects to is plain for the caller's reason, selected or not" {
            let objection (layer: Layer) = if Layer.groups layer = 2L then ValueSome "it comes in pairs" else ValueNone

            let nothing = Func<string, Parameter, bool>(fun _ _ -> false)

            let { Layers = layers; Coverage = coverage } = Coverage.surveyExcept objection (manyKinds ()) nothing

            Expect.isEmpty layers "the layers"
            let treatment = asMap coverage

            Expect.equal (treatment["grouped.weight"]) (plain "it comes in pairs") "the treatment of grouped.weight"

            Expect.equal (treatment["grouped.bias"]) (plain "it comes in pairs") "the treatment of grouped.bias"

            Expect.equal (treatment["head.bias"]) (plain "it was not selected") "the treatment of head.bias"
        }

        test "an embedding whose gradient is no product with its table is plain, and says why" {
            let model =
                new Networks.Model(
                    [
                        "bounded", torch.nn.Embedding(5L, 4L, max_norm = 1.5)
                        "scaled", torch.nn.Embedding(5L, 4L, scale_grad_by_freq = true)
                        "sparse", torch.nn.Embedding(5L, 4L, sparse = true)
                        "padded", torch.nn.Embedding(5L, 4L, padding_idx = -2L)
                    ],
                    id
                )

            let layers, treatment = survey model everything
            Expect.equal ((Oracle.only layers).Geometry) (Geometry.Lookup(ValueSome 3L)) "the geometry"

            let expected =
                Map [
                    "bounded.weight", plain "its rows are shortened to max_norm when they are looked up"
                    "scaled.weight", plain "its gradient is divided by how often a number occurs (scale_grad_by_freq)"
                    "sparse.weight", plain "its gradient is sparse"
                    "padded.weight", Treatment.Preconditioned "padded"
                ]

            Expect.equal treatment expected "the treatment"
        }

        test "a frozen bias is listed as frozen and its layer is covered" {
            let layer = Networks.linear 3 2 true
            layer.bias.requires_grad <- false

            let layers, treatment = survey (new Networks.Model([ "fc", layer ], layer.call)) everything

            Expect.isTrue ((Oracle.only layers).Bias.IsNone) "the layer has no bias"
            Expect.equal (treatment["fc.bias"]) Treatment.Frozen "the treatment of fc.bias"
            Expect.equal (treatment["fc.weight"]) (Treatment.Preconditioned "fc") "the treatment of fc.weight"
        }

        test "'same' padding puts the larger half behind the image, and 'valid' padding adds nothing" {
            let padded (kernel: int64) (padding: Padding) =
                torch.nn.Conv2d(2L, 2L, kernel, padding, dtype = Networks.double)

            let model =
                new Networks.Model(
                    [ "odd", padded 3L Padding.Same; "even", padded 2L Padding.Same; "valid", padded 2L Padding.Valid ],
                    id
                )

            let layers, _ = survey model everything

            let sides (layer: Layer) =
                match layer.Geometry with
                | Geometry.Convolution window -> window.Before, window.After
                | other -> invalidOp $"no convolution: {other}"

            let each (number: int64) = [| number; number |]

            Expect.equal
                (layers |> Array.map sides)
                [| each 1L, each 1L; each 0L, each 1L; each 0L, each 0L |]
                "the layers' sides"
        }

        test "a model that is one layer is covered under its own name" {
            let layers, _ = survey (Networks.linear 3 2 false) everything
            Expect.equal ((Oracle.only layers).Name) "Linear" "the name"
        }

        test "modules of other kinds are plain, and the layers within those that have them are covered" {
            let model =
                new Networks.Model(
                    [
                        "own", new Shifted()
                        "bilinear", torch.nn.Bilinear(4L, 4L, 2L)
                        "bag", torch.nn.EmbeddingBag(5L, 4L)
                        "attention", torch.nn.MultiheadAttention(4L, 2L)
                        "memory", torch.nn.LSTM(4L, 4L)
                        "encoder", torch.nn.TransformerEncoderLayer(4L, 2L, 8L)
                        "mixed", new Mixed()
                        "bare", torch.nn.BatchNorm2d(4L, affine = false)
                    ],
                    id
                )

            let layers, treatment = survey model everything
            Expect.equal (layers |> Array.map _.Name) [| "mixed.layer" |] "the layers' names"
            let outside = plain "it belongs to no kind of layer that is covered"

            for parameter in treatment.Keys |> Seq.filter (fun name -> not (name.StartsWith "mixed.layer")) do
                Expect.equal (treatment[parameter]) outside "the treatment of the parameter"

            for kind in [ "own"; "bag"; "attention"; "memory"; "encoder"; "mixed.scale" ] do
                Expect.exists treatment.Keys (fun name -> name.StartsWith kind) $"a treatment of {kind}"
        }

        test "convolutions and normalisations of every kind are covered" {
            let parts: (string * torch.nn.Module) list = [
                "line", torch.nn.Conv1d(4L, 4L, 3L)
                "block", torch.nn.Conv3d(4L, 4L, 3L)
                "lineBack", torch.nn.ConvTranspose1d(4L, 4L, 3L)
                "back", torch.nn.ConvTranspose2d(4L, 4L, 3L)
                "blockBack", torch.nn.ConvTranspose3d(4L, 4L, 3L)
                "group", torch.nn.GroupNorm(2L, 4L)
                "instance", torch.nn.InstanceNorm2d(4L, affine = true)
            ]

            let layers, _ = survey (new Networks.Model(parts, id)) everything
            Expect.equal (layers |> Array.map _.Name) (parts |> List.map fst |> List.toArray) "the layers' names"
        }

        test "a table that the caller leaves out is not examined" {
            let model = torch.nn.Embedding_from_pretrained(Networks.normal [ 6; 3 ], false)
            let layers, treatment = survey model (Func<_, _, _>(fun _ _ -> false))
            Expect.isEmpty layers "the layers"
            Expect.equal (treatment["weight"]) (plain "it was not selected") "the treatment of the weight"
        }
    ]
