namespace Foof

open System
open TorchSharp

/// The last m mini-batch gradients g_k over all layers, and their inner products.
/// Owns its tensors.
[<Sealed>]
type internal GradientWindow(layers: Layer array, length: int) =
    let like = layers[0].Weight: torch.Tensor

    /// g_k, [m; d_out; d_in] of each layer.
    let columns =
        layers
        |> Array.map (fun layer ->
            torch.zeros (
                int64 length,
                Layer.outputs layer,
                Layer.inputs layer,
                dtype = like.dtype,
                device = like.device
            )
            |> Scope.detach)

    /// g_i . g_j over all layers, [m; m] in float64.
    let products =
        torch.zeros (int64 length, int64 length, dtype = torch.ScalarType.Float64, device = like.device) |> Scope.detach

    /// How many of a layer's numbers are converted at once, so that the converted ones stay in the cache.
    let chunk =
        if like.device_type = DeviceType.CPU then
            max 1024L ((4L <<< 20) / (8L * int64 length))
        else
            max 1024L (LayerFactor.budget / (8L * int64 length))

    /// The inner products of one layer's gradient at `slot` with all.
    let inner (slot: int64) (columns: torch.Tensor) =
        let P = columns.flatten 1L
        let sum = torch.zeros (P.size 0, dtype = products.dtype, device = P.device)
        for struct (start, count) in Runs.ofAtMost chunk (P.size 1) do
            use _scope = torch.NewDisposeScope()
            let part = P.narrow(1L, start, count).``to`` products.dtype
            sum.add_ (part.mv (part.select (0L, slot))) |> ignore
        sum

    /// The inner products of the gradient at `slot`: one row and one column, whatever m.
    let count (slot: int64) =
        let row = columns |> Array.map (inner slot) |> Array.reduce (fun x y -> x + y)
        products.select(0L, slot).copy_ row |> ignore
        products.select(1L, slot).copy_ row |> ignore

    let mutable next = 0

    /// How many gradients were seen: the next one goes to this place, modulo m.
    member _.Next
        with get () = next
        and set value = next <- value

    /// [m; d_out; d_in] of each layer.
    member _.Columns = columns

    /// The inner products g_i . g_j over all layers, [m; m] in float64.
    member _.Products = products

    /// Overwrites the oldest gradient; layers without one count as zero. It takes m p products.
    /// Shapes: gradients one [d_out; d_in] a layer.
    member _.Add(gradients: torch.Tensor voption array) =
        use _scope = torch.NewDisposeScope()
        let slot = int64 (next % length)
        for l in 0 .. columns.Length - 1 do
            let row = columns[l].select(0L, slot)
            match gradients[l] with
            | ValueSome gradient -> row.copy_ gradient |> ignore
            | ValueNone -> row.zero_ () |> ignore
        count slot
        next <- next + 1

    /// What goes back to the window of now, before one more gradient; its tensors belong to the caller's scope.
    member _.Snapshot() =
        let before = next
        let rows = columns |> Array.map _.select(0L, int64 (next % length))
        let old = rows |> Array.map _.clone()
        let oldProducts = products.clone ()
        fun () ->
            next <- before
            Array.iter2 (fun (row: torch.Tensor) (old: torch.Tensor) -> row.copy_ old |> ignore) rows old
            products.copy_ oldProducts |> ignore

    /// 1/m sum_k g_k g_k^T: the window's length counts also while it fills. The tensors are handles of their own on the
    /// window's memory, the caller's.
    /// (Frantar et al. 2021)
    member _.Factor =
        FisherFactor.ofColumns {
            Layers = columns |> Array.map (fun column -> LayerFactor.Columns(column.alias ()))
            Weight = 1.0 / float length
        }

    /// The inner products of `Factor`'s columns, G^T G [m; m] in float64; they are the caller's.
    member _.Gram = products / float length

    interface IDisposable with
        member _.Dispose() =
            for tensor in columns do
                tensor.Dispose()
            products.Dispose()
