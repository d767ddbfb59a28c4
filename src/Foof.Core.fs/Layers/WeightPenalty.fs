namespace Foof

open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// A term of the objective that is a function of the weights alone.
[<AllowNullLiteral>]
type IWeightPenalty =
    /// Each parameter that it depends on, once, and its gradient in the parameter's shape; the tensors belong to the
    /// caller's scope.
    abstract Gradients: unit -> IReadOnlyList<struct (Parameter * torch.Tensor)>

/// Between the parameters of layers and vectors in weight space, for functions of the weights.
[<RequireQualifiedAccess>]
module WeightPenalty =

    /// The layers' weights, outside the graph. Shapes: -> one [d_out; d_in] a layer. They belong to the
    /// caller and may share the parameters' memory.
    let weights (layers: Layer array) =
        use _quiet = torch.no_grad ()
        let bare (parameter: Parameter) = parameter.detach ()

        Scope.owned
            (fun () ->
                layers
                |> Array.map (fun layer ->
                    Layer.joined layer (bare layer.Weight) (layer.Bias |> ValueOption.map bare)))
            Seq.ofArray

    /// A copy of the layers' weights, which belongs to the caller.
    let copied (layers: Layer array) =
        Scope.owned (fun () -> weights layers |> Array.map _.clone()) Seq.ofArray

    /// The layers' `.grad`, outside the graph, zeros where there is none; belongs to the caller.
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

    /// A gradient's matrices as the layers' parameters and tensors of their shapes, in the caller's scope.
    let dealt (layers: Layer array) (gradient: torch.Tensor array) : struct (Parameter * torch.Tensor) array = [|
        for layer, matrix in Array.zip layers gradient do
            let struct (weight, bias) = Layer.split layer matrix
            struct (layer.Weight, weight.reshape layer.Weight.shape)

            match layer.Bias, bias with
            | ValueSome parameter, ValueSome bias -> struct (parameter, bias)
            | _ -> ()
    |]

    /// A scalar with this value whose backward pass gives the parameters this gradient, whatever made both.
    ///
    /// value + sum <theta - theta_now, gradient>, of which the sum is zero. Derivatives of second order are
    /// not in it. The result belongs to the caller.
    let attached (layers: Layer array) (value: torch.Tensor) (gradient: torch.Tensor array) =
        use _recorded = torch.enable_grad ()

        Scope.tensor (fun () ->
            dealt layers gradient
            |> Array.fold
                (fun sum (struct (parameter, gradient)) ->
                    sum + ((parameter - parameter.detach ()) * gradient.detach ()).sum())
                (value.detach ()))

    /// Adds a gradient to the parameters' `.grad`, without a graph; makes those that are missing.
    let addTo (layers: Layer array) (gradient: torch.Tensor array) =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()

        for struct (parameter, gradient) in dealt layers gradient do
            match parameter.grad with
            | null -> parameter.grad <- gradient.clone () |> Scope.detach
            | found -> found.add_ gradient |> ignore
