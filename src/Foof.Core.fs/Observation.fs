namespace Foof

open TorchSharp

/// What one batch shows of one layer. It does not own its tensors.
[<ReferenceEquality>]
type Observation = {
    /// The inputs, if they were recorded.
    Activations: Activations voption
    /// E [g; m; R; d_out/g], where the method needs errors.
    Errors: torch.Tensor voption
    /// What each column of errors counts.
    Weight: float
    /// The mini-batch's gradient [d_out; d_in], where the method needs it.
    Gradient: torch.Tensor voption
}

/// Statistics of an observation, side by side.
[<RequireQualifiedAccess>]
module internal Observation =

    /// The shape of a side's statistic for a layer.
    let shape (layer: Layer) (side: SideStatistic) =
        let g, d_in = Layer.groups layer, Layer.inputs layer
        let d_out = Layer.outputs layer / g

        match side, layer.Geometry with
        | SideStatistic.Activations positions, Geometry.Lookup _ when positions <> Positions.Pooled -> [|
            g
            d_in
          |]
        | SideStatistic.Activations _, _
        | SideStatistic.WeightedActivations, _
        | SideStatistic.GradientColumns, _ -> [| g; d_in; d_in |]
        | SideStatistic.Errors _, _
        | SideStatistic.WeightedErrors, _
        | SideStatistic.GradientRows, _ -> [| g; d_out; d_out |]
        | SideStatistic.MeanActivations, _ -> [| g; d_in |]
        | SideStatistic.MeanErrors, _ -> [| g; d_out |]
        | SideStatistic.Identity, _ -> [| 0L |]

    let private factor (activations: Activations) (E: torch.Tensor) = LayerFactor.Product(activations, E)

    /// One side's statistic; none when the observation does not show it.
    let statistic (layer: Layer) (side: SideStatistic) (seen: Observation) =
        let g = Layer.groups layer

        match side, seen.Activations, seen.Errors, seen.Gradient with
        | SideStatistic.Activations positions, ValueSome A, _, _ ->
            ValueSome(Statistic.activations positions layer.Weight.dtype A)
        | SideStatistic.MeanActivations, ValueSome A, _, _ ->
            ValueSome(Statistic.meanActivation layer.Weight.dtype A)
        | SideStatistic.Errors positions, _, ValueSome E, _ ->
            ValueSome(Statistic.errors positions seen.Weight E)
        | SideStatistic.MeanErrors, _, ValueSome E, _ -> ValueSome(Statistic.meanError E)
        | SideStatistic.WeightedErrors, ValueSome A, ValueSome E, _ ->
            ValueSome(Statistic.weightedErrors g seen.Weight (factor A E))
        | SideStatistic.WeightedActivations, ValueSome A, ValueSome E, _ ->
            ValueSome(Statistic.weightedActivations g seen.Weight (factor A E))
        | SideStatistic.GradientRows, _, _, ValueSome gradient ->
            let G = Curvature.grouped g gradient
            ValueSome(G.matmul (G.transpose (1L, 2L)))
        | SideStatistic.GradientColumns, _, _, ValueSome gradient ->
            let G = Curvature.grouped g gradient
            ValueSome(G.transpose(1L, 2L).matmul G)
        | _ -> ValueNone

    /// Rows X and a scale with the statistic scale X^T X, where it is that of a layer without groups.
    let rows (side: SideStatistic) (seen: Observation) =
        match side, seen.Activations, seen.Errors with
        | SideStatistic.Activations positions, ValueSome(Activations.Rows A), _ when
            A.size 0 = 1L && positions <> Positions.Pooled
            ->
            let n = float (A.size 1)

            let count =
                if positions = Positions.Summed then
                    n
                else
                    n * float (A.size 2)

            ValueSome struct (A.reshape (-1L, A.size 3), 1.0 / count)
        | SideStatistic.Errors positions, _, ValueSome E when E.size 0 = 1L && positions <> Positions.Pooled ->
            let share =
                if positions = Positions.Summed then
                    1.0
                else
                    1.0 / float (E.size 2)

            ValueSome struct (E.reshape (-1L, E.size 3), seen.Weight * share)
        | _ -> ValueNone

    /// What a batch shows of one layer: its recorded calls, its column of the errors with what that counts, and its
    /// gradient; none when it shows nothing.
    let ofLayer
        (calls: Record array)
        (errors: struct (LayerFactor * float) voption)
        (gradient: torch.Tensor voption)
        =
        match errors, calls, gradient with
        | ValueNone, [||], ValueNone -> ValueNone
        | ValueSome struct (LayerFactor.Product(A, E), weight), _, _ ->
            ValueSome {
                Activations = ValueSome A
                Errors = ValueSome E
                Weight = weight
                Gradient = gradient
            }
        | _ ->
            ValueSome {
                Activations =
                    if calls.Length = 0 then
                        ValueNone
                    else
                        ValueSome(Record.activations calls)
                Errors = ValueNone
                Weight = 1.0
                Gradient = gradient
            }
