namespace Foof

open System
open TorchSharp

/// What is remembered of one layer: a moment for each statistic of the method, and EKFAC's basis.
/// Owns its tensors.
[<Sealed>]
type internal LayerStatistics(layer: Layer, recipe: Recipe) =
    let recipe = Recipe.ofLayer layer recipe
    let sides = Recipe.sides recipe

    let moments = dict [ for side in sides -> side, ref (Moment.init (SideStatistics.shape layer side) layer.Weight) ]

    let eigenbasis = if recipe.Curvature.IsEigenbasis then ValueSome(new Eigenbasis(layer)) else ValueNone

    let value statistic = Moment.value moments[statistic].Value

    /// A statistic as a Kronecker factor, in the caller's scope: Psi is divided by its trace.
    let side statistic =
        match statistic with
        | SideStatistic.Identity -> Side.Identity(Layer.outputs layer / Layer.groups layer, 1.0)
        | SideStatistic.WeightedErrors -> Side.Full(Structure.traceScaled (value statistic))
        | _ -> Side.ofTensor (value statistic)

    let isSeen () = moments.Values |> Seq.forall (fun moment -> moment.Value.Weight > 0.0)

    let accumulate (seen: Observation) side =
        let moment = moments[side]
        match SideStatistics.rows layer side seen with
        | ValueSome parts ->
            let halved = recipe.Cadence.StatisticsSteps > 1
            moment.Value <- Moment.accumulateParts recipe.Memory halved parts moment.Value
        | ValueNone ->
            SideStatistics.ofBatch layer side seen
            |> ValueOption.iter (fun x -> moment.Value <- Moment.accumulate recipe.Memory x moment.Value)

    /// Goes over to the eigenbasis of the moments as they are by now.
    let renew (own: Eigenbasis) =
        match recipe.Curvature with
        | Approximation.Eigenbasis(E, A) when isSeen () -> own.Renew(side E, side A)
        | _ -> ()

    /// EKFAC's second moments of one batch; where `renews`, in the eigenbasis of the moments as they are by now.
    let observeSpectrum (own: Eigenbasis) renews seen =
        if seen.Errors.IsSome && seen.Calls.Length > 0 then
            if renews then renew own
            own.Observe(recipe.Memory, seen)

    /// Whose statistics they are.
    member _.Layer = layer
    /// The moment of each statistic; they stay the owner's.
    member _.Moments = moments

    /// EKFAC's; ValueNone for other methods.
    member _.Eigenbasis = eigenbasis

    /// Whether every statistic has been seen.
    member _.IsSeen = isSeen ()

    /// Takes one batch in; `renews` EKFAC's basis.
    member _.Observe(seen: Observation, renews: bool) =
        Scope.value (fun () ->
            sides |> List.iter (accumulate seen)
            eigenbasis |> ValueOption.iter (fun own -> observeSpectrum own renews seen))

    /// Renews EKFAC's basis without a batch.
    member _.Renew() = eigenbasis |> ValueOption.iter renew

    /// The curvature that a method, the recipe or one grafted on it, makes of these moments, a Kronecker product, an eigenbasis or a product of two
    /// means; None where there is no eigenbasis. Its tensors are the caller's.
    member _.Curvature(ofAll: Recipe) =
        match (Recipe.ofLayer layer ofAll).Curvature with
        | Approximation.Kronecker(E, A) -> Some(Curvature.Kronecker(side E, side A))
        | Approximation.RankOne ->
            Some(Structure.rankOne (value SideStatistic.MeanErrors) (value SideStatistic.MeanActivations))
        | Approximation.Eigenbasis _ -> eigenbasis |> ValueOption.toOption |> Option.bind _.Curvature
        | Approximation.LowRank _
        | Approximation.Window _ -> None

    /// The sum of the moments' traces, to see whether they moved.
    member _.Trace =
        Scope.value (fun () ->
            moments.Values
            |> Seq.sumBy (fun moment ->
                let value = Moment.value moment.Value
                let diagonal = if value.dim () = 3L then torch.diagonal (value, 0L, 1L, 2L) else value
                Numbers.number (diagonal.sum ())))

    /// What goes back to the moments and the basis of now; its tensors belong to the caller's scope.
    member _.Snapshot() =
        let kept = [ for moment in moments.Values -> struct (moment, Moment.snapshot moment.Value) ]
        let basis = eigenbasis |> ValueOption.map _.Snapshot()
        fun () ->
            for struct (moment, snapshot) in kept do
                moment.Value <- Moment.restored snapshot moment.Value
            basis |> ValueOption.iter (fun restore -> restore ())

    interface IDisposable with
        member _.Dispose() =
            for moment in moments.Values do
                Moment.free moment.Value
            eigenbasis |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())
