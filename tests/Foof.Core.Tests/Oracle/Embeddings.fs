/// Embeddings with and without a row that stands for padding, and their rows written out.
module Foof.Core.Tests.Embeddings

open Foof
open Foof.Explicit
open Foof.Core.Tests.LayerContract
open TorchSharp

let embedding (padding: int64 option) (kind: torch.ScalarType) =
    torch.nn.Embedding(6L, 3L, padding_idx = Option.toNullable padding, dtype = kind)

let numbers (shape: int list) =
    torch.randint (0L, 6L, shape |> List.map int64 |> List.toArray, dtype = torch.ScalarType.Int64)

/// Indices of an embedding whose padding is number 2, and the same rows written out by hand.
let padded () =
    let layer = only (embedding (Some 2L) Networks.double)
    let index = torch.tensor([| 2L; 0L; 5L; 2L; 2L; 1L |]).view(2L, 3L)

    let rows = Dense.build 6 6 (fun i j -> if j <> 2 && [| 2; 0; 5; 2; 2; 1 |][i] = j then 1.0 else 0.0)

    layer, Layer.activations layer index, rows
