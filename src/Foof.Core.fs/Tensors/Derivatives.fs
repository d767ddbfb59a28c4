namespace Foof

open System.Collections.Generic
open System.Threading
open TorchSharp

/// Derivatives of outputs with respect to variables that some of them may not depend on.
///
/// TorchSharp's `autograd.grad` ends the process on any error, where `autograd.backward` throws; so derivatives are
/// read from the variables' `.grad`, which is afterwards what it was before.
[<RequireQualifiedAccess>]
module internal Derivatives =

    // Variables whose `.grad` some thread is using now.
    let private taken = HashSet<nativeint>()

    let private isTaken (variable: torch.Tensor) = taken.Contains variable.Handle

    /// Runs `compute` while no other thread differentiates with respect to any of these.
    let private alone (variables: torch.Tensor array) (compute: unit -> 'T) =
        lock taken (fun () ->
            while Array.exists isTaken variables do
                Monitor.Wait taken |> ignore

            for variable in variables do
                taken.Add variable.Handle |> ignore)

        try
            compute ()
        finally
            lock taken (fun () ->
                for variable in variables do
                    taken.Remove variable.Handle |> ignore

                Monitor.PulseAll taken)

    // libtorch warns when it is asked for the `.grad` of what is no parameter and keeps none. A backward pass would
    // make it keep one in any case.
    let private held (variable: torch.Tensor) =
        if not variable.is_leaf then variable.retain_grad ()
        variable.grad

    let private requireGraph (output: torch.Tensor) =
        if not output.requires_grad then
            invalidOp (
                "What is differentiated must depend on trained parameters; the model's output depends on none: "
                + "it may have been detached, or made under no_grad."
            )

    let private put (variable: torch.Tensor) (gradient: torch.Tensor) =
        variable.grad <- gradient
        if not (isNull gradient) then gradient.Dispose()

    /// sum_k factors_k . d outputs_k / d variable for each variable, null where no output depends on it; null factors
    /// are ones. The graph is kept with `retain`, and the derivatives can be differentiated in turn with `recorded`.
    ///
    /// After an error every `.grad` is as before, too. Of two threads with a variable in common one waits.
    /// Shapes: factors_k like outputs_k -> one tensor of each variable's shape.
    /// The results belong to the caller's scope.
    /// Raises an InvalidOperationException when an output depends on no trained parameter.
    let find
        (retain: bool)
        (recorded: bool)
        (outputs: torch.Tensor array)
        (factors: torch.Tensor array)
        (variables: torch.Tensor array)
        : torch.Tensor array =
        let run () =
            Array.iter requireGraph outputs
            let before = Array.map held variables

            try
                for variable in variables do
                    variable.grad <- null

                torch.autograd.backward (outputs, factors, retain, recorded, variables)
                variables |> Array.map _.grad
            finally
                Array.iter2 put variables before

        // A backward pass to no variables would be one to all parameters.
        if variables.Length = 0 then [||] else alone variables run
