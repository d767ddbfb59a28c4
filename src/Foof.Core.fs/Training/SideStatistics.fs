namespace Foof

open TorchSharp

/// What a batch adds to the statistics of one layer, side by side.
[<RequireQualifiedAccess>]
module internal SideStatistics =

    /// The shape of a side's statistic for a layer: [g; d_in; d_in], [g; d_out/g; d_out/g], of a vector or an
    /// embedding's diagonal without the last dimension, and [0] of the identity.
    let shape (layer: Layer) (side: SideStatistic) =
        let g, d_in = Layer.groups layer, Layer.inputs layer
        let d_out = Layer.outputs layer / g
        match side, layer.Geometry with
        | SideStatistic.Activations positions, Geometry.Lookup _ when positions <> Positions.Pooled -> [| g; d_in |]
        | SideStatistic.Activations _, _
        | SideStatistic.WeightedActivations, _
        | SideStatistic.GradientColumns, _ -> [| g; d_in; d_in |]
        | SideStatistic.Errors _, _
        | SideStatistic.WeightedErrors, _
        | SideStatistic.GradientRows, _ -> [| g; d_out; d_out |]
        | SideStatistic.MeanActivations, _ -> [| g; d_in |]
        | SideStatistic.MeanErrors, _ -> [| g; d_out |]
        | SideStatistic.Identity, _ -> [| 0L |]

    /// A mean over data points of something made of the activations, part by part.
    let private mean (seen: Observation) (of': Activations -> torch.Tensor) =
        Record.parts seen.Budget seen.Share seen.Calls
        |> Seq.fold
            (fun (sum: torch.Tensor) (struct (part: unit -> Activations, share: float)) ->
                Scope.tensor (fun () ->
                    let own = of' (part ())
                    if isNull sum then own * share else sum.add_ (own, share.ToScalar())))
            null

    /// The share of the positions that count; ValueNone where none is masked.
    let private fill (seen: Observation) =
        if seen.Calls |> Array.exists _.Mask.IsSome then
            ValueSome(Scope.value (fun () -> Observation.activations seen |> Activations.fill))
        else
            ValueNone

    /// sum a a^T of one call's input, [g; d_in; d_in], and the positions of a data point, where that is found without
    /// rows.
    let private moment (layer: Layer) (seen: Observation) (inputs: torch.Tensor array) =
        let withOnes = layer.Bias.IsSome
        let patches window = inputs |> Array.sumBy (fun images -> images.size 0 * Patches.count window images)
        match layer.Geometry with
        | Geometry.Convolution window when
            ConvolutionMoment.suits window (Patches.channels window layer.Weight.shape)
            && patches window >= ConvolutionMoment.LeastPatches
            ->
            ValueSome(fun (images: torch.Tensor) ->
                let sum = ConvolutionMoment.ofImages seen.Budget window withOnes images
                struct (sum.unsqueeze 0L, float (Patches.count window images)))
        // Part of a batch is normalised by the whole of it.
        | Geometry.Scale normalisation when seen.Share >= 1.0 ->
            ValueSome(fun (input: torch.Tensor) ->
                let sum = Normalised.moment normalisation withOnes input
                struct (sum, float (input.numel ()) / float (input.size 0 * Layer.groups layer)))
        | _ -> ValueNone

    /// A_bar of a layer's inputs, made when it is asked for, where that is found without rows.
    /// Shapes: -> [g; d_in; d_in].
    let private ofInputs (layer: Layer) positions (seen: Observation) =
        let ofCalls (struct (inputs: torch.Tensor array, n: int64)) =
            let ofCall moment input =
                let struct (sum: torch.Tensor, R: float) = moment input
                let n = float n
                let count = if positions = Positions.Averaged then n * R else n
                sum.div_ (count.ToScalar())

            let ofAll moment () =
                Scope.tensor (fun () -> inputs |> Array.map (ofCall moment) |> Array.reduce (fun x y -> x.add_ y))

            moment layer seen inputs |> ValueOption.map ofAll

        if positions = Positions.Pooled || seen.Calls.Length = 0 then
            ValueNone
        else
            Record.inputs seen.Share seen.Calls |> ValueOption.bind ofCalls

    /// A_bar of a convolution's mean patches, made when it is asked for.
    /// Shapes: -> [g; d_in; d_in].
    let private ofMeanPatches (layer: Layer) (seen: Observation) =
        match layer.Geometry, Record.inputs seen.Share seen.Calls with
        | Geometry.Convolution window, ValueSome struct (inputs, _) ->
            let make () =
                Scope.tensor (fun () ->
                    let means = inputs |> Array.map (Patches.means window layer.Bias.IsSome)
                    Activations.rows ((torch.cat (means, 1L)).unsqueeze 2L)
                    |> Statistic.activations Positions.Summed layer.Weight.dtype)
            ValueSome make
        | _ -> ValueNone

    /// One side's statistic of a batch, a mean over its data points; ValueNone when the observation does not show it.
    /// Shapes: -> `shape`, a fresh tensor in the caller's scope.
    let ofBatch (layer: Layer) (side: SideStatistic) (seen: Observation) =
        let g = Layer.groups layer
        let isShown = seen.Calls.Length > 0
        let factor E = LayerFactor.Product(Observation.activations seen, E)
        match side, seen.Errors, seen.Gradient with
        | SideStatistic.Activations positions, _, _ when isShown ->
            let known = if positions = Positions.Pooled then ofMeanPatches layer seen else ofInputs layer positions seen
            match known with
            | ValueSome make -> ValueSome(make ())
            | ValueNone -> ValueSome(mean seen (Statistic.activations positions layer.Weight.dtype))
        | SideStatistic.MeanActivations, _, _ when isShown ->
            ValueSome(mean seen (Statistic.meanActivation layer.Weight.dtype))
        | SideStatistic.Errors positions, ValueSome E, _ ->
            let fill = if positions = Positions.Averaged then fill seen else ValueNone
            ValueSome(Statistic.errors positions (seen.Weight / ValueOption.defaultValue 1.0 fill) E)
        | SideStatistic.MeanErrors, ValueSome E, _ ->
            let mean = Statistic.meanError E
            ValueSome(fill seen |> ValueOption.fold (fun (mean: torch.Tensor) fill -> mean / fill) mean)
        | SideStatistic.WeightedErrors, ValueSome E, _ when isShown ->
            ValueSome(Statistic.weightedErrors g seen.Weight (factor E))
        | SideStatistic.WeightedActivations, ValueSome E, _ when isShown ->
            ValueSome(Statistic.weightedActivations g seen.Weight (factor E))
        | SideStatistic.GradientRows, _, ValueSome gradient ->
            let G = Curvature.grouped g gradient
            ValueSome(G.bmm (G.transpose (1L, 2L)))
        | SideStatistic.GradientColumns, _, ValueSome gradient ->
            let G = Curvature.grouped g gradient
            ValueSome(G.transpose(1L, 2L).bmm G)
        | _ -> ValueNone

    /// Rows X [k; d] with scales, such that the statistic is the sum of scale X^T X, where it is that of a layer
    /// without groups; part by part, each made when it is asked for.
    let rows (layer: Layer) (side: SideStatistic) (seen: Observation) =
        let isMatrix = Layer.groups layer = 1L && not layer.Geometry.IsLookup
        match side, seen.Errors with
        | SideStatistic.Activations positions, _ when
            isMatrix && seen.Calls.Length > 0 && positions <> Positions.Pooled && (ofInputs layer positions seen).IsNone
            ->
            let ofPart (struct (part: unit -> Activations, share: float)) () =
                let part = part ()
                let A = (Activations.tensors part).Head
                let count = if positions = Positions.Summed then float (A.size 1) else Activations.rowCount part
                struct (A.reshape (-1L, A.size 3), share / count)

            Record.parts seen.Budget seen.Share seen.Calls |> Seq.map ofPart |> ValueSome
        | SideStatistic.Errors positions, ValueSome E when E.size 0 = 1L && positions <> Positions.Pooled ->
            let share =
                if positions = Positions.Summed then
                    1.0
                else
                    1.0 / (float (E.size 2) * ValueOption.defaultValue 1.0 (fill seen))
            ValueSome(Seq.singleton (fun () -> struct (E.reshape (-1L, E.size 3), seen.Weight * share)))
        | _ -> ValueNone
