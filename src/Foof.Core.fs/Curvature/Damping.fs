namespace Foof

open TorchSharp

/// How lambda enters the matrix that is inverted. Rules other than `Tikhonov` change the factors of Kronecker
/// products, group by group; on any other structure all of them are Tikhonov damping.
[<RequireQualifiedAccess>]
type Damping =
    /// C + lambda I.
    | Tikhonov
    /// (E + sqrt(lambda)/pi I) (x) (A + pi sqrt(lambda) I),
    /// pi^2 = (tr A / d_in) / (tr E / d_out). (Martens & Grosse 2015, 6.3; MATH 5)
    | Heuristic
    /// I (x) (A + pi sqrt(lambda) I): the second factor of `Heuristic` alone. (Benzing 2022, App. D.9)
    | HeuristicInputs
    /// (E + lambda I) (x) (A + lambda I).
    | EachFactor

/// The rules at work.
[<RequireQualifiedAccess>]
module Damping =

    /// tr M / d of each group's matrix, [g].
    let private size (like: torch.Tensor) side = Side.trace like side / float (Side.size side)

    /// pi by group; 1 where one of the factors is zero, which has no size to split by.
    let internal split like E A =
        let sizeE, sizeA = size like E, size like A

        let positive (size: torch.Tensor) = size.gt(0.0.ToScalar()).``to`` size.dtype

        let bothPositive = positive sizeE * positive sizeA
        let pi = (sizeA / (sizeE + (1.0 - bothPositive))).sqrt()
        pi * bothPositive + (1.0 - bothPositive)

    let private constant (like: torch.Tensor) (mu: float) =
        torch.full (1L, mu, dtype = like.dtype, device = like.device)

    /// The damped factors of E (x) A, and how much of the identity is still to be added to their product.
    let private factors rule (lambda: float) E A =
        let like = Kronecker.like E A
        let root = sqrt lambda

        match rule with
        | Damping.Tikhonov -> struct (E, A, lambda)
        | Damping.Heuristic ->
            let pi = split like E A
            struct (Side.damped (pi.reciprocal () * root) E, Side.damped (pi * root) A, 0.0)
        | Damping.HeuristicInputs ->
            struct (Side.Identity(Side.size E, 1.0), Side.damped (split like E A * root) A, 0.0)
        | Damping.EachFactor ->
            struct (Side.damped (constant like lambda) E, Side.damped (constant like lambda) A, 0.0)

    /// Whether a rule makes the factors of a Kronecker product positive definite.
    let internal isDefinite rule (lambda: float) = rule <> Damping.Tikhonov && lambda > 0.0

    /// The matrix that a rule inverts, as a curvature and the multiple of the identity that is still to be
    /// added to it. New tensors belong to the caller; those that do not change are shared. (MATH 5)
    let apply rule (lambda: float) curvature =
        match rule, curvature with
        | Damping.Tikhonov, _ -> struct (curvature, lambda)
        | _, Curvature.Kronecker(E, A) ->
            Scope.ownedBut
                (Curvature.tensors curvature)
                (fun () ->
                    let struct (E, A, rest) = factors rule lambda E A
                    struct (Curvature.Kronecker(E, A), rest))
                (fun struct (damped, _) -> Curvature.tensors damped)
        | _ -> struct (curvature, lambda)
