namespace Foof

open System
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

    /// The model's output, with its graph where gradients are enabled; an error that the model raises is marked for
    /// `failed`.
    /// The result belongs to the caller's scope, unless the model keeps it.
    let call (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) =
        try
            model.call input
        with error ->
            error.Data[mark] <- true
            reraise ()

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
            let output = call model input
            { Output = output; Calls = Record.byLayer layers (recorder.Take()) }
        finally
            recorder.Stop()
            recorder.Discard()

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
