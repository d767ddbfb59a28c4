namespace Foof

open System
open System.Runtime.CompilerServices
open TorchSharp

/// A forward pass that was recorded.
/// Owns the records.
[<ReferenceEquality>]
type internal Pass = {
    /// The model's output, in its graph.
    Output: torch.Tensor
    /// The calls of each layer, in call order.
    Calls: Record array array
} with

    /// Frees the layers' outputs, when all is differentiated: a network's outputs are a third of what a step holds.
    member pass.ReleaseOutputs() = pass.Calls |> Array.iter Record.releaseOutputs

    interface IDisposable with
        member pass.Dispose() = pass.Calls |> Array.iter Record.release

/// A model's forward pass, whose errors are marked: nobody has to run the model again to know that it raised them.
[<RequireQualifiedAccess>]
module ForwardPass =

    let private mark = obj ()

    /// Whether an error was raised in `call` or `output`.
    let failed (error: exn) = error.Data.Contains mark

    let private marked (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) () =
        try
            model.call input
        with error ->
            error.Data[mark] <- true
            reraise ()

    /// The model's output, with its graph where gradients are enabled; an error that the model raises is marked for
    /// `failed`. No optimiser takes the pass for one of its loop.
    /// The result belongs to the caller's scope, unless the model keeps it.
    let call model input = PassOwner.Running(mark, marked model input)

    /// The model's output without its graph. The pass itself runs with gradients: a model that differentiates in its
    /// forward pass ends the process under no_grad.
    /// The result belongs to the caller. Raises what the model raises, marked for `failed`.
    let output (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) =
        Scope.tensor (fun () ->
            use _recorded = torch.enable_grad ()
            (call model input).detach())

    /// Runs `work`; if that raises, the model's buffers, such as a batch norm's means, are as before.
    /// Copies of them belong to the caller's scope.
    let internal keepingBuffers (model: torch.nn.Module) (work: unit -> 'T) =
        let kept = [| for own in model.buffers () -> struct (own, own.clone ()) |]
        try
            work ()
        with _ ->
            use _quiet = torch.no_grad ()
            for struct (own, before) in kept do
                own.copy_ before |> ignore
            reraise ()

    /// Runs the model and records of each call on this thread what `keep` says, by layer and output. What the recorder
    /// had before is freed, and after an error it has nothing. The caller disposes of the result.
    let internal recorded
        (recorder: Recorder)
        (layers: Layer array)
        (keep: Layer -> torch.Tensor -> Keep)
        (model: torch.nn.Module<torch.Tensor, torch.Tensor>)
        (input: torch.Tensor)
        =
        // Also where no errors are needed: a model that differentiates in its forward pass needs the graph.
        use _recorded = torch.enable_grad ()
        recorder.Discard()
        recorder.Start(Recorder.OnThisThread keep)

        try
            let output = recorder.Running(marked model input)
            { Output = output; Calls = Record.byLayer layers (recorder.Take()) }
        finally
            recorder.Stop()
            recorder.Discard()

/// Layers whose inputs have the data points first, and not times.
[<RequireQualifiedAccess>]
module internal PointsFirst =

    let private shown = ConditionalWeakTable<Layer, obj>()

    /// Whether the second dimension of an input could be the data points.
    let private isOpen (n: int64) (layer: Layer) (calls: Record array) =
        let least = if layer.Geometry.IsLookup then 2L else 3L
        let couldBe (input: torch.Tensor) = input.dim () >= least && input.size 1 = n
        n > 1L
        && not (layer.Geometry.IsConvolution || fst (shown.TryGetValue layer))
        && calls |> Array.exists (fun call -> couldBe call.Input)

    /// Runs the model once on all data points but one, in evaluation mode, where that is needed to see which dimension
    /// they are. Its modes, its buffers and the processor's random numbers are afterwards as before.
    /// Raises an InvalidOperationException that names a layer whose second dimension they are.
    let require (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) (layers: Layer array) pass =
        let n = if input.dim () = 0L then 0L else input.size 0
        match Array.zip layers pass.Calls |> Array.filter (fun (layer, calls) -> isOpen n layer calls) with
        | [||] -> ()
        | found ->
            let layers = Array.map fst found
            use _scope = torch.NewDisposeScope()
            let random = torch.get_rng_state ()
            let modes = [|
                for own in Seq.append [ model :> torch.nn.Module ] (model.modules ()) -> struct (own, own.training)
            |]
            use recorder = new Recorder(model, layers)
            use fewer =
                try
                    model.eval ()
                    ForwardPass.recorded recorder layers (fun _ _ -> Keep.Input) model (input.narrow (0L, 0L, n - 1L))
                finally
                    torch.set_rng_state random
                    // A module sets the mode of those in it, which follow it.
                    for struct (own, mode) in modes do
                        own.train mode
            for layer, calls in Array.zip layers fewer.Calls do
                if calls |> Array.exists (fun call -> call.Input.size 1 = n - 1L) then
                    invalidOp (
                        $"{Layer.describe layer}: its input's first dimension must be the {n} data points of the batch; they are "
                        + "the second one. Mark a module whose times are first by TimeMajor, or leave the layer out."
                    )
                shown.AddOrUpdate(layer, null)

/// What a step computed before its update.
/// Owns its tensors.
[<Sealed>]
type StepResult(loss: torch.Tensor, output: torch.Tensor) =

    /// The loss before the update: a scalar, the mean over data points, outside the graph. `Dispose` frees it.
    member _.Loss = loss

    /// The model's output before the update, outside the graph. `Dispose` frees it.
    member _.Output = output

    /// The loss as a number; on an accelerator, this waits for it.
    member _.ReadLoss() = Numbers.number loss

    /// Frees loss and output.
    member _.Dispose() =
        loss.Dispose()
        output.Dispose()

    interface IDisposable with
        member result.Dispose() = result.Dispose()

/// Layers whose recorded calls have once given autograd's gradient. They do not where weight or bias are used without
/// these calls, or where a hook changes what the network sees of them.
[<RequireQualifiedAccess>]
module internal Explained =

    // A layer's use may have changed with the number of its calls or the mode that it is in.
    let private uses = ConditionalWeakTable<Layer, (int * bool) Set ref>()

    let private useOf (layer: Layer) (calls: Record array) = calls.Length, layer.Modules[0].training

    /// Whether it was found to be, for this use of the layer.
    let contains (layer: Layer) (calls: Record array) =
        match uses.TryGetValue layer with
        | true, known -> known.Value.Contains(useOf layer calls)
        | _ -> false

    /// How far the two gradients may be apart, relatively.
    let tolerance (kind: torch.ScalarType) = if kind = torch.ScalarType.Float64 then 1e-8 else 1e-2

    /// Takes a layer's use in when the gradient by its calls is autograd's, up to rounding. Where both are zero or not finite,
    /// or autograd has none (null), it is compared again the next time.
    /// Shapes: byCalls [d_out; d_in], gradients like the layer's parameters.
    /// Raises an InvalidOperationException when they are not the same.
    let compare (layer: Layer) (calls: Record array) (byCalls: torch.Tensor) (gradients: torch.Tensor array) =
        if not (isNull gradients[0]) then
            Scope.value (fun () ->
                let bias = layer.Bias |> ValueOption.map (fun _ -> gradients[1])
                let weight = if gradients[0].is_sparse then gradients[0].to_dense() else gradients[0]
                let found = Layer.joined layer weight bias
                let size = Numbers.number (found.norm ())
                let difference = Numbers.number ((byCalls - found).norm())

                if size + difference > 0.0 && Double.IsFinite difference then
                    if difference <= tolerance found.dtype * size then
                        let known = uses.GetValue(layer, fun _ -> ref Set.empty)
                        known.Value <- known.Value.Add(useOf layer calls)
                    else
                        invalidOp (
                            $"{Layer.describe layer}: its recorded calls do not explain its gradient, so its weight or bias is "
                            + "used elsewhere too, or a hook changes its output; leave it out with `select`."
                        ))

/// Which recorded calls of an ordinary loop are behind the gradients in `.grad`.
[<RequireQualifiedAccess>]
module internal Reached =

    /// Whether the biases' gradients are, up to a common factor as of clipping, what these calls add to them. True where
    /// no bias has a gradient.
    let private explain (layers: Layer array) (records: Record array) =
        let added, found =
            Array.zip layers (Record.byLayer layers records)
            |> Array.choose (fun (layer, calls) ->
                match layer.Bias |> ValueOption.map _.grad with
                | ValueSome gradient when not (isNull gradient) ->
                    let none = gradient.zeros_like ()
                    Some(calls |> Array.fold (fun sum call -> sum + call.Reach.Value.grad.reshape -1L) none, gradient)
                | _ -> None)
            |> Array.unzip

        found.Length = 0
        || Scope.value (fun () ->
            let direction (tensors: torch.Tensor array) =
                let all = torch.cat (tensors, 0L)
                all / all.norm ()
            let added, found = direction added, direction found
            Numbers.number ((added - found).norm()) <= Explained.tolerance found.dtype)

    /// The calls that a backward pass has reached since gradients were last set to zero; all calls where it reached
    /// none, so that the gradients are of another origin. Of several passes the earlier ones are left out when the later
    /// ones alone explain the gradients: another optimiser may have set them to zero in between.
    let inGradients (layers: Layer array) (records: Record array) =
        let reached = records |> Array.filter Record.isReached
        let from pass = reached |> Array.filter (fun record -> record.Pass >= pass)
        let passes = reached |> Array.map _.Pass |> Array.distinct
        let severalOfOne = Record.byLayer layers reached |> Array.exists (fun calls -> (Record.passes calls).Length > 1)

        if reached.Length = 0 then records
        elif not severalOfOne then reached
        else passes |> Seq.map from |> Seq.tryFind (explain layers) |> Option.defaultValue reached
