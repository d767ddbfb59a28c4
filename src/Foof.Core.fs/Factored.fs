namespace Foof

open TorchSharp

/// A damped curvature matrix (C + lambda I)^power, ready for products. It does not own its tensors: who made it frees
/// `Factored.tensors`.
[<RequireQualifiedAccess; ReferenceEquality>]
type Factored =
    /// The inverse has the structure of the matrix. `logDet` is that of C + lambda I.
    | Structured of inverse: Curvature * logDet: torch.Tensor
    /// r o (I - U (I + U^T U)^-1 U^T) r o with r = (D + lambda)^-1/2 and U = r o G, I + U^T U = L L^T.
    | Woodbury of U: FisherFactor * roots: torch.Tensor array * L: torch.Tensor * logDet: torch.Tensor
    /// One after the other along the layers.
    | Blocks of Factored array

/// Damped inverses of structured curvature.
[<RequireQualifiedAccess>]
module Factored =

    /// The tensors held.
    let rec tensors factored =
        match factored with
        | Factored.Structured(inverse, logDet) -> logDet :: Curvature.tensors inverse
        | Factored.Woodbury(U, roots, L, logDet) -> logDet :: L :: (List.ofArray roots @ FisherFactor.tensors U)
        | Factored.Blocks parts -> parts |> Seq.collect tensors |> List.ofSeq

    /// What fell back on which attempt, in words.
    let private describe (what: string) (damped: DampedInverse) =
        $"{what}: {damped.Failed.Length} attempts failed; the damping used is {damped.Damping}"

    /// The power of one side, and log det of the damped side.
    let private side attempts power (report: string -> unit) (like: torch.Tensor) (lambda: float) side =
        let groups = Side.groups side

        match side with
        | Side.Full M ->
            if lambda > 0.0 then
                Factorization.power attempts power M lambda
            else
                Factorization.powerOfDefinite attempts power M
            |> Option.map (fun damped ->
                if not damped.Failed.IsEmpty then
                    report (describe $"a factor of order {Side.size side}" damped)

                // Row by row, as it comes back from a file: the order of a product's sums follows the layout.
                struct (Side.Full(damped.Inverse.contiguous ()), damped.LogDet))
        | Side.Diagonal d ->
            let shifted = d + lambda
            let struct (inverse, logDet) = struct (shifted.pow (power.ToScalar()), shifted.log().sum())
            if Reading.isFinite inverse then Some(struct (Side.Diagonal inverse, logDet)) else None
        | Side.Identity(size, c) ->
            let logDet = float (size * groups) * log (c + lambda)
            Some(struct (Side.Identity(size, (c + lambda) ** power), torch.full ([||], logDet, dtype = like.dtype, device = like.device)))

    /// log det (E (x) A) over all groups, from those of the sides, of which one may stand for every group.
    let private kroneckerLogDet E (logE: torch.Tensor) A (logA: torch.Tensor) =
        let g = max (Side.groups E) (Side.groups A)
        let times side = float (g / Side.groups side)
        logE * (times E * float (Side.size A)) + logA * (times A * float (Side.size E))

    let private basis like side =
        match side with
        | Side.Full M ->
            Factorization.eigen M |> Option.map (fun struct (s, Q) -> struct (s, Side.Full Q))
        | _ -> Some(struct (Side.diagonal like side, Side.Identity(Side.size side, 1.0)))

    let private ofSpectrum (power: float) (lambda: float) Q_E Q_A (S: torch.Tensor) =
        let damped = S + lambda
        let inverse = damped.pow (power.ToScalar())

        if Reading.isFinite inverse then
            Some(Factored.Structured(Curvature.Eigenbasis(Q_E, Q_A, inverse), damped.log().sum ()))
        else
            None

    let private kronecker attempts power report lambda E A =
        let like = (Side.tensors E @ Side.tensors A).Head

        match E, A with
        | Side.Identity(size, 1.0), _ ->
            side attempts power report like lambda A
            |> Option.map (fun struct (A', logA) ->
                let logDet = logA * (float size)
                Factored.Structured(Curvature.Kronecker(Side.Identity(size, 1.0), A'), logDet))
        | _ when lambda = 0.0 ->
            match side attempts power report like 0.0 E, side attempts power report like 0.0 A with
            | Some struct (E', logE), Some struct (A', logA) ->
                Some(Factored.Structured(Curvature.Kronecker(E', A'), kroneckerLogDet E logE A logA))
            | _ -> None
        | _ ->
            match basis like E, basis like A with
            | Some struct (s_E, Q_E), Some struct (s_A, Q_A) ->
                ofSpectrum power lambda Q_E Q_A (s_E.unsqueeze 2L * s_A.unsqueeze 1L)
            | _ -> None

    let private ofMatrix attempts power (report: string -> unit) lambda (M: torch.Tensor) (structure: torch.Tensor -> Curvature) =
        Factorization.power attempts power M lambda
        |> Option.map (fun damped ->
            if not damped.Failed.IsEmpty then
                report (describe $"a matrix of order {M.size -1}" damped)

            Factored.Structured(structure damped.Inverse, damped.LogDet))

    let private elementwise (power: float) (lambda: float) (D: torch.Tensor array) =
        let damped = D |> Array.map (fun D -> D + lambda)
        let inverse = damped |> Array.map _.pow(power.ToScalar())

        if inverse |> Array.forall Reading.isFinite then
            let logDet = damped |> Array.map _.log().sum() |> Array.reduce (fun x y -> x + y)
            Some(Factored.Structured(Curvature.Diagonal inverse, logDet))
        else
            None

    /// r, and U = r o G, for r = (growth D)^-1/2.
    let private rooted (growth: float) (D: Choice<float, torch.Tensor array>) (G: FisherFactor) =
        match D with
        | Choice1Of2 lambda ->
            let like = (FisherFactor.tensors G).Head
            let root = torch.full (1L, 1L, (growth * lambda) ** -0.5, dtype = like.dtype, device = like.device)
            struct (Array.create G.Shapes.Length root, FisherFactor.scale (1.0 / (growth * lambda)) G)
        | Choice2Of2 D ->
            let roots = D |> Array.map (fun D -> (D * growth).rsqrt ())
            struct (roots, FisherFactor.weighted roots G)

    /// I + U^T U = L L^T; where that fails, with D larger by the attempts' growth.
    let private woodbury (attempts: Attempt list) (report: string -> unit) D (G: FisherFactor) =
        let attempt (growth: float) =
            let struct (roots, U) = rooted growth D G
            let K = FisherFactor.gram U

            if Reading.isFinite K then
                Factorization.cholesky (Factorization.damped K 1.0)
                |> Option.map (fun L ->
                    let ofDiagonal =
                        Array.map2 (fun (r: torch.Tensor) (shape: int64 array) -> r.log().expand(shape).sum () * -2.0) roots G.Shapes

                    let logDet = Array.fold (fun (sum: torch.Tensor) x -> sum + x) (Factorization.logDetOf L) ofDiagonal
                    struct (growth, Factored.Woodbury(U, roots, L, logDet)))
            else
                None

        let growths = attempts |> List.map _.Growth |> List.distinct

        growths
        |> List.tryPick attempt
        |> Option.map (fun struct (growth, found) ->
            if growth <> growths.Head then
                report $"I + U^T U of order {FisherFactor.columns G}: the damping used is {growth} times as large"

            found)

    let private noPower (power: float) =
        if power <> -1.0 then
            invalidArg (nameof power) $"power must be -1 for a low-rank curvature; got {power}."

    let rec private ofUndamped attempts power report (lambda: float) curvature : Factored option =
        match curvature with
        | Curvature.Dense(F, shapes) ->
            ofMatrix attempts power report lambda F (fun inverse -> Curvature.Dense(inverse, shapes))
        | Curvature.Units F -> ofMatrix attempts power report lambda F Curvature.Units
        | Curvature.Diagonal D -> elementwise power lambda D
        | Curvature.Kronecker(E, A) -> kronecker attempts power report lambda E A
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> ofSpectrum power lambda Q_E Q_A S
        | Curvature.LowRank G ->
            noPower power
            Require.positive "damping" lambda
            woodbury attempts report (Choice1Of2 lambda) G
        | Curvature.LowRankPlusDiagonal(G, D) ->
            noPower power
            woodbury attempts report (Choice2Of2(D |> Array.map (fun D -> D + lambda))) G
        | Curvature.Blocks _ -> None
        | Curvature.Sum _ ->
            invalidArg
                (nameof curvature)
                "A sum with Kronecker products has no inverse of its own; merge it with Curvature.merge, or solve with ConjugateGradients."

    let rec private ofCurvature attempts rule power report lambda curvature : Factored option =
        match curvature with
        | Curvature.Blocks parts ->
            let found = parts |> Array.map (ofCurvature attempts rule power report lambda)

            if Array.forall Option.isSome found then
                Some(Factored.Blocks(Array.map Option.get found))
            else
                None
        | _ ->
            let struct (damped, rest) = Damping.apply rule lambda curvature
            ofUndamped attempts power report rest damped

    /// (C + lambda I)^power by a damping rule and a list of attempts; None when none of these succeeds. Each fallback is
    /// reported once, in words. What it returns may share tensors with C.
    ///
    /// Shapes: over the layers of C. The result's new tensors belong to the caller. Raises an ArgumentException when
    /// lambda is negative, or zero for a low-rank matrix. (MATH 4, 5)
    let attempt attempts rule (power: float) (report: string -> unit) (lambda: float) curvature =
        Require.nonNegative "damping" lambda

        use scope = torch.NewDisposeScope()
        let kept = System.Collections.Generic.HashSet<torch.Tensor>(Curvature.tensors curvature, HashIdentity.Reference)

        ofCurvature attempts rule power report lambda curvature
        |> Option.map (fun factored ->
            for tensor in tensors factored do
                if not (kept.Contains tensor) then
                    scope.MoveToOuter tensor |> ignore

            factored)

    /// (C + lambda I)^-1 by a damping rule. Raises a NumericalFailure when it cannot be had.
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
        let rec count factored =
            match factored with
            | Factored.Structured(inverse, _) -> (Curvature.shapes inverse).Length
            | Factored.Woodbury(_, roots, _, _) -> roots.Length
            | Factored.Blocks parts -> Array.sumBy count parts

        let counts = Array.map count parts
        let starts = Array.scan (+) 0 counts
        parts |> Array.mapi (fun i part -> part, Array.sub V starts[i] counts[i])

    let private hadamard (x: torch.Tensor array) (y: torch.Tensor array) =
        Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> x * y) x y

    /// V - U change(U^T V) between the diagonal's roots.
    let private throughColumns U roots (V: torch.Tensor array) (change: torch.Tensor -> torch.Tensor) inner =
        let V' = if inner then hadamard roots V else V
        let w = change ((FisherFactor.transposeTimes V' U).``to`` torch.ScalarType.Float64)
        let less = FisherFactor.times w U
        hadamard roots (Weights.axpy -1.0 less V')

    let rec private multiply factored (V: torch.Tensor array) : torch.Tensor array =
        match factored with
        | Factored.Structured(inverse, _) -> Curvature.product inverse V
        | Factored.Woodbury(U, roots, L, _) ->
            throughColumns U roots V (fun w -> (Factorization.solveBy L (w.unsqueeze 1L)).squeeze 1L) true
        | Factored.Blocks parts -> splitting parts V |> Array.collect (fun (part, V) -> multiply part V)

    /// (C + lambda I)^-1 V, or the power that was asked for. Shapes: V one [d_out; d_in] a layer -> the same. The result
    /// belongs to the caller. (MATH 4, 5)
    let solve factored (V: torch.Tensor array) = Scope.owned (fun () -> multiply factored V) Seq.ofArray

    let private rootOfSide side =
        match side with
        | Side.Identity(size, c) -> Side.Identity(size, sqrt c)
        | Side.Diagonal d -> Side.Diagonal(d.sqrt ())
        | Side.Full M -> Side.Full(torch.linalg.cholesky M)

    /// A root R of a structured matrix, R R^T = C, times V.
    let private rootTimes curvature (V: torch.Tensor array) =
        match curvature with
        | Curvature.Dense(F, shapes) -> Weights.unflatten shapes ((torch.linalg.cholesky F).mv (Weights.flatten V))
        | Curvature.Units F -> [| (torch.linalg.cholesky F).matmul(V[0].unsqueeze -1L).squeeze -1L |]
        | Curvature.Diagonal D -> hadamard (D |> Array.map _.sqrt()) V
        | Curvature.Kronecker(E, A) ->
            let groups = max (Side.groups E) (Side.groups A)
            let left = rootOfSide E |> Side.timesColumns (Curvature.grouped groups V[0])
            [| (rootOfSide A |> Side.transpose |> Side.times left).reshape V[0].shape |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            let turned = S.sqrt () * Curvature.grouped (S.size 0) V[0]
            let left = Q_E |> Side.timesColumns turned
            [| (Side.transpose Q_A |> Side.times left).reshape V[0].shape |]
        | _ -> invalidOp "A low-rank matrix has no structured inverse."

    /// 1/((1 + kappa) + sqrt(1 + kappa)) in the eigenbasis of K = U^T U, from I + K = L L^T: then
    /// (I - U h(K) U^T)^2 = (I + U U^T)^-1.
    let private rootWeights (L: torch.Tensor) (w: torch.Tensor) =
        let struct (shifted, V) = torch.linalg.eigh (L.mm (L.t ()))
        V.mv (V.t().mv w / (shifted + shifted.sqrt ()))

    let rec private rootMultiply factored (V: torch.Tensor array) : torch.Tensor array =
        match factored with
        | Factored.Structured(inverse, _) -> rootTimes inverse V
        | Factored.Woodbury(U, roots, L, _) -> throughColumns U roots V (rootWeights L) false
        | Factored.Blocks parts -> splitting parts V |> Array.collect (fun (part, V) -> rootMultiply part V)

    /// R V with R R^T = (C + lambda I)^-1: of standard normal V a sample of N(0, (C + lambda I)^-1). R need not be
    /// symmetric. Shapes: V one [d_out; d_in] a layer -> the same. The result belongs to the caller. (MATH 6)
    let rootSolve factored (V: torch.Tensor array) = Scope.owned (fun () -> rootMultiply factored V) Seq.ofArray

    let rec private sumOfLogs factored : torch.Tensor =
        match factored with
        | Factored.Structured(_, logDet)
        | Factored.Woodbury(_, _, _, logDet) -> logDet
        | Factored.Blocks parts ->
            parts |> Array.map (fun part -> (sumOfLogs part).``to`` torch.ScalarType.Float64) |> Array.reduce (fun x y -> x + y)

    /// log det (C + lambda I), of the matrix that the damping rule makes: a scalar on its device. (MATH 6)
    let logDet factored = Scope.tensor (fun () -> (sumOfLogs factored).clone ())
