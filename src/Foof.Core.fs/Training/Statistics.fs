namespace Foof

open System
open TorchSharp

/// What a method remembers of the batches that it saw: the moments of each layer, the columns of the last batch's
/// Fisher, or the last gradients. `Observe` takes a batch in, `Snapshot` goes back, `Curvature` gives the matrix that
/// is inverted.
/// Owns its tensors.
[<Sealed>]
type internal Statistics(layers: Layer array, recipe: Recipe) =
    let ofLayer = layers |> Array.map (fun layer -> new LayerStatistics(layer, recipe))

    let window =
        match recipe.Curvature with
        | Approximation.Window length when layers.Length > 0 -> ValueSome(new GradientWindow(layers, length))
        | _ -> ValueNone

    // Activations and errors of the last batch, of low-rank curvature, until it is asked for.
    let columns: struct (Activations * torch.Tensor) voption array = Array.create layers.Length ValueNone

    /// What each of these columns counts.
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

    /// The columns of layer l, which is left without them; they belong to the caller.
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

    /// The moments of each layer, in the layers' order.
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

    /// Renews EKFAC's bases without a batch.
    member _.Renew() = Scope.value (fun () -> ofLayer |> Array.iter _.Renew())

    /// What goes back to the moments and the window of now, before one more batch; its tensors belong to the caller's
    /// scope. The columns of the last batch are not among them.
    member _.Snapshot() =
        let restores = [
            for layer in ofLayer -> layer.Snapshot()
            for window in ValueOption.toList window -> window.Snapshot()
        ]
        fun () ->
            for restore in restores do
                restore ()

    /// Runs `change`; if that raises, the moments and the window are as before.
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
    /// its columns where they are known; None where nothing was seen. A batch's columns are given once. The tensors are
    /// the caller's.
    member _.Curvature(recipe: Recipe, members: int array) =
        match recipe.Curvature, window with
        | Approximation.LowRank _, _ ->
            let found = takeColumns members |> Option.map (FisherFactor.ofColumns >> Curvature.LowRank)
            struct (found, ValueNone)
        | Approximation.Window _, ValueSome window ->
            struct (Some(Curvature.LowRank window.Factor), ValueSome window.Gram)
        | _ -> struct (ofLayer[members[0]].Curvature recipe, ValueNone)

    interface IDisposable with
        member _.Dispose() =
            for layer in ofLayer do
                (layer :> IDisposable).Dispose()
            Array.iteri (fun l _ -> free l) columns
            window |> ValueOption.iter (fun window -> (window :> IDisposable).Dispose())
