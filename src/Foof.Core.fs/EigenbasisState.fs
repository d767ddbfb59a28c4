namespace Foof

open System
open TorchSharp

/// EKFAC's part of what is remembered of one layer: the eigenbasis in use and the second moments of the gradients in it.
/// Owns its tensors.
[<Sealed>]
type internal EigenbasisState(layer: Layer) =
    let g, d_in = Layer.groups layer, Layer.inputs layer
    let d_out = Layer.outputs layer / g
    let mutable basis: struct (torch.Tensor * torch.Tensor) voption = ValueNone
    let spectrum = ref (Moment.init [| g; d_out; d_in |] layer.Weight)

    /// The shapes of Q_E and Q_A.
    member _.Shapes = struct ([| g; d_out; d_out |], [| g; d_in; d_in |])

    /// Q_E and Q_A, which it takes over; the old ones are freed.
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

    /// S, the second moments in this basis.
    member _.Spectrum = spectrum

    /// The curvature in this basis, if there is one that has seen a batch. Its tensors are handles of their own: an
    /// inverse that shares them is freed by itself.
    member _.Curvature =
        match basis with
        | ValueSome struct (Q_E, Q_A) when spectrum.Value.Weight > 0.0 ->
            let S = Moment.value spectrum.Value
            Some(Curvature.Eigenbasis(Side.Full(Q_E.alias ()), Side.Full(Q_A.alias ()), S))
        | _ -> None

    /// Takes the second moments of one batch in, where there is a basis and the batch shows errors.
    member _.Observe(memory: Memory, seen: Observation) =
        match basis, seen.Activations, seen.Errors with
        | ValueSome struct (Q_E, Q_A), ValueSome A, ValueSome E ->
            let S = Statistic.spectrum Q_E Q_A seen.Weight (LayerFactor.Product(A, E))
            spectrum.Value <- Moment.accumulate memory S spectrum.Value
        | _ -> ()

    /// A new basis from E and A, with the second moments of the present batch in it. Without a batch the basis stays, or
    /// gets K-FAC's spectrum if it is the first one. False when E or A is not finite.
    member state.Renew(memory: Memory, E: unit -> Side, A: unit -> Side, seen: Observation voption) =
        let like = layer.Weight: torch.Tensor

        let eigen side =
            Factorization.eigen (Side.dense like (side ()))

        let restart (struct (s_E: torch.Tensor, Q_E)) (struct (s_A: torch.Tensor, Q_A)) =
            state.Basis <- ValueSome struct (Q_E, Q_A)
            spectrum.Value.Sum.zero_ () |> ignore
            spectrum.Value <- { spectrum.Value with Weight = 0.0 }

            match seen with
            | ValueSome seen when seen.Errors.IsSome && seen.Activations.IsSome -> state.Observe(memory, seen)
            | _ ->
                spectrum.Value <-
                    Moment.accumulate memory (s_E.unsqueeze 2L * s_A.unsqueeze 1L) spectrum.Value

        if basis.IsSome && seen |> ValueOption.forall _.Errors.IsNone then
            true
        else
            match eigen E, eigen A with
            | Some E, Some A ->
                restart E A
                true
            | _ -> false

    interface IDisposable with
        member state.Dispose() =
            spectrum.Value.Sum.Dispose()
            state.Basis <- ValueNone
