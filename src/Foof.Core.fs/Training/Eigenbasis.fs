namespace Foof

open System
open TorchSharp

/// EKFAC's part of what is remembered of one layer: the eigenbasis in use and the second moments of the gradients in
/// it.
/// Owns its tensors.
[<Sealed>]
type internal Eigenbasis(layer: Layer) =
    let g, d_in = Layer.groups layer, Layer.inputs layer
    let d_out = Layer.outputs layer / g
    let mutable basis: struct (torch.Tensor * torch.Tensor) voption = ValueNone
    let spectrum = ref (Moment.init [| g; d_out; d_in |] layer.Weight)

    /// S as it is in another basis.
    let turn (Q_E: torch.Tensor) (Q_A: torch.Tensor) =
        match basis with
        | ValueSome struct (oldE, oldA) ->
            let between (fresh: torch.Tensor) (old: torch.Tensor) = Side.Full(fresh.transpose(1L, 2L).bmm old)
            let S = Moment.sum spectrum.Value
            let turned = Kronecker.diagonalInBasis (between Q_E oldE) (between Q_A oldA) S
            S.copy_ (turned.view S.shape) |> ignore
        | ValueNone -> ()

    /// The shapes of Q_E and Q_A.
    member _.Shapes = struct ([| g; d_out; d_out |], [| g; d_in; d_in |])

    /// Q_E [g; d_out/g; d_out/g] and Q_A [g; d_in; d_in], which it takes over; the old ones are freed. ValueNone before
    /// the first one.
    member _.Basis
        with get () = basis
        and set (value: struct (torch.Tensor * torch.Tensor) voption) =
            basis
            |> ValueOption.iter (fun struct (Q_E, Q_A) ->
                Q_E.Dispose()
                Q_A.Dispose())
            basis <- value |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Scope.detach Q_E, Scope.detach Q_A))

    /// S, the second moments in this basis, [g; d_out/g; d_in].
    member _.Spectrum = spectrum

    /// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T; None without a basis or before it has seen a batch. Its tensors are
    /// handles of their own: an inverse that shares them is freed by itself.
    member _.Curvature =
        match basis with
        | ValueSome struct (Q_E, Q_A) when spectrum.Value.Weight > 0.0 ->
            let S = Moment.value spectrum.Value
            Some(Curvature.Eigenbasis(Side.Full(Q_E.alias ()), Side.Full(Q_A.alias ()), S))
        | _ -> None

    /// Takes the second moments of one batch in, S = 1/n sum_i (Q_E^T g_i Q_A)^2, if there is a basis and the batch
    /// shows errors.
    member _.Observe(memory: Memory, seen: Observation) =
        match basis, seen.Errors with
        | ValueSome struct (Q_E, Q_A), ValueSome E when seen.Calls.Length > 0 ->
            let A = Observation.activations seen
            let S = Statistic.spectrum Q_E Q_A seen.Weight (LayerFactor.Product(A, E))
            spectrum.Value <- Moment.accumulate memory S spectrum.Value
        | _ -> ()

    /// Goes over to the eigenbasis of E and A. What was seen of S stays as the diagonal, in the new basis, of the
    /// matrix that S is in the old one: S <- (R_E o R_E) S (R_A o R_A)^T with R = Q'^T Q, of the same trace. Where E or
    /// A has no eigenbasis, the old one is dropped and S starts from zero.
    member state.Renew(E: Side, A: Side) =
        let eigen side = Factorization.eigen (Side.dense layer.Weight side)
        match eigen E, eigen A with
        | Some struct (_, Q_E), Some struct (_, Q_A) ->
            turn Q_E Q_A
            state.Basis <- ValueSome struct (Q_E, Q_A)
        | _ ->
            spectrum.Value <- Moment.forget spectrum.Value
            state.Basis <- ValueNone

    /// What goes back to the basis and moments of now. A basis is replaced, never written to: another handle keeps it.
    member state.Snapshot() =
        let moment = Moment.snapshot spectrum.Value
        let kept = basis |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Q_E.alias (), Q_A.alias ()))
        fun () ->
            spectrum.Value <- Moment.restored moment spectrum.Value
            state.Basis <- kept

    interface IDisposable with
        member state.Dispose() =
            Moment.free spectrum.Value
            state.Basis <- ValueNone
