namespace Foof

open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open TorchSharp
open TorchSharp.Modules

/// Embeddings: rows of a table, looked up by number.
[<RequireQualifiedAccess>]
module Lookup =

    /// The table of an embedding, as the model lists it: each reading of the property `weight` makes another handle.
    let internal table (embedding: Embedding) = embedding.get_parameter (nameof embedding.weight)

    /// Whether a lookup may shorten rows in place. It then marks the table as changed, however short they are, so that
    /// nothing can be differentiated any more that was made of the table before.
    let private isBounded (embedding: Embedding) =
        use _recorded = torch.enable_grad ()
        use _scope = torch.NewDisposeScope()
        let row = embedding.weight.detach().narrow(0L, 0L, 1L)
        let before = row.clone ()
        let product = (row * torch.ones_like(row).requires_grad_()).sum()
        embedding.forward (torch.zeros (1L, dtype = torch.int64, device = row.device)) |> ignore

        try
            product.backward ()
            false
        with :? ExternalException as error when error.Message.Contains "inplace operation" ->
            use _quiet = torch.no_grad ()
            row.copy_ before |> ignore
            true

    /// Each number once, and the first and the last one once more.
    let private everyNumber (table: Parameter) =
        let count = table.size 0
        let all = torch.arange (count, dtype = torch.int64, device = table.device)
        torch.cat ([| all; all.narrow (0L, 0L, 1L); all.narrow (0L, count - 1L, 1L) |], 0L)

    /// The number whose row has no share in the gradient of the sum of all that `numbers` find, where every other one's
    /// share is how often it is among them.
    let private idle (numbers: torch.Tensor) (gradient: torch.Tensor) =
        let times = gradient.select(1L, 0L).``to`` torch.ScalarType.Int64
        let isIdle = times.eq (0L.ToScalar())
        let isCounted = times.eq (torch.bincount (numbers, minlength = gradient.size 0))
        if not (Numbers.holds ((isCounted.logical_or isIdle).all())) then
            Error "its gradient is divided by how often a number occurs (scale_grad_by_freq)"
        elif Numbers.holds (isIdle.any ()) then
            Ok(ValueSome(int64 (Numbers.number (isIdle.``to``(torch.ScalarType.Int64).argmax()))))
        else
            Ok ValueNone

    /// What an embedding does with every number, and autograd with what it finds; ValueNone where it does not use the
    /// table that the model lists.
    let private measured (embedding: Embedding) : Result<int64 voption, string> voption =
        use _recorded = torch.enable_grad ()
        use _scope = torch.NewDisposeScope()
        let table = table embedding
        let numbers = everyNumber table

        let gradientOf (found: torch.Tensor) =
            if found.requires_grad then
                Derivatives.find false false [| found |] null [| table |] |> Array.head
            else
                null

        if isBounded embedding then
            ValueSome(Error "its rows are shortened to max_norm when they are looked up")
        else
            match gradientOf ((embedding.forward numbers).sum()) with
            | null -> ValueNone
            | gradient when gradient.is_sparse -> ValueSome(Error "its gradient is sparse")
            | gradient -> ValueSome(idle numbers gradient)

    // What an embedding was made with never changes; its table may.
    let private known = ConditionalWeakTable<Embedding, Result<int64 voption, string> ref>()

    /// The number whose row is not learned, ValueNone where all are learned; or, as an Error, the reason why an
    /// embedding's gradient is not that of a product with its table.
    ///
    /// TorchSharp keeps both to itself, so the module is asked once to look every number up, and autograd for the
    /// gradient: memory for three more tables while that lasts. Table and `.grad` stay as they are.
    let padding (embedding: Embedding) : Result<int64 voption, string> =
        match known.TryGetValue embedding with
        | true, found -> found.Value
        | _ ->
            match measured embedding with
            | ValueSome found ->
                known.AddOrUpdate(embedding, ref found)
                found
            | ValueNone ->
                Error(
                    "lookups do not use it, as TorchSharp lists another table for Embedding_from_pretrained; "
                    + "set the embedding's weight to a parameter"
                )

    /// The numbers that are looked up as one-hot rows of length `count`; those of the padding are rows of zeros.
    ///
    /// Shapes: numbers [n; ...] -> index [n; R].
    /// The result belongs to the caller; without padding the index may share the numbers' memory.
    let rows (count: int64) (padding: int64 voption) (numbers: torch.Tensor) =
        Scope.owned
            (fun () ->
                let index = numbers.``to``(torch.ScalarType.Int64).unsqueeze(-1L).flatten(1L).contiguous()
                match padding with
                | ValueNone -> index
                | ValueSome row -> index.masked_fill (index.eq (row.ToScalar()), count.ToScalar())
                |> fun index -> Activations.Indices(index, count))
            (Activations.tensors >> Seq.ofList)
