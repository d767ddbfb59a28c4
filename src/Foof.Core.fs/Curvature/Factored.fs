namespace Foof

open System.Collections.Generic
open TorchSharp

/// How lambda enters the matrix that is inverted. Rules other than `Tikhonov` change the factors of Kronecker products,
/// group by group; on any other structure all of them are Tikhonov damping.
[<RequireQualifiedAccess>]
type Damping =
    /// C + lambda I.
    | Tikhonov
    /// (E + sqrt(lambda)/pi I) (x) (A + pi sqrt(lambda) I),
    /// pi^2 = (tr A / d_in) / (tr E / d_out).
    /// (Martens & Grosse 2015, 6.3; MATH 5)
    | Heuristic
    /// I (x) (A + pi sqrt(lambda) I): the second factor of `Heuristic` alone.
    /// (Benzing 2022, App. D.9)
    | HeuristicInputs
    /// (E + lambda I) (x) (A + lambda I); a factor that is the identity itself stays.
    /// (MATH 5)
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

    /// The factors of E (x) A as a rule has them, each with what it adds to the diagonal: one number, or one for each
    /// group. Tikhonov damping has none unless E is the identity.
    /// (MATH 5)
    let internal bySide rule (lambda: float) E A =
        let like = Kronecker.like E A
        let plus (mu: torch.Tensor) side = struct (side, (if lambda > 0.0 then ValueSome mu else ValueNone))
        let root = sqrt lambda
        match rule with
        | Damping.Heuristic ->
            let pi = split like E A
            struct (plus (pi.reciprocal () * root) E, plus (pi * root) A)
        | Damping.HeuristicInputs ->
            struct (struct (Side.Identity(Side.size E, 1.0), ValueNone), plus (split like E A * root) A)
        | Damping.EachFactor
        | Damping.Tikhonov ->
            let each side = if Side.isOne side then struct (side, ValueNone) else plus (constant like lambda) side
            struct (each E, each A)

/// A damped curvature matrix (C + lambda I)^power, ready for products. It does not own its tensors: who made it frees
/// `Factored.tensors`.
[<RequireQualifiedAccess; ReferenceEquality>]
type Factored =
    /// The inverse has the structure of the matrix. `logDet` is that of C + lambda I.
    | Structured of inverse: Curvature * logDet: torch.Tensor
    /// (D + G G^T)^-1 = r o (I - U (I + U^T U)^-1 U^T) r o with r = D^-1/2, one [d_out; d_in] a layer or [1; 1] where
    /// it is constant, U = r o G, and I + U^T U = L L^T in float64. `logDet` is of D + G G^T.
    | Woodbury of U: FisherFactor * roots: torch.Tensor array * L: torch.Tensor * logDet: torch.Tensor
    /// One after the other along the layers.
    | Blocks of Factored array

/// Damped inverses of structured curvature.
[<RequireQualifiedAccess>]
module Factored =

    let private once (tensors: torch.Tensor list) =
        let seen = HashSet<torch.Tensor>(HashIdentity.Reference)
        tensors |> List.filter seen.Add

    /// The tensors held, for their owner to free, each once: the roots may be part of U.
    let rec tensors factored =
        match factored with
        | Factored.Structured(inverse, logDet) -> logDet :: Curvature.tensors inverse
        | Factored.Woodbury(U, roots, L, logDet) -> once (logDet :: L :: (List.ofArray roots @ FisherFactor.tensors U))
        | Factored.Blocks parts -> parts |> Seq.collect tensors |> List.ofSeq

    /// The shape [d_out; d_in] of each layer, in the layers' order.
    let rec shapes factored =
        match factored with
        | Factored.Structured(inverse, _) -> Curvature.shapes inverse
        | Factored.Woodbury(U, _, _, _) -> U.Shapes
        | Factored.Blocks parts -> Array.collect shapes parts

    let private noPower (power: float) =
        if power <> -1.0 then
            invalidArg (nameof power) $"power must be -1 for a low-rank curvature; got {power}."

    let private ofStructure attempts rule power report (lambda: float) curvature =
        match curvature with
        | Curvature.Dense(F, shapes) ->
            StructuredPower.ofDense attempts power report lambda F (fun inverse -> Curvature.Dense(inverse, shapes))
        | Curvature.Units F -> StructuredPower.ofDense attempts power report lambda F Curvature.Units
        | Curvature.Diagonal D -> StructuredPower.ofDiagonals power lambda D
        | Curvature.Kronecker(E, A) when rule = Damping.Tikhonov && lambda > 0.0 && not (Side.isOne E) ->
            StructuredPower.ofKronecker power lambda E A
        | Curvature.Kronecker(E, A) ->
            let struct (left, right) = Damping.bySide rule lambda E A
            StructuredPower.ofSides attempts power report (Kronecker.like E A) lambda left right
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            if Side.tensors Q_E @ Side.tensors Q_A |> List.forall Numbers.isFinite then
                StructuredPower.ofEigenbasis power lambda Q_E Q_A S
            else
                None
        | _ ->
            invalidArg
                (nameof curvature)
                ("A sum of different structures has no inverse of its own; "
                 + "merge it with Curvature.merge, or solve with ConjugateGradients.")

    let private ofWoodbury (struct (U, roots, L, logDet): struct (FisherFactor * _ * _ * _)) =
        Factored.Woodbury(U, roots, L, logDet)

    let private requireInvertible lambda G = Require.invertible "damping" (FisherFactor.tensors G).Head.dtype lambda

    let rec private ofCurvature attempts rule power report lambda curvature : Factored option =
        match curvature with
        | Curvature.Blocks parts ->
            let found = parts |> Array.map (ofCurvature attempts rule power report lambda)
            if Array.forall Option.isSome found then Some(Factored.Blocks(Array.map Option.get found)) else None
        | Curvature.LowRank G ->
            noPower power
            requireInvertible lambda G
            Woodbury.ofLowRank attempts report lambda G |> Option.map ofWoodbury
        | Curvature.LowRankPlusDiagonal(G, D) ->
            noPower power
            let D = D |> Array.map (fun D -> D + lambda)
            Woodbury.ofLowRankPlusDiagonal attempts report D G |> Option.map ofWoodbury
        | _ ->
            ofStructure attempts rule power report lambda curvature
            |> Option.map (fun struct (inverse, logDet) -> Factored.Structured(inverse, logDet))

    /// (C + lambda I)^power by a damping rule and a list of attempts; None when none of these succeeds. Each fallback
    /// is reported once, in words, to `report`.
    ///
    /// Without damping, directions that a Kronecker factor or a dense matrix lacks are left out.
    /// Shapes: over the layers of C.
    /// New tensors belong to the caller; the result may share tensors with C, which must outlive it.
    /// Raises an ArgumentException when lambda is negative or not finite, or of a low-rank matrix has no inverse in its
    /// type, for powers of a low-rank matrix other than -1, for a sum of structures and for a product of two multiples of the identity.
    /// (MATH 4, 5)
    let attempt attempts rule (power: float) (report: string -> unit) (lambda: float) curvature =
        Require.nonNegative "damping" lambda
        Scope.ownedBut
            (Curvature.tensors curvature)
            (fun () -> ofCurvature attempts rule power report lambda curvature)
            (Option.map tensors >> Option.defaultValue [] >> Seq.ofList)

    /// `attempt` for G G^T whose K = G^T G is known, [m; m] in float64.
    let internal attemptKnowing K attempts (power: float) (report: string -> unit) (lambda: float) G =
        noPower power
        requireInvertible lambda G
        Scope.ownedBut
            (FisherFactor.tensors G)
            (fun () -> Woodbury.ofLowRankKnowing K attempts report lambda G |> Option.map ofWoodbury)
            (Option.map tensors >> Option.defaultValue [] >> Seq.ofList)

    /// (C + lambda I)^-1 by a damping rule and the usual attempts, `Factorization.attempts`.
    /// New tensors belong to the caller; the result may share tensors with C, which must outlive it.
    /// Raises a NumericalFailure when all attempts fail, and an ArgumentException as `attempt` does.
    /// (MATH 4, 5)
    let make rule (lambda: float) curvature =
        match attempt Factorization.attempts rule -1.0 ignore lambda curvature with
        | Some factored -> factored
        | None ->
            raise (
                NumericalFailure(
                    $"C + {lambda} I could not be factored by any attempt",
                    $"a curvature of {Curvature.size curvature} weights",
                    "check the batch for NaN or raise the damping"
                )
            )

    let private splitting parts (V: torch.Tensor array) =
        Array.zip parts (V |> WeightVector.deal (parts |> Array.map (fun part -> (shapes part).Length)))

    let private requireAlike (like: torch.Tensor) (V: torch.Tensor array) = Array.iter (Require.alike (nameof V) like) V

    let rec private multiply factored (V: torch.Tensor array) : torch.Tensor array =
        match factored with
        | Factored.Structured(inverse, _) -> Curvature.product inverse V
        | Factored.Woodbury(U, roots, L, _) ->
            requireAlike roots[0] V
            Woodbury.solve U roots L V
        | Factored.Blocks parts -> splitting parts V |> Array.collect (fun (part, V) -> multiply part V)

    /// (C + lambda I)^-1 V, or the power that was asked for.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the shapes, types or devices do not fit.
    /// (MATH 4, 5)
    let solve factored (V: torch.Tensor array) =
        WeightVector.check (nameof V) (shapes factored) V
        Scope.owned (fun () -> multiply factored V) Seq.ofArray

    let rec private rootMultiply factored (V: torch.Tensor array) : torch.Tensor array =
        match factored with
        | Factored.Structured(inverse, _) ->
            Curvature.requireFit (nameof V) inverse V
            StructuredPower.rootTimes inverse V
        | Factored.Woodbury(U, roots, L, _) ->
            requireAlike roots[0] V
            Woodbury.rootSolve U roots L V
        | Factored.Blocks parts -> splitting parts V |> Array.collect (fun (part, V) -> rootMultiply part V)

    /// R V with R R^T = (C + lambda I)^-1, or the power that was asked for: of standard normal V a sample of N(0, (C +
    /// lambda I)^-1). R need not be symmetric.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises what `solve` raises.
    /// (MATH 6)
    let rootSolve factored (V: torch.Tensor array) =
        WeightVector.check (nameof V) (shapes factored) V
        Scope.owned (fun () -> rootMultiply factored V) Seq.ofArray

    let rec private sumOfLogs factored : torch.Tensor =
        match factored with
        | Factored.Structured(_, logDet) -> logDet.clone ()
        | Factored.Woodbury(_, _, _, logDet) -> logDet.clone ()
        | Factored.Blocks parts ->
            parts
            |> Array.map (fun part -> (sumOfLogs part).``to`` torch.ScalarType.Float64)
            |> Array.reduce (fun x y -> x + y)

    /// log det (C + lambda I), of the matrix that the damping rule makes: a scalar on its device; in float64 of
    /// low-rank matrices and of several blocks, in the curvature's type otherwise.
    /// The result belongs to the caller.
    /// (MATH 6)
    let logDet factored = Scope.tensor (fun () -> sumOfLogs factored)
