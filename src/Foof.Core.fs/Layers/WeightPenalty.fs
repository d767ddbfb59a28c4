namespace Foof

open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// The gradient of a function of the weights with respect to one parameter, in the parameter's shape.
[<ReferenceEquality>]
type ParameterGradient = {
    /// Which parameter.
    Parameter: Parameter
    /// d / d parameter.
    Gradient: torch.Tensor
}

/// A function of the weights alone that is added to the loss: what was learnt from earlier tasks, or a rule of the
/// user's.
[<AllowNullLiteral>]
type IPenalty =
    /// Its gradient at the current weights: one entry for each parameter that it depends on, and an empty list while
    /// there is no penalty. A weight that modules share is one parameter.
    /// The tensors belong to the caller's scope.
    abstract Gradients: unit -> IReadOnlyList<ParameterGradient>

/// Between the parameters of layers and vectors in weight space, for functions of the weights.
[<RequireQualifiedAccess>]
module WeightPenalty =

    /// The layers' weights, outside the graph.
    /// Shapes: -> one [d_out; d_in] a layer.
    /// They belong to the caller and may share the parameters' memory.
    let weights (layers: Layer array) =
        use _quiet = torch.no_grad ()
        let bare (parameter: Parameter) = parameter.detach ()
        Scope.owned
            (fun () ->
                layers
                |> Array.map (fun layer -> Layer.joined layer (bare layer.Weight) (layer.Bias |> ValueOption.map bare)))
            Seq.ofArray

    /// A copy of the layers' weights, outside the graph.
    /// Shapes: -> one [d_out; d_in] a layer.
    /// The result belongs to the caller.
    let copied (layers: Layer array) = Scope.owned (fun () -> weights layers |> Array.map _.clone()) Seq.ofArray

    /// A copy of the layers' `.grad`, outside the graph; zeros for a parameter without one.
    /// Shapes: -> one [d_out; d_in] a layer.
    /// The result belongs to the caller.
    let gradients (layers: Layer array) =
        use _quiet = torch.no_grad ()

        let found (parameter: Parameter) =
            match parameter.grad with
            | null -> parameter.zeros_like ()
            | gradient -> gradient.detach ()

        Scope.owned
            (fun () ->
                layers
                |> Array.map (fun layer ->
                    (Layer.joined layer (found layer.Weight) (layer.Bias |> ValueOption.map found)).clone()))
            Seq.ofArray

    /// A gradient's matrices as the layers' parameters and tensors of their shapes, the weight before the bias.
    /// Shapes: gradient one [d_out; d_in] a layer -> as the parameters.
    /// The tensors belong to the caller's scope; they are views into the gradient where that is possible.
    /// Raises an ArgumentException when there are more layers than matrices, or fewer.
    let dealt (layers: Layer array) (gradient: torch.Tensor array) = [|
        for layer, matrix in Array.zip layers gradient do
            let { LayerValues.Weight = weight; Bias = bias } = Layer.split layer matrix
            { Parameter = layer.Weight; Gradient = weight.reshape layer.Weight.shape }
            match layer.Bias, bias with
            | ValueSome parameter, ValueSome bias -> { Parameter = parameter; Gradient = bias }
            | _ -> ()
    |]

    /// A scalar with this value whose backward pass gives the parameters this gradient, whatever made both.
    ///
    /// value + sum <theta - theta_now, gradient>, of which the sum is zero. Derivatives of second order are not in it.
    /// Shapes: value [], gradient one [d_out; d_in] a layer -> [].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when there are more layers than matrices, or fewer.
    let attached (layers: Layer array) (value: torch.Tensor) (gradient: torch.Tensor array) =
        use _recorded = torch.enable_grad ()
        Scope.tensor (fun () ->
            dealt layers gradient
            |> Array.fold
                (fun sum own -> sum + ((own.Parameter - own.Parameter.detach ()) * own.Gradient.detach ()).sum())
                (value.detach ()))

    /// Adds a gradient to the parameters' `.grad` in place, without a graph; makes those that are missing, as copies.
    /// Shapes: gradient one [d_out; d_in] a layer.
    /// Raises an ArgumentException when there are more layers than matrices, or fewer.
    let addTo (layers: Layer array) (gradient: torch.Tensor array) =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        for own in dealt layers gradient do
            match own.Parameter.grad with
            | null -> own.Parameter.grad <- own.Gradient.clone () |> Scope.detach
            | found -> found.add_ own.Gradient |> ignore
