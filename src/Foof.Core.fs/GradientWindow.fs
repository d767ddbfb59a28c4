namespace Foof

open System
open TorchSharp

/// The last m mini-batch gradients g_k over all layers, and their inner products. Owns its tensors.
[<Sealed>]
type internal GradientWindow(layers: Layer array, length: int) =
    let like = layers[0].Weight: torch.Tensor

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

    let mutable next = 0

    /// Where the next gradient goes; counts on, so that it tells how many were seen.
    member _.Next
        with get () = next
        and set value = next <- value

    /// [m; d_out; d_in] of each layer.
    member _.Columns = columns

    /// Overwrites the oldest gradient; layers without one count as zero.
    member _.Add(gradients: torch.Tensor voption array) =
        use _scope = torch.NewDisposeScope()
        let slot = int64 (next % length)

        for l in 0 .. columns.Length - 1 do
            let row = columns[l].select(0L, slot)

            match gradients[l] with
            | ValueSome gradient -> row.copy_ gradient |> ignore
            | ValueNone -> row.zero_ () |> ignore

        next <- next + 1

    /// Runs `change`, which may add one gradient; if it raises, the window is as before.
    member _.Atomically(change: unit -> unit) =
        use _scope = torch.NewDisposeScope()
        let before = next
        let rows = columns |> Array.map _.select(0L, int64 (next % length))
        let old = rows |> Array.map _.clone()

        try
            change ()
        with _ ->
            next <- before
            Array.iter2 (fun (row: torch.Tensor) (old: torch.Tensor) -> row.copy_ old |> ignore) rows old
            reraise ()

    /// 1/m sum_k g_k g_k^T: the window's length counts also while it fills. The tensors are handles of their own on the
    /// window's memory, the caller's. (Frantar et al. 2021)
    member _.Factor =
        FisherFactor.ofColumns {
            Layers = columns |> Array.map (fun column -> LayerFactor.Columns(column.alias ()))
            Weight = 1.0 / float length
        }

    interface IDisposable with
        member _.Dispose() =
            for tensor in columns do
                tensor.Dispose()
