namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// What is remembered of one layer: a moment for each statistic of the method. Owns its tensors.
[<Sealed>]
type internal LayerState(layer: Layer, sides: SideStatistic list) =
    let moments =
        dict [
            for side in sides -> side, ref (Moment.init (Observation.shape layer side) layer.Weight)
        ]

    // EKFAC's: the eigenbasis in use and the second moments in it.
    let mutable basis: struct (torch.Tensor * torch.Tensor) voption = ValueNone

    let spectrum =
        let g = Layer.groups layer
        ref (Moment.init [| g; Layer.outputs layer / g; Layer.inputs layer |] layer.Weight)

    member _.Layer = layer
    member _.Sides = sides
    member _.Moments = moments
    member _.Spectrum = spectrum

    /// Q_E and Q_A; the old ones are freed by `Replace`.
    member _.Basis
        with get () = basis
        and set (value: struct (torch.Tensor * torch.Tensor) voption) =
            basis
            |> ValueOption.iter (fun struct (Q_E, Q_A) ->
                Q_E.Dispose()
                Q_A.Dispose())

            basis <-
                value
                |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Scope.detach Q_E, Scope.detach Q_A))

    /// Whether every statistic has been seen.
    member _.IsSeen =
        moments.Values |> Seq.forall (fun moment -> moment.Value.Weight > 0.0)

    /// All moments, the spectrum's among them.
    member _.AllMoments = Seq.append moments.Values [ spectrum ]

    interface IDisposable with
        member state.Dispose() =
            for moment in state.AllMoments do
                moment.Value.Sum.Dispose()

            state.Basis <- ValueNone

/// What happens to the statistics of all layers in a step.
[<RequireQualifiedAccess>]
module internal LayerState =

    let private accumulate memory (layer: Layer) side (seen: Observation) (moment: Moment ref) =
        match Observation.rows side seen with
        | ValueSome struct (X, scale) -> moment.Value <- Moment.accumulateRows memory scale X moment.Value
        | ValueNone ->
            match Observation.statistic layer side seen with
            | ValueSome x -> moment.Value <- Moment.accumulate memory x moment.Value
            | ValueNone -> ()

    let private accumulateSpectrum memory (state: LayerState) (seen: Observation) =
        match state.Basis, seen.Activations, seen.Errors with
        | ValueSome struct (Q_E, Q_A), ValueSome A, ValueSome E ->
            let S = Statistic.spectrum Q_E Q_A seen.Weight (LayerFactor.Product(A, E))
            state.Spectrum.Value <- Moment.accumulate memory S state.Spectrum.Value
        | _ -> ()

    /// Takes one batch's observation of a layer into its moments.
    let observe memory (state: LayerState) (seen: Observation) =
        Scope.value (fun () ->
            for side in state.Sides do
                accumulate memory state.Layer side seen state.Moments[side]

            accumulateSpectrum memory state seen)

    let private side (state: LayerState) (statistic: SideStatistic) =
        match statistic with
        | SideStatistic.Identity -> Side.Identity(Layer.outputs state.Layer / Layer.groups state.Layer, 1.0)
        | SideStatistic.WeightedErrors ->
            Side.Full(Structure.traceScaled (Moment.value state.Moments[statistic].Value))
        | _ -> Side.ofTensor (Moment.value state.Moments[statistic].Value)

    /// A new eigenbasis from the moments, with the second moments of the present batch in it. Without a batch the basis
    /// stays, or gets K-FAC's spectrum if it is the first one.
    let private renewBasis memory (state: LayerState) E A (seen: Observation voption) =
        let like = state.Layer.Weight: torch.Tensor

        let eigen statistic =
            Factorization.eigen (Side.dense like (side state statistic))

        let renewed (struct (s_E: torch.Tensor, Q_E)) (struct (s_A: torch.Tensor, Q_A)) =
            state.Basis <- ValueSome struct (Q_E, Q_A)

            state.Spectrum.Value <- {
                state.Spectrum.Value with
                    Weight = 0.0
            }

            state.Spectrum.Value.Sum.zero_ () |> ignore

            match seen with
            | ValueSome seen when seen.Errors.IsSome && seen.Activations.IsSome ->
                accumulateSpectrum memory state seen
            | _ ->
                state.Spectrum.Value <-
                    Moment.accumulate memory (s_E.unsqueeze 2L * s_A.unsqueeze 1L) state.Spectrum.Value

        if state.Basis.IsSome && seen |> ValueOption.forall _.Errors.IsNone then
            true
        else
            match eigen E, eigen A with
            | Some E, Some A ->
                renewed E A
                true
            | _ -> false

    /// The curvature of one layer that a method makes of its moments; None where they are not finite.
    let curvature (recipe: Recipe) (state: LayerState) (seen: Observation voption) =
        match recipe.Curvature with
        | Approximation.Kronecker(E, A) -> Some(Curvature.Kronecker(side state E, side state A))
        | Approximation.RankOne ->
            let mean statistic =
                Moment.value state.Moments[statistic].Value

            Some(Structure.rankOne (mean SideStatistic.MeanErrors) (mean SideStatistic.MeanActivations))
        | Approximation.Eigenbasis(E, A) ->
            if renewBasis recipe.Memory state E A seen then
                let struct (Q_E, Q_A) = state.Basis.Value
                // Handles of their own: the inverse is freed by itself.
                Some(
                    Curvature.Eigenbasis(
                        Side.Full(Q_E.alias ()),
                        Side.Full(Q_A.alias ()),
                        Moment.value state.Spectrum.Value
                    )
                )
            else
                None
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

                Reading.number (diagonal.sum ())))

    let private requireFinite (layer: Layer) (what: string) (tensor: torch.Tensor) =
        let bad =
            if tensor.is_floating_point () then
                Reading.countNotFinite tensor
            else
                0L

        if bad > 0L then
            raise (
                NumericalFailure(
                    $"{bad} of {tensor.numel ()} {what} are not finite",
                    Layer.describe layer,
                    "check the data for NaN, lower the learning rate or raise the damping"
                )
            )

    /// Raises unless everything seen of a layer is finite.
    let requireSound (state: LayerState) (seen: Observation) =
        seen.Activations
        |> ValueOption.iter (Activations.tensors >> List.iter (requireFinite state.Layer "inputs"))

        seen.Errors |> ValueOption.iter (requireFinite state.Layer "errors")
        seen.Gradient |> ValueOption.iter (requireFinite state.Layer "gradients")

    /// Runs `change`; if that raises, the moments and bases are as before.
    let atomically (states: LayerState array) (change: unit -> unit) =
        use _scope = torch.NewDisposeScope()

        let moments = [|
            for state in states do
                for moment in state.AllMoments do
                    struct (moment, moment.Value, moment.Value.Sum.clone ())
        |]

        let bases =
            states
            |> Array.map (fun state ->
                state.Basis
                |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Q_E.clone (), Q_A.clone ())))

        try
            change ()
        with _ ->
            for struct (moment, old, sum) in moments do
                old.Sum.copy_ sum |> ignore
                moment.Value <- old

            Array.iter2 (fun (state: LayerState) basis -> state.Basis <- basis) states bases
            reraise ()
