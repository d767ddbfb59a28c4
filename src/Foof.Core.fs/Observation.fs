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

    let private groups (layer: Layer) = Layer.groups layer

    /// The shape of a side's statistic for a layer.
    let shape (layer: Layer) (side: SideStatistic) =
        let g, d_in = groups layer, Layer.inputs layer
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
        let g = groups layer

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

    /// The activations of all recorded calls of a layer: calls in one pass of the model are positions of the same data
    /// points, further passes are further data points.
    let joined (layer: Layer) (calls: Record array) =
        calls
        |> Array.groupBy _.Pass
        |> Array.map (fun (_, pass) ->
            pass
            |> Array.map (fun call -> Layer.activations layer call.Input)
            |> Activations.joinPositions)
        |> Activations.joinDataPoints

/// What to say where a direction cannot be had.
[<RequireQualifiedAccess>]
module internal Missing =

    /// Raises that `layer` cannot be preconditioned.
    let inverse (recipe: Recipe) (layer: Layer) : unit =
        let remedy =
            if Recipe.needsErrors recipe then
                $"'{recipe.Name}' takes errors: train with Step(input, target), or call Observe(input, target) before step."
            else
                "call the model and its layers with call(), not forward(), in training mode."

        invalidOp $"{Layer.describe layer} has a gradient but no recorded input: {remedy}"
