namespace Foof

open TorchSharp

/// How large a Kronecker factor is, so that damping can be split between the two.
[<RequireQualifiedAccess>]
type FactorNorm =
    /// tr M / d.
    | Trace
    /// |M|_F / sqrt d.
    | Frobenius
    /// The largest eigenvalue.
    | LargestEigenvalue

/// How lambda enters the matrix that is inverted. Rules other than `Tikhonov` change the factors of Kronecker
/// products, group by group; on any other structure all of them are Tikhonov damping.
[<RequireQualifiedAccess>]
type Damping =
    /// C + lambda I.
    | Tikhonov
    /// (E + sqrt(lambda)/pi I) (x) (A + pi sqrt(lambda) I), pi^2 = |A| / |E|. (Martens & Grosse 2015; MATH 5)
    | Heuristic of FactorNorm
    /// I (x) (A + pi sqrt(lambda) I): the second factor of `Heuristic` alone. (Benzing 2022, App. D.9)
    | HeuristicInputs of FactorNorm
    /// (E + sqrt(lambda) I) (x) (A + sqrt(lambda) I).
    | SquareRoot
    /// (E + lambda I) (x) (A + lambda I).
    | EachFactor
    /// Each factor M becomes (1 - share) M + share tr(M)/d I, share in [0, 1], and lambda I is added to their
    /// product.
    | Blend of share: float

/// The rules at work.
[<RequireQualifiedAccess>]
module Damping =

    /// The size of each group's matrix, [g].
    let internal norm (how: FactorNorm) (like: torch.Tensor) side =
        match how, Side.written side with
        | FactorNorm.Trace, _ -> Side.trace like side / float (Side.size side)
        | FactorNorm.Frobenius, _ ->
            (Side.dense like side).square().sum([| 1L; 2L |]).sqrt()
            / sqrt (float (Side.size side))
        | FactorNorm.LargestEigenvalue, Side.Full M -> torch.linalg.eigvalsh(M).amax [| 1L |]
        | FactorNorm.LargestEigenvalue, _ -> (Side.diagonal like side).amax [| 1L |]

    /// pi by group; 1 where one of the factors is zero, which has no size to split by.
    let internal split how like E A =
        let sizeE, sizeA = norm how like E, norm how like A

        let positive (size: torch.Tensor) =
            size.gt(0.0.ToScalar()).``to`` size.dtype

        let bothPositive = positive sizeE * positive sizeA
        let pi = (sizeA / (sizeE + (1.0 - bothPositive))).sqrt()
        pi * bothPositive + (1.0 - bothPositive)

    let private constant (like: torch.Tensor) (mu: float) =
        torch.full (1L, mu, dtype = like.dtype, device = like.device)

    let private blended (like: torch.Tensor) share side =
        Side.damped (norm FactorNorm.Trace like side * share) (Side.scale (1.0 - share) side)

    /// The damped factors of E (x) A, and how much of the identity is still to be added to their product.
    let private factors rule (lambda: float) E A =
        let like = Kronecker.like E A
        let root = sqrt lambda

        match rule with
        | Damping.Tikhonov -> struct (E, A, lambda)
        | Damping.Heuristic norm ->
            let pi = split norm like E A
            struct (Side.damped (pi.reciprocal () * root) E, Side.damped (pi * root) A, 0.0)
        | Damping.HeuristicInputs norm ->
            struct (Side.Identity(Side.size E, 1.0), Side.damped (split norm like E A * root) A, 0.0)
        | Damping.SquareRoot ->
            struct (Side.damped (constant like root) E, Side.damped (constant like root) A, 0.0)
        | Damping.EachFactor ->
            struct (Side.damped (constant like lambda) E, Side.damped (constant like lambda) A, 0.0)
        | Damping.Blend share -> struct (blended like share E, blended like share A, lambda)

    /// Whether a rule makes the factors of a Kronecker product positive definite.
    let internal isDefinite rule (lambda: float) =
        match rule with
        | Damping.Tikhonov -> false
        | Damping.Blend share -> share > 0.0
        | _ -> lambda > 0.0

    /// The matrix that a rule inverts, as a curvature and the multiple of the identity that is still to be
    /// added to it. New tensors belong to the caller; those that do not change are shared. Raises an
    /// ArgumentException for a share outside [0, 1]. (MATH 5)
    let apply rule (lambda: float) curvature =
        match rule, curvature with
        | Damping.Blend share, _ when not (share >= 0.0 && share <= 1.0) ->
            invalidArg "share" $"share must lie in [0, 1]; got {share}."
        | Damping.Tikhonov, _ -> struct (curvature, lambda)
        | _, Curvature.Kronecker(E, A) ->
            Scope.ownedBut
                (Curvature.tensors curvature)
                (fun () ->
                    let struct (E, A, rest) = factors rule lambda E A
                    struct (Curvature.Kronecker(E, A), rest))
                (fun struct (damped, _) -> Curvature.tensors damped)
        | _ -> struct (curvature, lambda)

    /// The damping that follows by the Levenberg-Marquardt rule from rho = actual / predicted decrease of the
    /// loss: lambda omega for rho > 3/4, lambda / omega for rho < 1/4 or when rho is no number. Raises an
    /// ArgumentException unless omega lies in (0, 1). (Martens & Grosse 2015, 6.5)
    let adapted (omega: float) (rho: float) (lambda: float) =
        Require.fraction (nameof omega) omega
        Require.positive (nameof omega) omega

        if rho > 0.75 then lambda * omega
        elif rho >= 0.25 then lambda
        else lambda / omega
