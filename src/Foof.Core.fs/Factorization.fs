namespace Foof

open TorchSharp

/// How a damped matrix is inverted.
[<RequireQualifiedAccess>]
type Route =
    /// M + lambda I = L L^T.
    | Cholesky
    /// M = Q diag(s) Q^T with s cut off at zero: it succeeds on anything finite.
    | Eigen

/// One attempt at inverting M + lambda I.
type Attempt = {
    Route: Route
    /// Whether in float64, whatever the matrix's type.
    Double: bool
    /// What the damping is multiplied by.
    Growth: float
}

/// A damped inverse and how it came about. Owns its tensor.
[<ReferenceEquality>]
type DampedInverse = {
    /// (M + damping I)^-1, symmetric, in M's type.
    Inverse: torch.Tensor
    /// The damping that was used at last.
    Damping: float
    /// The attempts that failed before.
    Failed: Attempt list
}

/// Inverses of symmetric positive semi-definite matrices. Failure is planned: an ordered list of attempts.
[<RequireQualifiedAccess>]
module Factorization =

    /// Cholesky in the matrix's type, then in float64, then with ten times the damping, then eigenvalues.
    let attempts = [
        {
            Route = Route.Cholesky
            Double = false
            Growth = 1.0
        }
        {
            Route = Route.Cholesky
            Double = true
            Growth = 1.0
        }
        {
            Route = Route.Cholesky
            Double = true
            Growth = 10.0
        }
        {
            Route = Route.Eigen
            Double = true
            Growth = 1.0
        }
    ]

    let private allFinite (matrix: torch.Tensor) = matrix.isfinite().all().item<bool>()

    /// M + lambda I, a fresh matrix.
    let damped (matrix: torch.Tensor) (damping: float) =
        Scope.tensor (fun () ->
            let sum = matrix.clone ()
            torch.linalg.diagonal(sum).add_(damping.ToScalar()) |> ignore
            sum)

    /// How far a product of length d may be off, relatively, in `kind`.
    let private rounding (kind: torch.ScalarType) (d: int64) =
        float d * (if kind = torch.ScalarType.Float64 then 2.3e-16 else 1.2e-7)

    let private byCholesky (matrix: torch.Tensor) damping =
        let struct (L, info) = torch.linalg.cholesky_ex (damped matrix damping)

        if info.item<int>() = 0 then
            Some(L.cholesky_inverse ())
        else
            None

    // Eigenvalues below rounding are zero; without damping their directions are left out (the
    // pseudo-inverse).
    let private byEigenvalues (matrix: torch.Tensor) rounding (damping: float) =
        let struct (values, Q) = torch.linalg.eigh matrix
        let kept = values.gt ((rounding * values.abs().max().ToDouble()).ToScalar())
        let shifted = torch.where (kept, values, values.zeros_like ()) + damping

        let inverted =
            if damping > 0.0 then
                shifted.reciprocal ()
            else
                torch.where (kept, shifted.reciprocal (), shifted.zeros_like ())

        Some((Q * inverted).mm(Q.t ()))

    let private attempt (matrix: torch.Tensor) (damping: float) (how: Attempt) =
        use scope = torch.NewDisposeScope()

        let source =
            if how.Double then
                matrix.``to`` torch.ScalarType.Float64
            else
                matrix

        let rounding = rounding matrix.dtype (matrix.size 0)

        match how.Route with
        | Route.Cholesky -> byCholesky source (damping * how.Growth)
        | Route.Eigen -> byEigenvalues source rounding (damping * how.Growth)
        |> Option.map (fun inverse -> inverse.``to`` matrix.dtype)
        |> Option.filter allFinite
        |> Option.map (fun inverse -> scope.MoveToOuter inverse)

    /// (M + lambda I)^-1 by the first attempt that succeeds; None when none does, as for a matrix with NaN.
    /// Without damping only eigenvalues are tried: rounding errors can make a singular matrix pass for a
    /// regular one.
    ///
    /// Shapes: M [d; d], symmetric -> [d; d]. The result belongs to the caller. (MATH 5)
    let inverse (attempts: Attempt list) (matrix: torch.Tensor) (damping: float) =
        let rec first failed remaining =
            match remaining with
            | [] -> None
            | how :: others when damping = 0.0 && how.Route = Route.Cholesky -> first failed others
            | how :: others ->
                match attempt matrix damping how with
                | None -> first (how :: failed) others
                | Some inverse ->
                    Some {
                        Inverse = inverse
                        Damping = damping * how.Growth
                        Failed = List.rev failed
                    }

        if Scope.value (fun () -> allFinite matrix) then
            first [] attempts
        else
            None
