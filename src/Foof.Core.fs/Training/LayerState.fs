namespace Foof

open System
open TorchSharp

/// What is remembered of one layer: a moment for each statistic of the method, and EKFAC's basis. Owns its tensors.
[<Sealed>]
type internal LayerState(layer: Layer, recipe: Recipe) =
    let sides = Recipe.sides recipe

    let moments =
        dict [
            for side in sides -> side, ref (Moment.init (Observation.shape layer side) layer.Weight)
        ]

    let eigenbasis =
        if recipe.Curvature.IsEigenbasis then
            ValueSome(new EigenbasisState(layer))
        else
            ValueNone

    member _.Layer = layer
    member _.Sides = sides
    member _.Moments = moments

    /// EKFAC's, if the method has one.
    member _.Eigenbasis = eigenbasis

    /// Whether every statistic has been seen.
    member _.IsSeen =
        moments.Values |> Seq.forall (fun moment -> moment.Value.Weight > 0.0)

    /// All moments, the spectrum's among them.
    member _.AllMoments =
        Seq.append moments.Values (eigenbasis |> ValueOption.toArray |> Seq.map _.Spectrum)

    interface IDisposable with
        member state.Dispose() =
            for moment in moments.Values do
                Moment.free moment.Value

            eigenbasis |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())

/// What happens to the statistics of all layers in a step.
[<RequireQualifiedAccess>]
module internal LayerState =

    let private accumulate (recipe: Recipe) (layer: Layer) side (seen: Observation) (moment: Moment ref) =
        match Observation.rows layer side seen with
        | ValueSome parts ->
            let halved = recipe.Cadence.StatisticsSteps > 1
            moment.Value <- Moment.accumulateParts recipe.Memory halved parts moment.Value
        | ValueNone ->
            match Observation.statistic layer side seen with
            | ValueSome x -> moment.Value <- Moment.accumulate recipe.Memory x moment.Value
            | ValueNone -> ()

    /// Takes one batch's observation of a layer into its moments.
    let observe (recipe: Recipe) (state: LayerState) (seen: Observation) =
        Scope.value (fun () ->
            for side in state.Sides do
                accumulate recipe state.Layer side seen state.Moments[side])

    let private side (state: LayerState) (statistic: SideStatistic) =
        match statistic with
        | SideStatistic.Identity -> Side.Identity(Layer.outputs state.Layer / Layer.groups state.Layer, 1.0)
        | SideStatistic.WeightedErrors ->
            Side.Full(Structure.traceScaled (Moment.value state.Moments[statistic].Value))
        | _ -> Side.ofTensor (Moment.value state.Moments[statistic].Value)

    /// Takes one batch's second moments into EKFAC's spectrum; where `renews`, in the eigenbasis of the
    /// moments as they are by now.
    let observeSpectrum (recipe: Recipe) (state: LayerState) (renews: bool) (seen: Observation) =
        match recipe.Curvature, state.Eigenbasis with
        | Approximation.Eigenbasis(E, A), ValueSome own when seen.Errors.IsSome && seen.Calls.Length > 0 ->
            Scope.value (fun () ->
                if renews && state.IsSeen then
                    own.Renew(side state E, side state A)

                own.Observe(recipe.Memory, seen))
        | _ -> ()

    /// The curvature of one layer that a method makes of its moments; None where they are not finite.
    let curvature (recipe: Recipe) (state: LayerState) =
        match recipe.Curvature with
        | Approximation.Kronecker(E, A) -> Some(Curvature.Kronecker(side state E, side state A))
        | Approximation.RankOne ->
            let mean statistic =
                Moment.value state.Moments[statistic].Value

            Some(Structure.rankOne (mean SideStatistic.MeanErrors) (mean SideStatistic.MeanActivations))
        | Approximation.Eigenbasis _ -> state.Eigenbasis.Value.Curvature
        | Approximation.LowRank _
        | Approximation.Window _ -> None

    /// The sum of the traces of a layer's moments, to see whether they moved.
    let trace (state: LayerState) =
        Scope.value (fun () ->
            state.Moments.Values
            |> Seq.sumBy (fun moment ->
                let value = Moment.value moment.Value

                let diagonal =
                    if value.dim () = 3L then
                        torch.diagonal (value, 0L, 1L, 2L)
                    else
                        value.square ()

                Numbers.number (diagonal.sum ())))

    /// Raises unless everything seen of a layer is finite, and so are its squares, which statistics are made of.
    let requireSound (state: LayerState) (seen: Observation) =
        let require what =
            Numbers.requireFiniteSquares
                (Layer.describe state.Layer)
                what
                "check the data for NaN, lower the learning rate or raise the damping"

        // No element of a statistic exceeds the sum of the squares of what its rows are made of.
        for call in seen.Calls do
            require "inputs" call.Input

        seen.Errors |> ValueOption.iter (require "errors")
        seen.Gradient |> ValueOption.iter (require "gradients")

    /// Runs `change`; if that raises, the moments and bases are as before.
    let atomically (states: LayerState array) (change: unit -> unit) =
        use _scope = torch.NewDisposeScope()

        let moments = [|
            for state in states do
                for moment in state.AllMoments do
                    struct (moment, Moment.snapshot moment.Value)
        |]

        // A basis is replaced, never written to: another handle keeps it.
        let bases = [|
            for state in states do
                match state.Eigenbasis with
                | ValueSome own ->
                    struct (own,
                            own.Basis
                            |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Q_E.alias (), Q_A.alias ())))
                | ValueNone -> ()
        |]

        try
            change ()
        with _ ->
            for struct (moment, snapshot) in moments do
                moment.Value <- Moment.restored snapshot moment.Value

            for struct (own, basis) in bases do
                own.Basis <- basis

            reraise ()
