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

    /// M + mu I with one number for all matrices, mu [], or one for each.
    /// Shapes: M [...; d; d], mu [] or M's leading ones -> M's.
    /// The result is a fresh matrix, also for mu = 0, and belongs to the caller.
    let internal dampedBy (mu: torch.Tensor) (matrix: torch.Tensor) =
        Scope.tensor (fun () ->
            let sum = matrix.clone ()
            torch.linalg.diagonal(sum).add_(if mu.dim () = 0L then mu else mu.unsqueeze -1L) |> ignore
            sum)

    /// M + lambda I.
    /// Shapes: M [...; d; d] -> the same.
    /// The result is a fresh matrix, also for lambda = 0, and belongs to the caller.
    let damped (matrix: torch.Tensor) (damping: float) = Scope.tensor (fun () -> dampedBy (torch.tensor damping) matrix)

    let private epsilon (kind: torch.ScalarType) = if kind = torch.ScalarType.Float64 then 2.3e-16 else 1.2e-7

    /// How far a residual may be from zero, in roundings of the matrix's elements and of the vectors: a sound
    /// factorisation is below one up to orders of a thousand.
    let private mostRoundings = 10.0

    /// Whether x = solve b has M x = b but for roundings of `kind`, for one vector b of no special direction:
    /// |M x - b| <= 10 eps (|M| |x| + |b|) in the largest element and in M's largest sum of a row. False where something is
    /// not finite.
    let private solves (kind: torch.ScalarType) (matrix: torch.Tensor) (solve: torch.Tensor -> torch.Tensor) =
        Scope.value (fun () ->
            let d = matrix.size -1
            let largest (vectors: torch.Tensor) = vectors.abs().amax [| -2L; -1L |]
            let numbers = torch.arange (1L, d + 1L, dtype = matrix.dtype, device = matrix.device)
            let b = (numbers * 12.9898).sin().expand(Array.append matrix.shape[.. int (matrix.dim ()) - 3] [| d |])
            let b = b.unsqueeze -1L
            let x = solve b
            let ofMatrix = torch.linalg.vector_norm(matrix, 1.0, [| -1L |]).amax [| -1L |]
            let bound = (ofMatrix * largest x + largest b) * (mostRoundings * epsilon kind)
            let residual = largest (Products.batched matrix x - b)
            Numbers.holds (residual.le(bound).logical_and(bound.isfinite ()).all()))

    /// L with L L^T = M, or None when some matrix is not positive definite.
    let internal cholesky (matrix: torch.Tensor) =
        let struct (L, info) = torch.linalg.cholesky_ex matrix
        if Numbers.holds (info.eq((0).ToScalar()).all()) then Some L else None

    /// A Cholesky factor column by column, as libtorch makes it and its solves take it without a copy: what comes back
    /// from a file lies row by row, and would round otherwise.
    /// Shapes: [...; d; d].
    let internal byColumns (L: torch.Tensor) =
        Scope.tensor (fun () -> L.transpose(-2L, -1L).contiguous().transpose(-2L, -1L))

    /// log det L L^T, summed over all matrices.
    let internal logDetOf (L: torch.Tensor) = torch.linalg.diagonal(L).log().sum() * 2.0

    /// Eigenvalues, those below zero as zero, and eigenvectors; None where libtorch's iteration does not converge.
    let private eigh (matrix: torch.Tensor) =
        try
            let struct (values, Q) = torch.linalg.eigh matrix
            Some struct (values.clamp_min (0.0.ToScalar()), Q)
        with :? System.Runtime.InteropServices.ExternalException ->
            None

    /// `eigh`, in float64 where it does not converge in the matrix's own type.
    let private eighOrDouble (matrix: torch.Tensor) =
        eigh matrix
        |> Option.orElseWith (fun () -> eigh (matrix.``to`` torch.ScalarType.Float64))
        |> Option.map (fun struct (values, Q) -> struct (values.``to`` matrix.dtype, Q.``to`` matrix.dtype))

    /// R with R R^T = M: the Cholesky factor, or Q diag(sqrt s) of a matrix without full rank.
    ///
    /// Shapes: M [...; d; d], symmetric positive semi-definite -> the same.
    /// The result belongs to the caller.
    /// Raises a NumericalFailure when M is not finite, or its eigenvalues do not converge.
    let root (matrix: torch.Tensor) =
        Numbers.requireFinite "the root of a matrix" "elements are not finite" "check the data for NaN" matrix
        Scope.tensor (fun () ->
            match cholesky matrix with
            | Some L -> L
            | None ->
                match eighOrDouble matrix with
                | Some struct (values, Q) -> Q * values.sqrt().unsqueeze -2L
                | None ->
                    raise (
                        NumericalFailure(
                            "its eigenvalues did not converge",
                            "the root of a matrix",
                            "scale the data down or use float64"
                        )
                    ))

    /// (L L^T)^-1 B.
    /// Shapes: L [...; d; d], B [...; d; k].
    let internal solveBy (L: torch.Tensor) (B: torch.Tensor) =
        // cholesky_solve copies L first.
        let inner = torch.linalg.solve_triangular (L, B, upper = false)
        torch.linalg.solve_triangular (L.transpose (-2L, -1L), inner, upper = true)

    /// L with L L^T = M, or None where M is not positive definite or solving with L leaves a residual.
    let private soundCholesky (matrix: torch.Tensor) =
        cholesky matrix |> Option.filter (fun L -> solves matrix.dtype matrix (solveBy L))

    /// L of M + mu I = L L^T in M's type, where the first attempt is to solve and succeeds, and the other attempts.
    let internal factor (attempts: Attempt list) (matrix: torch.Tensor) (mu: torch.Tensor) =
        match attempts with
        | first :: others when first.Route = Route.Solve ->
            struct (soundCholesky (dampedBy (mu * first.Growth) matrix), others)
        | _ -> struct (None, attempts)

    /// L^-T (L + I)^-1 B, for a root of (I + U U^T)^-1.
    /// Shapes: L [d; d], B [d; k].
    let internal solveByRoots (L: torch.Tensor) (B: torch.Tensor) =
        let inner = torch.linalg.solve_triangular (damped L 1.0, B, upper = false)
        torch.linalg.solve_triangular (L.t (), inner, upper = true)

    let private byCholesky (kind: torch.ScalarType) (matrix: torch.Tensor) (mu: torch.Tensor) =
        let damped = dampedBy mu matrix
        cholesky damped
        |> Option.map (fun L ->
            // libtorch writes the inverse column by column: its transpose, the same matrix, lies row by row.
            struct (L.cholesky_inverse().transpose(-2L, -1L).``to`` kind, logDetOf L))
        |> Option.filter (fun struct (inverse, _) ->
            solves kind damped (fun b -> (Products.batched inverse (b.``to`` kind)).``to`` damped.dtype))

    /// Q diag(f(s)) Q^T.
    let private ofSpectrum (Q: torch.Tensor) (values: torch.Tensor) =
        Products.batched (Q * values.unsqueeze -2L) (Q.transpose (-2L, -1L))

    // (max(s, 0) + mu)^power. Without damping, eigenvalues below rounding are zero and their directions are left out
    // (pseudo-inverse); one stands there, so that the logarithm counts what is kept only.
    let private byEigenvalues (matrix: torch.Tensor) rounding (power: float) (mu: torch.Tensor voption) =
        eigh matrix
        |> Option.map (fun struct (values, Q) ->
            match mu with
            | ValueSome mu ->
                let shifted = values + (if mu.dim () = 0L then mu else mu.unsqueeze -1L)
                struct (ofSpectrum Q (shifted.pow (power.ToScalar())), shifted.log().sum())
            | ValueNone ->
                let threshold: torch.Tensor = values.amax ([| -1L |], keepdim = true) * (rounding: float)
                let kept = values.gt(threshold).``to`` values.dtype
                let safe = values * kept + (1.0 - kept)
                struct (ofSpectrum Q (safe.pow (power.ToScalar()) * kept), safe.log().sum()))

    let private attempt (matrix: torch.Tensor) (power: float) (mu: torch.Tensor voption) (how: Attempt) =
        use scope = torch.NewDisposeScope()
        let kind = matrix.dtype
        let source = if how.Double then matrix.``to`` torch.ScalarType.Float64 else matrix
        let mu = mu |> ValueOption.map (fun mu -> mu * how.Growth)
        match how.Route, mu with
        | Route.Eigen, _ ->
            byEigenvalues source (float (matrix.size -1) * epsilon kind) power mu
            |> Option.map (fun struct (inverse, logDet) -> struct (inverse.``to`` kind, logDet))
            |> Option.filter (fun struct (X, _) -> Numbers.isFinite X)
        | _, ValueSome mu -> byCholesky kind source mu
        | _, ValueNone -> None
        |> Option.map (fun struct (inverse, logDet) -> scope.MoveToOuter(inverse, logDet.``to`` kind))

    /// (M + mu I)^power as `power` has it, for one number mu or one for each matrix, none without damping; `lambda` is
    /// what the result's damping counts from.
    let internal powerBy (attempts: Attempt list) power (matrix: torch.Tensor) (mu: torch.Tensor voption) lambda =
        let isFor how = how.Route = Route.Eigen || (how.Route = Route.Cholesky && power = -1.0 && mu.IsSome)
        let rec first failed remaining =
            match remaining with
            | [] -> None
            | how :: others ->
                match attempt matrix power mu how with
                | None -> first (how :: failed) others
                | Some struct (inverse, logDet) ->
                    Some { Inverse = inverse; LogDet = logDet; Damping = lambda * how.Growth; Failed = List.rev failed }
        if Numbers.isFinite matrix then first [] (List.filter isFor attempts) else None

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
        use mu = torch.tensor damping
        powerBy attempts power matrix (if damping > 0.0 then ValueSome mu else ValueNone) damping

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

        if not (Numbers.isFinite matrix) then
            None
        else
            // libtorch gives Q column by column. It is kept row by row, as a file gives it back: a product of the other
            // layout rounds differently, and a run that resumes has the same bits.
            eighOrDouble matrix |> Option.map (fun struct (values, Q) -> scope.MoveToOuter(values, Q.contiguous ()))
