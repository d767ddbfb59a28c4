namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// A step's gradients.
[<ReferenceEquality>]
type internal Gradients = {
    /// Of each covered layer, [d_out; d_in]; ValueNone where the loss does not depend on it.
    Layers: Direction voption array
    /// Of the other parameters that are trained; null where the loss does not depend on one.
    Plain: struct (Parameter * torch.Tensor) array
}

/// A step's gradients: read from the parameters, put back there, added to by a penalty.
[<RequireQualifiedAccess>]
module internal Gradients =

    /// A gradient with its zeros written out where it is sparse, as of an embedding's table; null stays null.
    let dense (gradient: torch.Tensor) =
        if not (isNull gradient) && gradient.is_sparse then gradient.to_dense () else gradient

    /// What `backward` left in the parameters' `.grad`, which it may share; new tensors belong to the caller's scope.
    let inPlace (layers: Layer array) (plain: Parameter array) =
        let ofLayer (layer: Layer) =
            match layer.Weight.grad with
            | null -> ValueNone
            | gradient ->
                Layer.joined layer gradient (layer.Bias |> ValueOption.map _.grad) |> Direction.Matrix |> ValueSome
        {
            Layers = Array.map ofLayer layers
            Plain = plain |> Array.map (fun parameter -> struct (parameter, dense parameter.grad))
        }

    /// Overwrites a layer's `.grad` by a direction [d_out; d_in], the bias's by the last column.
    let replace (layer: Layer) (direction: torch.Tensor) =
        let { LayerValues.Weight = weight; Bias = bias } = Layer.split layer direction
        layer.Weight.grad.copy_ (weight.reshape layer.Weight.shape) |> ignore
        match layer.Bias |> ValueOption.map _.grad, bias with
        | ValueSome target, ValueSome source when not (isNull target) -> target.copy_ source |> ignore
        | _ -> ()

    /// Each gradient written out as a matrix [d_out; d_in] for a method that is made of gradients; otherwise ValueNone.
    let matrices (recipe: Recipe) (gradients: Gradients) =
        if Recipe.needsGradients recipe then
            gradients.Layers |> Array.map (ValueOption.map Direction.matrix)
        else
            Array.create gradients.Layers.Length ValueNone

    /// A penalty's gradients by the parameters' identities, which must be those that are trained.
    let private ofPenalty (penalty: IPenalty) (isTrained: Parameter -> bool) =
        let found = Dictionary<ParameterIdentity, torch.Tensor>()
        let all = penalty.Gradients()
        for own in all do
            if not (found.TryAdd(Identity.ofParameter own.Parameter, own.Gradient)) then
                invalidOp (
                    "The penalty must give each parameter's gradient once; "
                    + $"that of a parameter [{Shape.text own.Parameter.shape}] came twice. A weight that modules share is one parameter, though the model lists it by each of its names."
                )
        let strange = all |> Seq.filter (fun own -> not (isTrained own.Parameter)) |> Seq.length
        if strange > 0 then
            invalidOp (
                $"The penalty must be of the optimiser's model; of its {all.Count} gradients, {strange} belong to no "
                + "parameter of the optimiser: make it of the same model."
            )
        found

    /// A penalty's gradient of a layer as a matrix; ValueNone where it does not depend on the layer.
    let private penaltyOf (found: IReadOnlyDictionary<ParameterIdentity, torch.Tensor>) (layer: Layer) =
        let gradients =
            Layer.parameters layer
            |> Array.map (fun parameter ->
                match found.TryGetValue(Identity.ofParameter parameter) with
                | true, gradient -> gradient
                | _ -> null)
        if Array.forall isNull gradients then
            ValueNone
        else
            let orZeros i (parameter: Parameter) = if isNull gradients[i] then parameter.zeros_like () else gradients[i]
            ValueSome(Layer.joined layer (orZeros 0 layer.Weight) (layer.Bias |> ValueOption.map (orZeros 1)))

    /// The gradients plus a penalty's; null is no penalty. With a penalty, a product becomes a matrix.
    /// Raises an InvalidOperationException when the penalty gives a parameter's gradient twice, or that of a parameter
    /// which is not trained.
    let withPenalty (penalty: IPenalty) isTrained (layers: Layer array) (gradients: Gradients) =
        if isNull penalty then
            gradients
        else
            let own = ofPenalty penalty isTrained
            let sum layer gradient =
                match gradient, penaltyOf own layer with
                | ValueSome direction, ValueSome added ->
                    ValueSome(Direction.Matrix(Direction.matrix direction + added))
                | ValueNone, ValueSome added -> ValueSome(Direction.Matrix added)
                | gradient, ValueNone -> gradient
            let plain (struct (parameter: Parameter, gradient: torch.Tensor)) =
                match own.TryGetValue(Identity.ofParameter parameter), gradient with
                | (true, added), null -> struct (parameter, added)
                | (true, added), gradient -> struct (parameter, gradient + added)
                | _ -> struct (parameter, gradient)
            { Layers = Array.map2 sum layers gradients.Layers; Plain = Array.map plain gradients.Plain }
