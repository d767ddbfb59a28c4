namespace Foof

open TorchSharp

/// How a damped matrix is inverted.
[<RequireQualifiedAccess>]
type Route =
    /// M + lambda I = L L^T, and each product solves with L: for matrices that multiply few vectors before the next
    /// one.
    | Solve
    /// M + lambda I = L L^T, and its inverse written out.
    | Cholesky
    /// M = Q diag(s) Q^T with s cut off at zero: it succeeds on anything finite.
    | Eigen

/// One attempt at inverting M + lambda I.
type Attempt = {
    /// By which factorisation.
    Route: Route
    /// Whether in float64, whatever the matrix's type.
    Double: bool
    /// What the damping is multiplied by.
    Growth: float
}

/// A damped inverse, or another power, and how it came about.
/// Owns its tensors.
[<ReferenceEquality>]
type DampedInverse = {
    /// (M + damping I)^-1, or the power that was asked for, symmetric, in M's type and shape.
    Inverse: torch.Tensor
    /// log det (M + damping I), summed over all matrices: a scalar in M's type. Directions that were left out do not
    /// count.
    LogDet: torch.Tensor
    /// The damping that was used at last.
    Damping: float
    /// The attempts that failed before.
    Failed: Attempt list
}

/// Inverses of symmetric positive semi-definite matrices, or of several at once [...; d; d]. Failure is planned: an
/// ordered list of attempts.
[<RequireQualifiedAccess>]
module Factorization =

    /// Cholesky in the matrix's type, then in float64, then with ten times the damping, then eigenvalues.
    let attempts = [
        { Route = Route.Cholesky; Double = false; Growth = 1.0 }
        { Route = Route.Cholesky; Double = true; Growth = 1.0 }
        { Route = Route.Cholesky; Double = true; Growth = 10.0 }
        { Route = Route.Eigen; Double = true; Growth = 1.0 }
    ]

    /// M + lambda I.
    /// Shapes: M [...; d; d] -> the same.
    /// The result is a fresh matrix, also for lambda = 0, and belongs to the caller.
    let damped (matrix: torch.Tensor) (damping: float) =
        Scope.tensor (fun () ->
            let sum = matrix.clone ()
            torch.linalg.diagonal(sum).add_(damping.ToScalar()) |> ignore
            sum)

    /// How far a product of length d may be off, relatively, in `kind`.
    let private rounding (kind: torch.ScalarType) (d: int64) =
        float d * (if kind = torch.ScalarType.Float64 then 2.3e-16 else 1.2e-7)

    /// L with L L^T = M, or None when some matrix is not positive definite.
    let internal cholesky (matrix: torch.Tensor) =
        let struct (L, info) = torch.linalg.cholesky_ex matrix
        if Numbers.holds (info.eq((0).ToScalar()).all()) then Some L else None

    /// A Cholesky factor column by column, as libtorch makes it and its solves take it without a copy: what comes back
    /// from a file lies row by row, and would round otherwise.
    /// Shapes: [...; d; d].
    let internal byColumns (L: torch.Tensor) =
        Scope.tensor (fun () -> L.transpose(-2L, -1L).contiguous().transpose(-2L, -1L))

    /// L of M + lambda I = L L^T in M's type, where the first attempt is to solve and succeeds, and the other attempts.
    let internal factor (attempts: Attempt list) (matrix: torch.Tensor) (lambda: float) =
        match attempts with
        | first :: others when first.Route = Route.Solve ->
            let L = cholesky (damped matrix (lambda * first.Growth))
            struct (L |> Option.filter Numbers.isFinite, others)
        | _ -> struct (None, attempts)

    /// log det L L^T, summed over all matrices.
    let internal logDetOf (L: torch.Tensor) = torch.linalg.diagonal(L).log().sum() * 2.0

    /// R with R R^T = M: the Cholesky factor, or Q diag(sqrt s) of a matrix without full rank.
    ///
    /// Shapes: M [...; d; d], symmetric positive semi-definite -> the same.
    /// The result belongs to the caller.
    /// Raises a NumericalFailure when M is not finite.
    let root (matrix: torch.Tensor) =
        Numbers.requireFinite "the root of a matrix" "elements are not finite" "check the data for NaN" matrix
        Scope.tensor (fun () ->
            match cholesky matrix with
            | Some L -> L
            | None ->
                let struct (values, Q) = torch.linalg.eigh matrix
                Q * values.clamp_min(0.0.ToScalar()).sqrt().unsqueeze -2L)

    /// (L L^T)^-1 B.
    /// Shapes: L [...; d; d], B [...; d; k].
    let internal solveBy (L: torch.Tensor) (B: torch.Tensor) =
        // cholesky_solve copies L first.
        let inner = torch.linalg.solve_triangular (L, B, upper = false)
        torch.linalg.solve_triangular (L.transpose (-2L, -1L), inner, upper = true)

    /// L^-T (L + I)^-1 B, for a root of (I + U U^T)^-1.
    /// Shapes: L [d; d], B [d; k].
    let internal solveByRoots (L: torch.Tensor) (B: torch.Tensor) =
        let inner = torch.linalg.solve_triangular (damped L 1.0, B, upper = false)
        torch.linalg.solve_triangular (L.t (), inner, upper = true)

    let private byCholesky (matrix: torch.Tensor) damping =
        let damped = if damping = 0.0 then matrix else damped matrix damping
        // libtorch writes the inverse column by column: its transpose, the same matrix, lies row by row.
        cholesky damped |> Option.map (fun L -> struct (L.cholesky_inverse().transpose(-2L, -1L), logDetOf L))

    /// Q diag(f(s)) Q^T.
    let private ofSpectrum (Q: torch.Tensor) (values: torch.Tensor) =
        Products.batched (Q * values.unsqueeze -2L) (Q.transpose (-2L, -1L))

    // Without damping, eigenvalues below rounding are zero and their directions left out (pseudo-inverse). A definite
    // matrix has none of these: where rounding took more than the damping left, an eigenvalue is one rounding.
    let private byEigenvalues (matrix: torch.Tensor) rounding isDefinite (power: float) (damping: float) =
        let struct (values, Q) = torch.linalg.eigh matrix
        let largest = values.amax([| -1L |], keepdim = true).clamp_min(0.0.ToScalar())

        if isDefinite then
            let least = if damping > 0.0 then 0.0 else rounding / float (matrix.size -1)
            let shifted = torch.maximum (values, largest * least) + damping
            struct (ofSpectrum Q (shifted.pow (power.ToScalar())), shifted.log().sum())
        else
            let kept = values.gt(largest * (rounding: float)).``to`` values.dtype
            // One where it is left out, so that the logarithm counts what is kept only.
            let safe = values * kept + (1.0 - kept)
            struct (ofSpectrum Q (safe.pow (power.ToScalar()) * kept), safe.log().sum())

    let private attempt (matrix: torch.Tensor) isDefinite (power: float) (damping: float) (how: Attempt) =
        use scope = torch.NewDisposeScope()
        let source = if how.Double then matrix.``to`` torch.ScalarType.Float64 else matrix
        let rounding = rounding matrix.dtype (matrix.size -1)
        match how.Route with
        | Route.Solve
        | Route.Cholesky -> byCholesky source (damping * how.Growth)
        | Route.Eigen -> Some(byEigenvalues source rounding isDefinite power (damping * how.Growth))
        |> Option.map (fun struct (inverse, logDet) -> struct (inverse.``to`` matrix.dtype, logDet.``to`` matrix.dtype))
        |> Option.filter (fun struct (inverse, _) -> Numbers.isFinite inverse)
        |> Option.map (fun struct (inverse, logDet) -> scope.MoveToOuter(inverse, logDet))

    let private firstOf (attempts: Attempt list) power (isDefinite: bool) (matrix: torch.Tensor) (damping: float) =
        let rec first failed remaining =
            match remaining with
            | [] -> None
            | how :: others when how.Route = Route.Solve -> first failed others
            | how :: others when (not isDefinite || power <> -1.0) && how.Route = Route.Cholesky -> first failed others
            | how :: others ->
                match attempt matrix isDefinite power damping how with
                | None -> first (how :: failed) others
                | Some struct (inverse, logDet) ->
                    Some {
                        Inverse = inverse
                        LogDet = logDet
                        Damping = damping * how.Growth
                        Failed = List.rev failed
                    }

        if Numbers.isFinite matrix then first [] attempts else None

    /// (M + lambda I)^power by the first attempt that succeeds; None when none does, as for a matrix with NaN. Only
    /// power -1 has a Cholesky route. Without damping only eigenvalues are tried: rounding errors can make a singular
    /// matrix pass for a regular one; directions without curvature are left out then.
    ///
    /// `Solve` is left out: here the inverse is wanted.
    ///
    /// Shapes: M [...; d; d], symmetric -> the same.
    /// The result belongs to the caller.
    /// (MATH 5)
    let power (attempts: Attempt list) (power: float) (matrix: torch.Tensor) (damping: float) =
        firstOf attempts power (damping > 0.0) matrix damping

    /// M^power, by `power`, of a matrix that was damped before; None when no attempt succeeds.
    /// Shapes: M [...; d; d], symmetric positive definite -> the same.
    /// The result belongs to the caller.
    /// (MATH 5)
    let powerOfDefinite (attempts: Attempt list) (power: float) (matrix: torch.Tensor) =
        firstOf attempts power true matrix 0.0

    /// (M + lambda I)^-1: `power` with -1; None when no attempt succeeds.
    /// Shapes: M [...; d; d], symmetric -> the same.
    /// The result belongs to the caller.
    /// (MATH 5)
    let inverse (attempts: Attempt list) (matrix: torch.Tensor) (damping: float) = power attempts -1.0 matrix damping

    /// Eigenvalues, cut off at zero, and eigenvectors in columns, in M's type; in float64 where that fails. None for a
    /// matrix that is not finite.
    ///
    /// Shapes: M [...; d; d] -> s [...; d], ascending, Q [...; d; d].
    /// The results belong to the caller.
    let internal eigen (matrix: torch.Tensor) =
        use scope = torch.NewDisposeScope()

        let decompose (source: torch.Tensor) =
            let struct (values, Q) = torch.linalg.eigh source
            // libtorch gives Q column by column. It is kept row by row, as a file gives it back: a product of the other
            // layout rounds differently, and a run that resumes has the same bits.
            struct (values.clamp_min(0.0.ToScalar()).``to`` matrix.dtype, Q.``to``(matrix.dtype).contiguous())

        if not (Numbers.isFinite matrix) then
            None
        else
            let found =
                try
                    decompose matrix
                with :? System.Runtime.InteropServices.ExternalException ->
                    decompose (matrix.``to`` torch.ScalarType.Float64)

            let struct (values, Q) = found
            Some(scope.MoveToOuter(values, Q))
