namespace Foof

open TorchSharp

/// The importance of weights from the path that training took: the baseline that needs no Fisher.
/// (Zenke et al. 2017)
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module SynapticIntelligence =

    /// omega <- omega - g o (theta' - theta), in place: what one step, from theta to theta', took off the
    /// loss.
    ///
    /// g is the gradient of the task's loss alone, of the mini-batch that the step was made with and before
    /// it. Shapes: one [d_out; d_in] a layer each. Raises an ArgumentException when they do not fit.
    let accumulate
        (omega: torch.Tensor array)
        (gradient: torch.Tensor array)
        (before: torch.Tensor array)
        (after: torch.Tensor array)
        =
        for name, x in [ "gradient", gradient; "before", before; "after", after ] do
            WeightVector.check name (WeightVector.shapes omega) x

        Scope.value (fun () ->
            for l in 0 .. omega.Length - 1 do
                omega[l].addcmul_(gradient[l], after[l] - before[l], (-1.0).ToScalar())
                |> ignore)

    /// max(omega, 0) / ((theta' - theta)^2 + xi) for a task that moved the weights from theta to theta'.
    ///
    /// xi > 0 bounds what a weight that hardly moved can count. Shapes: one [d_out; d_in] a layer each. The
    /// result belongs to the caller. Raises an ArgumentException when xi is not positive or shapes do not
    /// fit.
    let importance
        (xi: float)
        (omega: torch.Tensor array)
        (start: torch.Tensor array)
        (finish: torch.Tensor array)
        =
        Require.positive (nameof xi) xi
        WeightVector.check (nameof start) (WeightVector.shapes omega) start
        WeightVector.check (nameof finish) (WeightVector.shapes omega) finish

        Scope.owned
            (fun () ->
                Array.init omega.Length (fun l ->
                    omega[l].clamp_min(0.0.ToScalar()) / ((finish[l] - start[l]).square() + xi)))
            Seq.ofArray

    /// The curvature of the penalty c sum Omega (theta - theta*)^2 of a task, in the units of
    /// `Consolidation.penalty`: 2 Omega, so that its strength is c. The result belongs to the caller.
    let curvature (importance: torch.Tensor array) =
        Curvature.Diagonal(WeightVector.scale 2.0 importance)
