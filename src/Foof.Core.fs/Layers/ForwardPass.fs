namespace Foof

open TorchSharp

/// A model's forward pass, of which an error says that it came from there: nobody has to run the model again to know.
[<RequireQualifiedAccess>]
module ForwardPass =

    let private mark = obj ()

    /// Whether an error was raised in `call` or `output`.
    let failed (error: exn) = error.Data.Contains mark

    /// The model's output.
    let call (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) =
        try
            model.call input
        with error ->
            error.Data[mark] <- true
            reraise ()

    /// The model's output without its graph, which the pass may use: a model that differentiates in its forward pass ends
    /// the process under no_grad. The result belongs to the caller.
    let output (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (input: torch.Tensor) =
        Scope.tensor (fun () ->
            use _recorded = torch.enable_grad ()
            (call model input).detach())
