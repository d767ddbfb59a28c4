namespace Foof

open TorchSharp
open TorchSharp.Modules

/// Embeddings: rows of a table, looked up by number.
[<RequireQualifiedAccess>]
module Lookup =

    // TorchSharp 0.107 keeps these to itself, so they are asked for by name: where there is no answer,
    // nothing is assumed.
    let private options =
        [ "padding_idx"; "max_norm"; "scale_grad_by_freq"; "sparse" ]
        |> List.map typeof<Embedding>.GetProperty

    /// The number whose row is not learned, if there is one; or the reason why an embedding's gradient is not
    /// that of a product with its table.
    let padding (embedding: Embedding) : Result<int64 voption, string> =
        if options |> List.exists isNull then
            Error "this tensor library does not tell how the embedding looks rows up"
        else
            match options |> List.map _.GetValue(embedding) with
            | [ _; bound; _; _ ] when not (isNull bound) ->
                Error $"its rows are shortened to max_norm = {bound} when they are looked up"
            | [ _; _; (:? bool as scaled); _ ] when scaled ->
                Error "its gradient is divided by how often a number occurs (scale_grad_by_freq)"
            | [ _; _; _; (:? bool as sparse) ] when sparse -> Error "its gradient is sparse"
            | (:? int64 as row) :: _ -> Ok(ValueSome row)
            | _ -> Ok ValueNone

    /// The numbers that are looked up as one-hot rows of length `count`; those of the padding are rows of
    /// zeros.
    ///
    /// Shapes: numbers [n; ...] -> index [n; R]. Without padding the index shares the numbers' memory.
    let rows (count: int64) (padding: int64 voption) (numbers: torch.Tensor) =
        Scope.owned
            (fun () ->
                let index =
                    numbers.``to``(torch.ScalarType.Int64).unsqueeze(-1L).flatten(1L).contiguous()

                match padding with
                | ValueNone -> index
                | ValueSome row -> index.masked_fill (index.eq (row.ToScalar()), count.ToScalar())
                |> fun index -> Activations.Indices(index, count))
            (Activations.tensors >> Seq.ofList)
