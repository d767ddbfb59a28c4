namespace Foof

open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// The gradient of a step with a penalty on the weights: that of the loss, and the penalty's own.
[<RequireQualifiedAccess>]
module internal Penalised =

    /// The penalty's gradient of each layer as a matrix, and of other parameters.
    let private ofLayer
        (found: IReadOnlyDictionary<struct (nativeint * int64), torch.Tensor>)
        (layer: Layer)
        =
        let gradient (parameter: Parameter) =
            match found.TryGetValue(Identity.ofParameter parameter) with
            | true, gradient -> gradient
            | _ -> parameter.zeros_like ()

        if
            Layer.parameters layer
            |> Array.exists (fun parameter -> found.ContainsKey(Identity.ofParameter parameter))
        then
            ValueSome(Layer.joined layer (gradient layer.Weight) (layer.Bias |> ValueOption.map gradient))
        else
            ValueNone

    /// A penalty's gradients by the parameters' identities.
    let private find (penalty: IWeightPenalty) =
        let found = Dictionary<struct (nativeint * int64), torch.Tensor>()

        if not (isNull penalty) then
            for struct (parameter, gradient) in penalty.Gradients() do
                if not (found.TryAdd(Identity.ofParameter parameter, gradient)) then
                    let shape = parameter.shape |> Seq.map string |> String.concat "; "

                    invalidOp (
                        $"The penalty must give each parameter's gradient once; that of a parameter [{shape}] came twice. "
                        + "A weight that modules share is one parameter, though the model lists it by each of its names."
                    )

        found

    /// The layers' gradients with the penalty's, and what it adds to other parameters' gradients. A product
    /// becomes a matrix where there is a penalty.
    let gradients (penalty: IWeightPenalty) (layers: Layer array) (found: Direction voption array) =
        let own = find penalty

        let sum layer gradient =
            match gradient, ofLayer own layer with
            | ValueSome direction, ValueSome added ->
                ValueSome(Direction.Matrix(Direction.matrix direction + added))
            | ValueNone, ValueSome added -> ValueSome(Direction.Matrix added)
            | gradient, ValueNone -> gradient

        let plain (parameter: Parameter) (gradient: torch.Tensor) =
            match own.TryGetValue(Identity.ofParameter parameter), gradient with
            | (true, added), null -> added
            | (true, added), gradient -> gradient + added
            | _ -> gradient

        struct (Array.map2 sum layers found, plain)

    /// Adds the penalty's gradient to the parameters' `.grad`.
    let addTo (penalty: IWeightPenalty) (parameters: seq<Parameter>) =
        let own = find penalty

        if own.Count > 0 then
            // Aliases of a parameter have one `.grad`.
            for parameter in parameters |> Seq.distinctBy Identity.ofParameter do
                match own.TryGetValue(Identity.ofParameter parameter), parameter.grad with
                | (true, added), null -> parameter.grad <- added.clone () |> Scope.detach
                | (true, added), gradient -> gradient.add_ added |> ignore
                | _ -> ()
