namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// What becomes of one parameter in a step.
[<RequireQualifiedAccess>]
type Treatment =
    /// Its layer's curvature preconditions it.
    | Preconditioned of layer: string
    /// Plain gradient descent with momentum, and why.
    | Plain of reason: string
    /// It is not trained.
    | Frozen

/// One line of the list of what is covered.
type Coverage = {
    /// The parameter's path in the model.
    Parameter: string
    /// Its shape.
    Shape: int64 array
    /// What becomes of it.
    Treatment: Treatment
}

/// A model taken apart: the layers with curvature, and the treatment of every parameter.
[<RequireQualifiedAccess>]
module Coverage =

    let private pair (values: int64 array) = struct (values[0], values[1])

    /// Zeros on both sides of an image, or the reason why a convolution's padding is not that.
    let private padding (convolution: Conv2d) =
        let reach =
            Array.map2
                (fun dilation kernel -> dilation * (kernel - 1L))
                convolution.dilation
                convolution.kernel_size

        let given =
            if isNull convolution.padding then
                [||]
            else
                convolution.padding

        if convolution.padding_mode <> PaddingModes.Zeros then
            Error "its padding mode is not zeros"
        elif not convolution.padding_type.HasValue then
            Ok(pair given)
        elif convolution.padding_type.Value = Padding.Valid then
            Ok(struct (0L, 0L))
        elif reach |> Array.forall (fun total -> total % 2L = 0L) then
            Ok(pair (reach |> Array.map (fun total -> total / 2L)))
        else
            Error "its 'same' padding is not symmetric"

    let private geometry (layer: torch.nn.Module) =
        match layer with
        | :? Linear as linear -> Some(Ok Geometry.Dense, linear.weight, linear.bias)
        | :? Conv2d as convolution ->
            let geometry =
                if convolution.groups <> 1L then
                    Error $"it has {convolution.groups} groups"
                else
                    padding convolution
                    |> Result.map (fun zeros ->
                        Geometry.Convolution(
                            pair convolution.kernel_size,
                            pair convolution.stride,
                            zeros,
                            pair convolution.dilation
                        ))

            Some(geometry, convolution.weight, convolution.bias)
        | _ -> None

    /// The model itself, if it is a layer, and every module in it, each once.
    let private allModules (model: torch.nn.Module) =
        let seen = HashSet<torch.nn.Module>(HashIdentity.Reference)

        [|
            for struct (name, layer) in Seq.append [ struct ("", model) ] (model.named_modules ()) do
                if seen.Add layer then
                    struct (name, layer)
        |]

    let private asLayer
        (name: string)
        (layer: torch.nn.Module)
        geometry
        (weight: Parameter)
        (bias: Parameter)
        = {
        Name = if name = "" then layer.GetName() else name
        Modules = [| layer :?> torch.nn.Module<torch.Tensor, torch.Tensor> |]
        Weight = weight
        Bias =
            if not (isNull (box bias)) && bias.requires_grad then
                ValueSome bias
            else
                ValueNone
        Geometry = geometry
    }

    let private biasHandle (layer: Layer) = layer.Bias |> ValueOption.map _.Handle

    /// How many modules hold a parameter directly: more than its layer's modules means that something else
    /// uses it too, which the layer's records do not show.
    let private holders (modules: struct (string * torch.nn.Module) array) =
        modules
        |> Seq.collect (fun struct (_, layer) ->
            layer.named_parameters false
            |> Seq.map (fun struct (_, parameter) -> parameter.Handle))
        |> Seq.countBy id
        |> dict

    /// The layers with curvature, in the model's order, and the treatment of every parameter.
    ///
    /// `select` says, by a layer's name and weight, whether it is to be covered.
    let survey (model: torch.nn.Module) (select: Func<string, Parameter, bool>) =
        let modules = allModules model
        let holders = holders modules
        let reasons = Dictionary<nativeint, string>()

        let leave (weight: Parameter) (bias: Parameter) reason =
            reasons[weight.Handle] <- reason

            if not (isNull (box bias)) then
                reasons[bias.Handle] <- reason

        let objection (handle: nativeint) (sharers: Layer array) =
            let first, users = sharers[0], sharers |> Array.sumBy _.Modules.Length

            if holders[handle] > users then
                Some "another module uses its weight too"
            elif sharers |> Array.exists (fun sharer -> biasHandle sharer <> biasHandle first) then
                Some "modules share its weight and not its bias"
            elif first.Bias.IsSome && holders[first.Bias.Value.Handle] > users then
                Some "another module uses its bias too"
            elif sharers |> Array.exists (fun sharer -> sharer.Geometry <> first.Geometry) then
                Some "modules share its weight with different geometry"
            else
                None

        let found = [|
            for struct (name, layer) in modules do
                match geometry layer with
                | Some(_, weight, bias) when not weight.requires_grad ->
                    leave weight bias "its layer's weight is frozen"
                | Some(Error reason, weight, bias) -> leave weight bias reason
                | Some(Ok _, weight, bias) when not (select.Invoke(name, weight)) ->
                    leave weight bias "it was not selected"
                | Some(Ok geometry, weight, bias) -> asLayer name layer geometry weight bias
                | None -> ()
        |]

        let layers = [|
            for handle, sharers in found |> Array.groupBy (fun layer -> layer.Weight.Handle) do
                match objection handle sharers with
                | None -> {
                    sharers[0] with
                        Modules = sharers |> Array.collect _.Modules
                  }
                | Some reason ->
                    for parameter in sharers |> Seq.collect Layer.parameters do
                        reasons[parameter.Handle] <- reason
        |]

        let layerOf =
            dict [
                for layer in layers do
                    for parameter in Layer.parameters layer do
                        parameter.Handle, layer.Name
            ]

        let treatment (parameter: Parameter) =
            match layerOf.TryGetValue parameter.Handle with
            | _ when not parameter.requires_grad -> Treatment.Frozen
            | true, layer -> Treatment.Preconditioned layer
            | _ ->
                match reasons.TryGetValue parameter.Handle with
                | true, reason -> Treatment.Plain reason
                | _ -> Treatment.Plain "it belongs to no linear or convolutional layer"

        let coverage = [|
            for struct (name, parameter) in model.named_parameters () do
                {
                    Parameter = name
                    Shape = parameter.shape
                    Treatment = treatment parameter
                }
        |]

        struct (layers, coverage)
