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

    /// g_i . g_j over all layers, [m; m] in float64.
    let products =
        torch.zeros (int64 length, int64 length, dtype = torch.ScalarType.Float64, device = like.device)
        |> Scope.detach

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

    /// Where the next gradient goes; counts on, so that it tells how many were seen.
    member _.Next
        with get () = next
        and set value = next <- value

    /// [m; d_out; d_in] of each layer.
    member _.Columns = columns

    /// The inner products g_i . g_j over all layers, [m; m] in float64.
    member _.Products = products

    /// Overwrites the oldest gradient; layers without one count as zero.
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
    /// window's memory, the caller's. (Frantar et al. 2021)
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

/// What a method remembers of the batches that it saw: the moments of each layer, the columns of the last batch's Fisher,
/// or the last gradients. `Observe` takes a batch in, `Snapshot` goes back, `Curvature` gives the matrix that is
/// inverted. Owns its tensors.
[<Sealed>]
type internal Statistics(layers: Layer array, recipe: Recipe) =
    let ofLayer = layers |> Array.map (fun layer -> new LayerStatistics(layer, recipe))

    let window =
        match recipe.Curvature with
        | Approximation.Window length when layers.Length > 0 -> ValueSome(new GradientWindow(layers, length))
        | _ -> ValueNone

    // Activations and errors of the last batch, of low-rank curvature, until it is asked for.
    let columns: struct (Activations * torch.Tensor) voption array = Array.create layers.Length ValueNone

    let mutable columnWeight = 1.0

    /// How many rows the last batch before an inversion showed of each layer.
    let rows: int64 array = Array.zeroCreate layers.Length

    let free l =
        match columns[l] with
        | ValueSome struct (A, E) ->
            for tensor in E :: Activations.tensors A do
                tensor.Dispose()

            columns[l] <- ValueNone
        | ValueNone -> ()

    /// Copies, since the next batch may overwrite this one's memory.
    let keepColumns l (seen: Observation) =
        free l

        match seen.Errors with
        | ValueSome E when seen.Calls.Length > 0 ->
            let A = Observation.activations seen |> Activations.map (_.clone() >> Scope.detach)

            columns[l] <- ValueSome struct (A, Scope.detach (E.alias ()))
            columnWeight <- seen.Weight
        | _ -> ()

    let observe inverts l (seen: Observation) =
        ofLayer[l].Observe(seen, inverts)

        if inverts && recipe.Curvature.IsLowRank then keepColumns l seen

        if inverts && recipe.Curvature.IsKronecker && seen.Calls.Length > 0 then
            rows[l] <- Observation.rowCount seen

    let take l =
        let struct (A, E) = columns[l].Value
        let factor = LayerFactor.Product(A |> Activations.map _.alias(), E.alias ())
        free l
        factor

    /// The columns of some layers, which are not kept here any longer.
    let takeColumns (members: int array) =
        if members |> Array.forall (fun l -> columns[l].IsSome) then
            Some { Layers = Array.map take members; Weight = columnWeight }
        else
            None

    member _.OfLayer = ofLayer

    /// The last gradients, where the method keeps them.
    member _.Window = window

    /// How many rows the last batch before an inversion showed of layer l; 0 where its inputs were not recorded.
    member _.RowCount(l: int) = rows[l]

    /// Takes one batch in; `inverts` when an inversion is to follow, which EKFAC's bases are renewed for. Raises, and
    /// changes nothing, when something seen is not finite.
    member _.Observe(seen: Observation voption array, inverts: bool) =
        Array.iter2 (fun layer -> ValueOption.iter (Observation.requireSound layer)) layers seen
        seen |> Array.iteri (fun l -> ValueOption.iter (observe inverts l))

        window |> ValueOption.iter (fun window -> window.Add(seen |> Array.map (ValueOption.bind _.Gradient)))

    /// What goes back to the statistics of now, before one more batch; its tensors belong to the caller's scope.
    member _.Snapshot() =
        let restores = [
            for layer in ofLayer -> layer.Snapshot()
            for window in ValueOption.toList window -> window.Snapshot()
        ]

        fun () ->
            for restore in restores do
                restore ()

    /// Runs `change`; if that raises, the statistics are as before.
    member statistics.Atomically(change: unit -> unit) =
        use _scope = torch.NewDisposeScope()
        let restore = statistics.Snapshot()

        try
            change ()
        with _ ->
            restore ()
            reraise ()

    /// Whether the statistics of some layers are complete.
    member _.AreSeen(recipe: Recipe, members: int array) =
        match recipe.Curvature with
        | Approximation.LowRank _ -> members |> Array.forall (fun l -> columns[l].IsSome)
        | Approximation.Window _ -> window |> ValueOption.exists (fun window -> window.Next > 0)
        | _ -> ofLayer[members[0]].IsSeen

    /// The curvature of some layers by this method's recipe, or by one that is grafted on it, and the inner products of
    /// its columns where they are known; None where nothing was seen. A batch's columns are given once. The tensors are the
    /// caller's.
    member _.Curvature(recipe: Recipe, members: int array) =
        match recipe.Curvature, window with
        | Approximation.LowRank _, _ ->
            let found = takeColumns members |> Option.map (FisherFactor.ofColumns >> Curvature.LowRank)

            struct (found, ValueNone)
        | Approximation.Window _, ValueSome window ->
            struct (Some(Curvature.LowRank window.Factor), ValueSome window.Gram)
        | _ -> struct (ofLayer[members[0]].Curvature recipe.Curvature, ValueNone)

    interface IDisposable with
        member _.Dispose() =
            for layer in ofLayer do
                (layer :> IDisposable).Dispose()

            Array.iteri (fun l _ -> free l) columns
            window |> ValueOption.iter (fun window -> (window :> IDisposable).Dispose())
