namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// Something to search for numbers that are not finite, and the elements that show whether it has one.
[<ReferenceEquality>]
type internal Suspect = {
    /// The layer or parameter, for the message.
    Subject: unit -> string
    /// What its numbers are, for the message: errors or gradients.
    What: string
    /// All of its elements.
    All: torch.Tensor
    /// Those elements that are not all finite if one of `All` is not.
    Telling: torch.Tensor list
}

/// Raises a NumericalFailure where a step's loss or gradients are not finite, before anything of it changes.
[<RequireQualifiedAccess>]
module internal Finiteness =

    let private suspect subject what (tensor: torch.Tensor) = {
        Subject = subject
        What = what
        All = tensor
        Telling = [ tensor ]
    }

    /// A layer's gradient [d_out; d_in], or the errors of one that is a product. A matrix E^T A shows a NaN of an error
    /// in a whole row and one of an input in a whole column, so that a dense layer's first row and column show it.
    let ofLayer (layer: Layer) gradient =
        let subject () = Layer.describe layer
        match gradient with
        | Direction.Product(E, _) -> suspect subject "errors" E
        | Direction.Matrix M when layer.Geometry.IsDense -> {
            suspect subject "gradients" M with
                Telling = [ M.select (0L, 0L); M.select (1L, 0L) ]
          }
        | Direction.Matrix M -> suspect subject "gradients" M

    let private nameOf (model: torch.nn.Module) (parameter: Parameter) =
        let identity = Identity.ofParameter parameter
        model.named_parameters ()
        |> Seq.tryPick (fun struct (name, other) ->
            if Identity.ofParameter other = identity then Some $"parameter '{name}'" else None)
        |> Option.defaultValue "a parameter outside the model"

    let private look (suspect: Suspect) =
        Numbers.requireFinite
            (suspect.Subject())
            $"{suspect.What} are not finite"
            "check the loss, lower the learning rate or raise the damping; the weights are as before"
            suspect.All

    /// Numbers that are finite only if all elements of `tensors` are: their sums. Elsewhere than on the processor,
    /// where it takes longer to ask for many small sums than to copy the elements, the sum of all.
    /// Shapes: -> [count], or [] elsewhere, in float32.
    let sums (onProcessor: bool) (tensors: torch.Tensor array) =
        if onProcessor then
            torch.stack (tensors |> Array.map _.sum().``to``(torch.ScalarType.Float32), 0L)
        else
            torch.cat(tensors |> Array.map _.reshape(-1L), 0L).``to``(torch.ScalarType.Float32).sum()

    /// Looks more closely where a sum of `tensors` is not finite, which may be because it overflows though no element
    /// has.
    let private whereSuspicious (tensors: seq<torch.Tensor>) (look: unit -> unit) =
        let tensors = Seq.toArray tensors
        if tensors.Length > 0 && not (Numbers.isFinite (sums (tensors[0].device_type = DeviceType.CPU) tensors)) then
            look ()

    /// Raises unless a step's loss is a finite number; an ArgumentException where none of its labels counts.
    let private requireLoss likelihood (target: torch.Tensor) (step: int) (loss: torch.Tensor) =
        let value = Numbers.number loss
        if not (Double.IsFinite value) then
            LikelihoodCheck.counting likelihood target
            raise (
                NumericalFailure(
                    $"the loss is {value}",
                    $"step {step}",
                    "check the data for NaN, lower the learning rate or raise the damping; the weights are as before this step"
                )
            )

    let private suspects model (layers: Layer array) (gradients: Gradients) = [|
        for layer, gradient in Array.zip layers gradients.Layers do
            yield! gradient |> ValueOption.map (ofLayer layer) |> ValueOption.toList
        for struct (parameter, gradient) in gradients.Plain do
            if not (isNull gradient) then suspect (fun () -> nameOf model parameter) "gradients" gradient
    |]

    /// Raises a NumericalFailure that names the first layer or parameter whose gradient has an element that is NaN or
    /// infinite. One number leaves the device.
    let requireGradients model layers gradients =
        Scope.value (fun () ->
            let suspects = suspects model layers gradients
            whereSuspicious (suspects |> Seq.collect _.Telling) (fun () -> Array.iter look suspects))

    /// `requireGradients`, after the loss of a step, whose number the error gives.
    /// Raises a NumericalFailure when the loss or a gradient is not finite, and an ArgumentException when no label counts
    /// or one is impossible.
    let requireStep likelihood (output: torch.Tensor) target step (loss: torch.Tensor) model layers gradients =
        Scope.value (fun () ->
            let suspects = suspects model layers gradients
            let telling = loss :: ValueOption.toList (LikelihoodCheck.telling likelihood target)
            whereSuspicious (Seq.append telling (suspects |> Seq.collect _.Telling)) (fun () ->
                requireLoss likelihood target step loss
                LikelihoodCheck.possible likelihood output target
                Array.iter look suspects))
