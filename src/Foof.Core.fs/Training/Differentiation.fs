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
        |> Array.iteri (fun i variable -> found[variable.Handle] <- Gradients.dense gradients[i])

        found

    /// d loss / d variable, or null where the loss does not depend on it.
    member _.Of(variable: torch.Tensor) = found[variable.Handle]

/// What the calls of one layer in one batch say about its gradient.
[<RequireQualifiedAccess>]
module internal FromCalls =

    let private stacked (rows: torch.Tensor array) =
        if rows.Length = 1 then rows[0] else torch.cat (rows, 0L)

    /// A and E: the rows of the calls that the loss depends on, one below the other; E is d loss / d z, so that the mean's
    /// 1/n is in it. None when it depends on none of the calls.
    let factors (layer: Layer) (records: Record array) (derivatives: Differentiation) =
        let errors (record: Record) = derivatives.Of record.Output.Value

        match records |> Array.filter (errors >> isNull >> not) with
        | [||] -> ValueNone
        | reached ->
            let A = reached |> Array.map (fun record -> Layer.rows layer record.Input)
            let E = reached |> Array.map (errors >> Layer.errorRows layer)
            ValueSome struct (stacked A, stacked E)

    /// Whether `explained`, found from the recorded calls, is the gradient of weight and bias that autograd finds, up to
    /// rounding; it is not when they are used outside the recorded calls. None when both are zero or not finite,
    /// which proves nothing.
    let explain (layer: Layer) (explained: torch.Tensor) (derivatives: Differentiation) =
        Scope.value (fun () ->
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

            let size = Numbers.number (found.norm ())
            let difference = Numbers.number ((explained - found).norm())

            if (size = 0.0 && difference = 0.0) || not (Double.IsFinite difference) then
                None
            else
                Some(difference <= tolerance * size))

/// Which layers' calls may be trusted: those that have once explained autograd's gradient.
[<Sealed>]
type internal TrustedCalls() =
    let trusted = HashSet<Layer>(HashIdentity.Reference)

    /// Whether the weight's gradient need not be computed for comparison any more.
    member _.Includes(layer: Layer) = trusted.Contains layer

    /// Raises an InvalidOperationException unless the gradient that the calls explain is autograd's, until it has been
    /// so.
    member _.Require(layer: Layer, explained: Direction, derivatives: Differentiation) =
        if not (trusted.Contains layer) then
            match
                Scope.value (fun () -> FromCalls.explain layer (Direction.matrix explained) derivatives)
            with
            | None -> ()
            | Some true -> trusted.Add layer |> ignore
            | Some false ->
                invalidOp (
                    $"{Layer.describe layer}: its recorded calls do not explain its gradient, "
                    + "so its weight or bias is used elsewhere too; leave it out with `select`."
                )
