namespace Foof

open TorchSharp

/// Derivatives of outputs with respect to variables that some of them may not depend on.
[<RequireQualifiedAccess>]
module internal Derivatives =

    // Where nothing depends on a variable, this library's binding returns null and TorchSharp a tensor without a
    // handle.
    let private orNull (derivative: torch.Tensor) =
        if isNull derivative || derivative.IsInvalid then
            null
        else
            derivative

    /// sum_k factors_k . d outputs_k / d variable for each variable, null where no output depends on it; null factors
    /// are ones. The graph is kept with `retain`, and the derivatives can be differentiated in turn with `recorded`.
    let find
        (retain: bool)
        (recorded: bool)
        (outputs: torch.Tensor array)
        (factors: torch.Tensor array)
        (variables: torch.Tensor array)
        =
        torch.autograd.grad (
            outputs,
            variables,
            factors,
            retain_graph = retain,
            create_graph = recorded,
            allow_unused = true
        )
        |> Seq.map orNull
        |> Seq.toArray
