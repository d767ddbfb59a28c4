namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// One backward pass for everything that a step needs: errors of recorded outputs, gradients of parameters.
[<Sealed>]
type internal Differentiation(loss: torch.Tensor, variables: torch.Tensor array) =
    let found =
        let gradients = Derivatives.find false false [| loss |] null variables
        let found = Dictionary<nativeint, torch.Tensor>()

        variables
        |> Array.iteri (fun i variable -> found[variable.Handle] <- gradients[i])

        found

    /// d loss / d variable, or null where the loss does not depend on it.
    member _.Of(variable: torch.Tensor) = found[variable.Handle]

/// A and E of one layer in one batch.
[<RequireQualifiedAccess>]
module internal Factors =

    let private stacked (rows: torch.Tensor array) =
        if rows.Length = 1 then rows[0] else torch.cat (rows, 0L)

    /// The rows of all calls, one below the other; E is d loss / d z, so that the mean's 1/n is in it. None
    /// when the loss reaches none of the calls.
    let ofRecords (layer: Layer) (records: Record array) (derivatives: Differentiation) =
        let reached =
            records
            |> Array.filter (fun record -> not (isNull (derivatives.Of record.Output.Value)))

        if reached.Length = 0 then
            ValueNone
        else
            let A = reached |> Array.map (fun record -> Layer.rows layer record.Input)

            let E =
                reached
                |> Array.map (fun record -> Layer.errorRows layer (derivatives.Of record.Output.Value))

            ValueSome struct (stacked A, stacked E)

    /// Whether E^T A is the gradient of weight and bias that autograd finds, up to rounding; it is not when
    /// they are used outside the recorded calls. None when both are zero or not finite,
    /// which proves nothing.
    let explain
        (layer: Layer)
        (struct (A, E): struct (torch.Tensor * torch.Tensor))
        (derivatives: Differentiation)
        =
        Scope.value (fun () ->
            let explained = E.t().mm A

            let found =
                Layer.joined
                    layer
                    (derivatives.Of layer.Weight)
                    (layer.Bias |> ValueOption.map derivatives.Of)

            let tolerance =
                if found.dtype = torch.ScalarType.Float64 then
                    1e-8
                else
                    1e-2

            let size = Reading.number (found.norm ())
            let difference = Reading.number ((explained - found).norm())

            if not (Reading.hasData found) then
                Some true
            elif (size = 0.0 && difference = 0.0) || not (Double.IsFinite difference) then
                None
            else
                Some(difference <= tolerance * size))

/// Which layers' factors may be trusted: those that have once explained autograd's gradient.
[<Sealed>]
type internal TrustedFactors() =
    let trusted = HashSet<Layer>(HashIdentity.Reference)

    /// Whether the weight's gradient need not be computed for comparison any more.
    member _.Includes(layer: Layer) = trusted.Contains layer

    /// Raises an InvalidOperationException unless the factors make autograd's gradient, until they have done
    /// so.
    member _.Require(layer: Layer, factors, derivatives: Differentiation) =
        if not (trusted.Contains layer) then
            match Factors.explain layer factors derivatives with
            | None -> ()
            | Some true -> trusted.Add layer |> ignore
            | Some false ->
                invalidOp (
                    $"{Layer.describe layer}: its recorded calls do not explain its gradient, "
                    + "so its weight or bias is used elsewhere too; leave it out with `select`."
                )
