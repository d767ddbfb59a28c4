namespace Foof

open System
open TorchSharp

/// What a step computed before its update. Owns its tensors.
[<Sealed>]
type StepResult(loss: torch.Tensor, output: torch.Tensor) =

    /// The loss before the update: a scalar, the mean over data points, outside the graph.
    member _.Loss = loss

    /// The model's output before the update, outside the graph.
    member _.Output = output

    /// The loss as a number; on an accelerator, this waits for it.
    member _.ReadLoss() = Numbers.number loss

    /// Frees loss and output.
    member _.Dispose() =
        loss.Dispose()
        output.Dispose()

    interface IDisposable with
        member result.Dispose() = result.Dispose()
