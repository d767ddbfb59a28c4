namespace Foof

open TorchSharp

/// The page: each method as short as its equation. A recipe says when and how; the function of the same name
/// is the equation itself for one batch, which tests and readers hold against the paper.
[<RequireQualifiedAccess>]
module Methods =

    /// **FOOF**, fast first-order optimisation on neurons: Delta W = grad_W (A_bar + lambda I)^-1.
    ///
    /// No Fisher and no second backward pass: it minimises
    /// 1/n sum_i |Delta W a_i - e_i|^2 + lambda |Delta W|^2, the change of each neuron's weights that comes
    /// closest to a gradient step on the neuron's output.
    /// Defaults: lambda = 1 (a mean over data points), beta = 0.95, T = 100, S = 10.
    /// (Benzing 2022, eq. 6 and Algorithm 1; MATH 5)
    let foof = {
        Name = "foof"
        Damping = 1.0
        Decay = 0.95
        Cadence = Cadence.defaults
        Attempts = Factorization.attempts
        OnFailure = OnFailure.KeepLast
    }

    /// FOOF's update of one batch: Delta W = (1/n E^T A) (1/n A^T A + lambda I)^-1.
    ///
    /// Shapes: A [n R; d_in], E [n R; d_out] (summands, not divided by n) -> [d_out; d_in]. lambda = 0 takes
    /// the pseudo-inverse where it must. The result belongs to the caller. (Benzing 2022, eq. 6)
    let foofUpdate (n: int64) (A: torch.Tensor) (E: torch.Tensor) (lambda: float) =
        Scope.tensor (fun () ->
            match Factorization.inverse Factorization.attempts (Statistic.activationFactor n A) lambda with
            | Some damped -> (E.t().mm(A) / float n).mm damped.Inverse
            | None -> raise (NumericalFailure("A_bar is not finite", "FOOF", "check the inputs for NaN")))
