namespace Foof

open System.Collections.Generic
open TorchSharp

/// The errors of layers whose calls were recorded: one backward pass to their outputs for each direction at the model's
/// output, and no gradient of a weight.
[<RequireQualifiedAccess>]
module internal LayerErrors =

    let private requireCalls (layer: Layer) (calls: Record array) =
        if calls.Length = 0 then
            invalidOp
                $"{Layer.describe layer} was not called in the forward pass; leave it out, or call it with call()."

    let private requireDataPoints (layer: Layer) (n: int64) (calls: Record array) =
        let found = Record.dataPoints calls
        if found <> n then
            invalidOp (
                $"{Layer.describe layer}: its input's first dimension must be the {n} data points of the batch; got {found}. "
                + "Keep data points first and positions after them, mark a module whose times are first by TimeMajor, or leave "
                + "the layer out."
            )

    /// The errors of all calls of a layer; zeros where the output does not depend on a call.
    let private errorsOf (layer: Layer) (calls: Record array) (gradientOf: Record -> torch.Tensor) =
        let ofCall (call: Record) =
            match gradientOf call with
            | null -> call.Output.Value.zeros_like ()
            | gradient -> gradient
            |> Layer.pointsFirst layer
            |> Layer.errors layer
        match calls with
        | [| only |] -> ofCall only
        | _ -> torch.cat (Array.map ofCall calls, 2L)

    /// The errors of the data points with these numbers alone, of each direction at an output of n data points.
    /// Shapes: E [g; c n; R; k] -> [g; c n'; R; k], numbers [n'].
    let shown (n: int64) (numbers: torch.Tensor) (E: torch.Tensor) =
        Scope.tensor (fun () -> E.unflatten(1L, [| -1L; n |]).index_select(2L, numbers).flatten(1L, 2L))

    /// `direction` for the first data points, and zeros for those after them up to `all`.
    let private padded (all: int64) (direction: torch.Tensor) =
        let rest = all - direction.size 0
        if rest = 0L then
            direction
        else
            let shape = Array.append [| rest |] direction.shape[1..]
            let zeros = torch.zeros (shape, dtype = direction.dtype, device = direction.device)
            torch.cat ([| direction; zeros |], 0L)

    /// The errors of layers whose calls were recorded in the forward pass that made `output`, E [g; m; R; d_out/g]
    /// each, direction after direction: of the first data points alone where the directions have no more. The graph is
    /// used up with the last direction.
    /// Shapes: output [n; ...], directions [n'; ...] with n' <= n; m is n' times their number.
    /// The result belongs to the caller.
    /// Raises an InvalidOperationException when a layer was not called or does not have the n data points first.
    let find (layers: Layer array) (calls: Record array array) (output: torch.Tensor) (directions: seq<torch.Tensor>) =
        Array.iter2 requireCalls layers calls
        Array.iter2 (fun layer -> requireDataPoints layer (output.size 0)) layers calls
        let outputs = calls |> Array.collect (Array.map _.Output.Value) |> Array.filter _.requires_grad

        let backward retain (direction: torch.Tensor) =
            use scope = torch.NewDisposeScope()
            let n = direction.size 0
            let areNew = Array.map2 (fun layer calls -> not (Explained.contains layer calls)) layers calls
            let parameters = Array.zip layers areNew |> Array.filter snd |> Array.collect (fst >> Layer.parameters)
            let variables = Array.append outputs (parameters |> Array.map (fun parameter -> parameter :> torch.Tensor))
            let gradients = Derivatives.find retain false [| output |] [| padded (output.size 0) direction |] variables
            let found = Dictionary<nativeint, torch.Tensor>()
            Array.iter2
                (fun (variable: torch.Tensor) gradient -> found[variable.Handle] <- gradient)
                variables
                gradients

            // What is made without gradients is not among them.
            let of' (variable: torch.Tensor) =
                match found.TryGetValue variable.Handle with
                | true, gradient -> gradient
                | _ -> null

            let gradientOf (call: Record) = of' call.Output.Value

            // All layers' derivatives are there at once: each is freed when its rows are made.
            let ofLayer layer (calls: Record array) isNew =
                let E =
                    Scope.tensor (fun () ->
                        let E = errorsOf layer calls gradientOf

                        if isNew then
                            let byCalls = Record.activations calls |> Activations.gradient E
                            Explained.compare
                                layer
                                calls
                                (byCalls.flatten (0L, 1L))
                                (Layer.parameters layer |> Array.map of')

                        E.narrow (1L, 0L, n))

                for call in calls do
                    match gradientOf call with
                    | null -> ()
                    | gradient -> gradient.Dispose()
                E
            let errors = Array.map3 ofLayer layers calls areNew
            scope.MoveToOuter(errors |> Seq.cast<System.IDisposable>)
            errors
        // One direction at a time: all of them together may be as large as everything else.
        let columns = [|
            use remaining = directions.GetEnumerator()
            let mutable isLast = not (remaining.MoveNext())
            while not isLast do
                let direction = remaining.Current
                isLast <- not (remaining.MoveNext())
                backward (not isLast) direction
        |]
        let stacked l =
            match columns with
            | [| only |] -> only[l]
            | _ -> torch.cat (columns |> Array.map (fun errors -> errors[l]), 1L)
        Array.init layers.Length stacked
