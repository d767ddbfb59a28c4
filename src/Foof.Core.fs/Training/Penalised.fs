namespace Foof

open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// The gradient of a step with a penalty on the weights: that of the loss, and the penalty's own.
[<RequireQualifiedAccess>]
module internal Penalised =

    /// The penalty's gradient of each layer as a matrix, and of other parameters.
    let private ofLayer (found: IReadOnlyDictionary<nativeint, torch.Tensor>) (layer: Layer) =
        let gradient (parameter: Parameter) =
            match found.TryGetValue parameter.Handle with
            | true, gradient -> gradient
            | _ -> parameter.zeros_like ()

        if
            Layer.parameters layer
            |> Array.exists (fun parameter -> found.ContainsKey parameter.Handle)
        then
            ValueSome(Layer.joined layer (gradient layer.Weight) (layer.Bias |> ValueOption.map gradient))
        else
            ValueNone

    let private find (penalty: IWeightPenalty) =
        match penalty with
        | null -> Dictionary() :> IReadOnlyDictionary<_, _>
        | penalty -> penalty.Gradients()

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
            match own.TryGetValue parameter.Handle, gradient with
            | (true, added), null -> added
            | (true, added), gradient -> gradient + added
            | _ -> gradient

        struct (Array.map2 sum layers found, plain)

    /// Adds the penalty's gradient to the parameters' `.grad`.
    let addTo (penalty: IWeightPenalty) (parameters: seq<Parameter>) =
        let own = find penalty

        for parameter in parameters do
            match own.TryGetValue parameter.Handle, parameter.grad with
            | (true, added), null -> parameter.grad <- added.clone () |> Scope.detach
            | (true, added), gradient -> gradient.add_ added |> ignore
            | _ -> ()
