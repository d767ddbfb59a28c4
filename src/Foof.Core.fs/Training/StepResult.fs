namespace Foof

open System
open TorchSharp

/// What a step computed on its way. Owns its tensors.
[<Sealed>]
type StepResult(loss: torch.Tensor, output: torch.Tensor) =

    /// The loss before the update: a scalar, the mean over data points.
    member _.Loss = loss

    /// The model's output before the update, outside the graph.
    member _.Output = output

    interface IDisposable with
        member _.Dispose() =
            loss.Dispose()
            output.Dispose()
