namespace Foof

open TorchSharp
open TorchSharp.Modules

/// A step's gradients: read from the parameters, put back there, and, like its loss, looked through for NaN.
[<RequireQualifiedAccess>]
module internal Gradients =

    /// A gradient with its zeros written out where it is sparse, as of an embedding's table; null stays null.
    let dense (gradient: torch.Tensor) =
        if not (isNull gradient) && gradient.is_sparse then
            gradient.to_dense ()
        else
            gradient

    /// A parameter's `.grad`, dense.
    let own (parameter: Parameter) = dense parameter.grad

    /// Each layer's `.grad` as a matrix [d_out; d_in]; none where its weight has none.
    let ofLayers (layers: Layer array) =
        let ofLayer (layer: Layer) =
            match layer.Weight.grad with
            | null -> ValueNone
            | gradient -> ValueSome(Layer.joined layer gradient (layer.Bias |> ValueOption.map _.grad))

        Array.map ofLayer layers

    /// Overwrites a layer's `.grad` by a direction [d_out; d_in].
    let replace (layer: Layer) (direction: torch.Tensor) =
        let struct (weight, bias) = Layer.split layer direction
        layer.Weight.grad.copy_ (weight.reshape layer.Weight.shape) |> ignore

        match layer.Bias |> ValueOption.map _.grad, bias with
        | ValueSome target, ValueSome source when not (isNull target) -> target.copy_ source |> ignore
        | _ -> ()

    /// Something to look through, by the elements that tell whether all of it is finite.
    [<ReferenceEquality>]
    type Suspect = {
        Subject: unit -> string
        What: string
        All: torch.Tensor
        Telling: torch.Tensor list
    }

    let private suspect subject what (tensor: torch.Tensor) = {
        Subject = subject
        What = what
        All = tensor
        Telling = [ tensor ]
    }

    /// A layer's gradient [d_out; d_in]. One of matrices E^T A shows a NaN of an error in a whole row and one of an
    /// input in a whole column, so that a dense layer's first row and column tell.
    let ofLayer (layer: Layer) (gradient: torch.Tensor) =
        let suspect = suspect (fun () -> Layer.describe layer) "gradients" gradient

        match layer.Geometry with
        | Geometry.Dense -> {
            suspect with
                Telling = [ gradient.select (0L, 0L); gradient.select (1L, 0L) ]
          }
        | _ -> suspect

    /// A layer's errors.
    let ofErrors (layer: Layer) (E: torch.Tensor) =
        suspect (fun () -> Layer.describe layer) "errors" E

    let private nameOf (model: torch.nn.Module) (parameter: Parameter) =
        let identity = Identity.ofParameter parameter

        model.named_parameters ()
        |> Seq.tryPick (fun struct (name, other) ->
            if Identity.ofParameter other = identity then
                Some $"parameter '{name}'"
            else
                None)
        |> Option.defaultValue "a parameter outside the model"

    /// The gradients of a model's parameters, of those that have one.
    let ofParameters
        (model: torch.nn.Module)
        (parameters: Parameter array)
        (gradientOf: Parameter -> torch.Tensor)
        = [
        for parameter in parameters do
            match gradientOf parameter with
            | null -> ()
            | gradient -> suspect (fun () -> nameOf model parameter) "gradients" gradient
    ]

    /// Raises a NumericalFailure that names the step, unless its loss is a finite number; an ArgumentException where none of
    /// its labels counts.
    let requireFiniteLoss likelihood (target: torch.Tensor) (step: int) (loss: torch.Tensor) =
        let value = Numbers.number loss

        if not (System.Double.IsFinite value) then
            LikelihoodCheck.counting likelihood target

            raise (
                NumericalFailure(
                    $"the loss is {value}",
                    $"step {step}",
                    "check the data for NaN, lower the learning rate or raise the damping; the weights are as before this step"
                )
            )

    let private look (suspect: Suspect) =
        Numbers.requireFinite
            (suspect.Subject())
            $"{suspect.What} are not finite"
            "check the loss, lower the learning rate or raise the damping; the weights are as before"
            suspect.All

    /// Numbers that are finite only if all elements of `tensors` are: their sums. Elsewhere than on the processor, where it
    /// takes longer to ask for many small sums than to copy the elements, the sum of all.
    let internal sums (onProcessor: bool) (tensors: torch.Tensor array) =
        if onProcessor then
            torch.stack (tensors |> Array.map _.sum().``to``(torch.ScalarType.Float32), 0L)
        else
            torch.cat(tensors |> Array.map _.reshape(-1L), 0L).``to``(torch.ScalarType.Float32).sum()

    /// Looks more closely where the sums of `tensors` tell that it is worth it: one may overflow where no element has.
    let private whereSuspicious (tensors: seq<torch.Tensor>) (look: unit -> unit) =
        let tensors = Seq.toArray tensors

        if
            tensors.Length > 0
            && not (Numbers.isFinite (sums (tensors[0].device_type = DeviceType.CPU) tensors))
        then
            look ()

    let private telling (suspects: Suspect array) = suspects |> Seq.collect _.Telling

    /// Raises a NumericalFailure that names the first suspect with an element that is NaN or infinite. One number
    /// leaves the device.
    let requireFinite (suspects: seq<Suspect>) =
        Scope.value (fun () ->
            let suspects = Seq.toArray suspects
            whereSuspicious (telling suspects) (fun () -> Array.iter look suspects))

    /// The same for a step's loss and its gradients, in this order: the device works on while the next operations come, up
    /// to this one number. The loss is `requireLoss`'s to look at, where it may not be finite.
    let requireFiniteStep (requireLoss: unit -> unit) (loss: torch.Tensor) (suspects: seq<Suspect>) =
        Scope.value (fun () ->
            let suspects = Seq.toArray suspects

            whereSuspicious (Seq.append [ loss ] (telling suspects)) (fun () ->
                requireLoss ()
                Array.iter look suspects))
