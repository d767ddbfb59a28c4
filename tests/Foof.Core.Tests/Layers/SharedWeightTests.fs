/// Which modules that share parameters are one layer, and which are plain.
module Foof.Core.Tests.SharedWeightTests

open Expecto
open Foof
open Foof.Core.Tests.Surveys
open TorchSharp

[<Tests>]
let tests =
    testList "Layers.SharedWeight" [
        test "a weight tied to an embedding is plain" {
            let embedding = torch.nn.Embedding(5L, 3L, dtype = Networks.double)
            let head = Networks.linear 3 5 false
            head.weight <- embedding.weight
            let model = new Networks.Model([ "embedding", embedding; "head", head ], id)
            let layers, treatment = survey model everything
            Expect.isEmpty layers "the layers"

            // TorchSharp lists it twice, each time by a handle of its own.
            Expect.equal
                treatment
                (Map [ "embedding.weight", plain "modules share its weight with different geometry" ])
                "the treatment of the weight, once"

            let butEmbeddings (layer: Layer) =
                match layer.Geometry with
                | Geometry.Lookup _ -> ValueSome "it looks up"
                | _ -> ValueNone

            let { Layers = layers; Coverage = coverage } = Coverage.surveyExcept butEmbeddings model everything
            Expect.isEmpty layers "the layers"

            Expect.equal
                (asMap coverage)
                (Map [ "embedding.weight", plain "another module uses its weight too" ])
                "the treatments"
        }

        test "embeddings and layer norms that share their parameters are one layer, batch norms are not" {
            let tables = [ for _ in 1..2 -> torch.nn.Embedding(5L, 3L) ]
            tables[1].weight <- tables[0].weight
            let norms = [ for _ in 1..2 -> torch.nn.LayerNorm(3L) ]
            norms[1].weight <- norms[0].weight
            norms[1].bias <- norms[0].bias
            let batches = [ for _ in 1..2 -> torch.nn.BatchNorm1d(3L) ]
            batches[1].weight <- batches[0].weight
            batches[1].bias <- batches[0].bias

            let model =
                new Networks.Model(
                    [
                        "table0", tables[0]
                        "table1", tables[1]
                        "norm0", norms[0]
                        "norm1", norms[1]
                        "batch0", batches[0]
                        "batch1", batches[1]
                    ],
                    id
                )

            let layers, treatment = survey model everything

            Expect.equal (layers |> Array.map _.Modules.Length) [| 2; 2 |] "the number of each layer's modules"

            Expect.equal
                (treatment["batch0.bias"])
                (plain "modules share its weight with different geometry")
                "the treatment of batch0.bias"
        }

        test "linear layers that share weight and bias are one layer" {
            let first = Networks.linear 3 3 true
            let second = Networks.linear 3 3 true
            second.weight <- first.weight
            second.bias <- first.bias

            let layers, treatment = survey (new Networks.Model([ "a", first; "b", second ], id)) everything

            Expect.equal ((Oracle.only layers).Modules.Length) 2 "the length"
            Expect.equal (treatment["a.weight"]) (Treatment.Preconditioned "a") "the treatment of a.weight"
        }

        test "linear layers that share the weight and not the bias are plain" {
            let first = Networks.linear 3 3 true
            let second = Networks.linear 3 3 true
            second.weight <- first.weight

            let layers, treatment = survey (new Networks.Model([ "a", first; "b", second ], id)) everything

            Expect.isEmpty layers "the layers"

            Expect.equal
                (treatment["a.weight"])
                (plain "modules share its weight and not its bias")
                "the treatment of a.weight"
        }

        test "linear layers that share the bias and not the weight are plain, so that it moves once" {
            let first = Networks.linear 3 3 true
            let second = Networks.linear 3 3 true
            second.bias <- first.bias

            let layers, treatment = survey (new Networks.Model([ "a", first; "b", second ], id)) everything

            Expect.isEmpty layers "the layers"

            Expect.equal (treatment["a.weight"]) (plain "another module uses its bias too") "the treatment of a.weight"

            Expect.equal (treatment["a.bias"]) (plain "another module uses its bias too") "the treatment of a.bias"
        }

        test "convolutions that share a weight and have different strides are plain" {
            let first = torch.nn.Conv2d(2L, 2L, 3L, bias = false, dtype = Networks.double)

            let second = torch.nn.Conv2d(2L, 2L, 3L, stride = 2L, bias = false, dtype = Networks.double)

            second.weight <- first.weight

            let layers, treatment = survey (new Networks.Model([ "a", first; "b", second ], id)) everything

            Expect.isEmpty layers "the layers"

            Expect.equal
                (treatment["a.weight"])
                (plain "modules share its weight with different geometry")
                "the treatment of a.weight"
        }
    ]
