namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// The last stage of a step: momentum, decoupled weight decay and the learning rate of each parameter's
/// group, M <- mu M + Delta W, W <- (1 - eta decay) W - eta M. Owns the momentum.
[<Sealed>]
type internal Update(groupOf: IReadOnlyDictionary<struct (nativeint * int64), ParameterGroup>) =
    let buffers =
        Dictionary<struct (nativeint * int64), struct (Parameter * torch.Tensor)>()

    let bufferOf identity (parameter: Parameter) =
        match buffers.TryGetValue identity with
        | true, struct (_, buffer) -> buffer
        | _ ->
            let buffer = parameter.zeros_like () |> Scope.detach
            buffers[identity] <- struct (parameter, buffer)
            buffer

    let buffer (parameter: Parameter) =
        bufferOf (Identity.ofParameter parameter) parameter

    /// target <- keep target + weight direction, in place.
    let accumulate (target: torch.Tensor) keep direction (weight: float) =
        match direction with
        | Direction.Product(left, right) ->
            Products.accumulate (target.view (target.size 0, -1L)) keep left right weight
        | Direction.Matrix matrix ->
            if keep <> 1.0 then
                target.mul_ (keep.ToScalar()) |> ignore

            target.add_ (matrix.reshape target.shape, weight.ToScalar()) |> ignore

    /// Finds the momentum of parameters again that a module moved.
    member _.Follow() =
        let found = [|
            for struct (parameter, buffer) in buffers.Values do
                struct (Identity.ofParameter parameter, struct (parameter, buffer))
        |]

        buffers.Clear()

        for struct (identity, held) in found do
            buffers[identity] <- held

    /// mu M + grad_W, where momentum comes before the preconditioner; grad_W itself where it comes after.
    member _.Gathered(place: MomentumPlace, layer: Layer, gradient: torch.Tensor) =
        let momentumOf (parameter: Parameter) =
            let identity = Identity.ofParameter parameter

            match groupOf.TryGetValue identity with
            | true, group -> (bufferOf identity parameter) * group.Options.Momentum
            | _ -> parameter.zeros_like ()

        match place with
        | MomentumPlace.After -> gradient
        | MomentumPlace.Before ->
            let past =
                Layer.joined layer (momentumOf layer.Weight) (layer.Bias |> ValueOption.map momentumOf)

            past + gradient

    /// M <- what `Gathered` gave, for a layer.
    member _.Remember(layer: Layer, gathered: torch.Tensor) =
        let struct (weight, bias) = Layer.split layer gathered
        (buffer layer.Weight).copy_(weight.reshape layer.Weight.shape) |> ignore

        match layer.Bias, bias with
        | ValueSome parameter, ValueSome values -> (buffer parameter).copy_ values |> ignore
        | _ -> ()

    /// Moves `parameter` against `direction`; one that is in no group stays. Momentum that came before the
    /// preconditioner is in the direction already.
    member update.Apply(parameter: Parameter, direction: Direction) =
        update.Apply(parameter, direction, MomentumPlace.After)

    /// The same, with momentum where `place` says.
    member _.Apply(parameter: Parameter, direction: Direction, place: MomentumPlace) =
        let identity = Identity.ofParameter parameter

        match groupOf.TryGetValue identity with
        | false, _ -> ()
        | true, group ->
            let rate = group.LearningRate
            let shrink = 1.0 - rate * group.Options.WeightDecay

            if group.Options.Momentum = 0.0 || place.IsBefore then
                accumulate parameter shrink direction -rate
            else
                let buffer = bufferOf identity parameter
                accumulate buffer group.Options.Momentum direction 1.0
                accumulate parameter shrink (Direction.Matrix buffer) -rate

    /// The momentum of named parameters that have one, by the first name of each; the tensors stay the update's.
    member _.Tensors(parameters: seq<struct (string * Parameter)>) = [
        let named =
            parameters
            |> Seq.map (fun struct (name, parameter) -> struct (name, Identity.ofParameter parameter))
            |> Seq.distinctBy (fun struct (_, identity) -> identity)

        for struct (name, identity) in named do
            match buffers.TryGetValue identity with
            | true, struct (_, buffer) -> $"{name}.momentum", buffer
            | _ -> ()
    ]

    /// Reads what `Tensors` named, checks it, and gives the change that goes back to copies of it: parameters without a
    /// momentum there have none afterwards. Raises an ArgumentException when one does not fit.
    member _.Restoring
        (parameters: seq<struct (string * Parameter)>, state: IReadOnlyDictionary<string, torch.Tensor>)
        =
        let saved = [|
            for struct (name, parameter) in parameters do
                match state.TryGetValue $"{name}.momentum" with
                | true, tensor ->
                    struct (parameter, Require.like $"{name}.momentum" parameter.shape parameter.dtype tensor)
                | _ -> struct (parameter, null)
        |]

        fun () ->
            let forget identity =
                match buffers.TryGetValue identity with
                | true, struct (_, old) ->
                    old.Dispose()
                    buffers.Remove identity |> ignore
                | _ -> ()

            for struct (parameter, _) in saved do
                forget (Identity.ofParameter parameter)

            for struct (parameter, momentum) in saved do
                if not (isNull momentum) then
                    let identity = Identity.ofParameter parameter
                    forget identity

                    let copy =
                        Scope.tensor (fun () -> momentum.``to``(parameter.device).clone())
                        |> Scope.detach

                    buffers[identity] <- struct (parameter, copy)

    interface IDisposable with
        member _.Dispose() =
            for struct (_, buffer) in buffers.Values do
                buffer.Dispose()
