namespace Foof

open TorchSharp

/// (C + lambda I)^power of the structures that keep their form under powers, with log det (C + lambda I); None where no
/// attempt succeeds.
[<RequireQualifiedAccess>]
module internal StructuredPower =

    /// What fell back on which attempt, in words.
    let private describe (damped: DampedInverse) =
        $"{damped.Failed.Length} attempts failed; the damping used is {damped.Damping}"

    let private ofMatrix attempts power (report: string -> unit) (M: torch.Tensor) mu (lambda: float) =
        Factorization.powerBy attempts power M mu lambda
        |> Option.map (fun found ->
            if not found.Failed.IsEmpty then report (describe found)
            // Row by row, as it comes back from a file: the order of a product's sums follows the layout.
            struct (found.Inverse.contiguous (), found.LogDet))

    let private ofDiagonal (power: float) (damped: torch.Tensor) =
        let inverse, logDet = damped.pow (power.ToScalar()), damped.log().sum()
        // Infinities have a finite inverse, zero, but no finite logarithm.
        if Numbers.isFinite logDet && Numbers.isFinite inverse then Some(struct (inverse, logDet)) else None

    let private ofFull attempts power report (M: torch.Tensor) mu lambda =
        ofMatrix attempts power report M mu lambda
        |> Option.map (fun struct (M, logDet) -> struct (Side.Full M, logDet))

    /// (M + mu I)^power of one side, and log det (M + mu I), for one number mu or one for each group.
    let private ofSide attempts power report (like: torch.Tensor) lambda (struct (side, mu: torch.Tensor voption)) =
        match Side.written side, mu with
        | Side.Full M, ValueNone -> ofFull attempts power report M ValueNone lambda
        | Side.Full M, ValueSome mu ->
            let M = M.expand (max (M.size 0) (mu.size 0), -1L, -1L)
            let struct (L, others) =
                if power = -1.0 then Factorization.factor attempts M mu else struct (None, attempts)

            match L with
            | Some L -> Some(struct (Side.Inverse L, Factorization.logDetOf L))
            | None -> ofFull others power report M (ValueSome mu) lambda
        | side, mu ->
            match mu |> ValueOption.fold (fun side mu -> Side.damped mu side) side with
            | Side.Diagonal d ->
                ofDiagonal power d |> Option.map (fun struct (d, logDet) -> struct (Side.Diagonal d, logDet))
            | Side.Identity(size, c) when c > 0.0 ->
                let logDet = torch.full ([||], float size * log c, dtype = like.dtype, device = like.device)
                Some(struct (Side.Identity(size, c ** power), logDet))
            | _ -> None

    /// log det (E (x) A) over all groups, from those of the sides, of which one may stand for every group.
    let private logDetOfSides E (logE: torch.Tensor) A (logA: torch.Tensor) =
        let times side = float (Kronecker.groups E A / Side.groups side)
        logE * (times E * float (Side.size A)) + logA * (times A * float (Side.size E))

    /// (C + lambda I)^power in an eigenbasis.
    let ofEigenbasis power (lambda: float) Q_E Q_A (S: torch.Tensor) =
        ofDiagonal power (S + lambda)
        |> Option.map (fun struct (S, logDet) -> struct (Curvature.Eigenbasis(Q_E, Q_A, S), logDet))

    let private eigen like side =
        match Side.written side with
        | Side.Full M -> Factorization.eigen M |> Option.map (fun struct (s, Q) -> struct (s, Side.Full Q))
        | _ -> Some(struct (Side.diagonal like side, Side.Identity(Side.size side, 1.0)))

    /// ((E + mu_E I) (x) (A + mu_A I))^power for sides with what is added to each, which `lambda` led to.
    let ofSides attempts power report like lambda left right =
        let ofSide = ofSide attempts power report like lambda
        Option.map2
            (fun struct (E', logE) struct (A', logA) ->
                struct (Curvature.Kronecker(E', A'), logDetOfSides E' logE A' logA))
            (ofSide left)
            (ofSide right)

    /// (E (x) A + lambda I)^power.
    let ofKronecker power (lambda: float) E A =
        let like = Kronecker.like E A
        Option.map2 (fun e a -> struct (e, a)) (eigen like E) (eigen like A)
        |> Option.bind (fun struct (struct (s_E, Q_E), struct (s_A, Q_A)) ->
            ofEigenbasis power lambda Q_E Q_A (s_E.unsqueeze 2L * s_A.unsqueeze 1L))

    /// (F + lambda I)^power of a matrix, or of several at once.
    let ofDense attempts power report (lambda: float) (F: torch.Tensor) (structure: torch.Tensor -> Curvature) =
        let mu = if lambda > 0.0 then ValueSome(torch.tensor lambda) else ValueNone
        ofMatrix attempts power report F mu lambda
        |> Option.map (fun struct (inverse, logDet) -> struct (structure inverse, logDet))

    /// (D + lambda I)^power of a diagonal matrix.
    let ofDiagonals power (lambda: float) (D: torch.Tensor array) =
        let found = D |> Array.map (fun D -> ofDiagonal power (D + lambda))

        if Array.forall Option.isSome found then
            let inverses, logDets =
                found
                |> Array.map (fun found ->
                    let struct (inverse, logDet) = found.Value
                    inverse, logDet)
                |> Array.unzip

            Some(struct (Curvature.Diagonal inverses, Array.reduce (fun (x: torch.Tensor) y -> x + y) logDets))
        else
            None

    /// R V with R R^T = C.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// Raises an InvalidOperationException for low-rank matrices, blocks and sums.
    let rootTimes curvature (V: torch.Tensor array) : torch.Tensor array =
        match curvature with
        | Curvature.Dense(F, shapes) ->
            WeightVector.unflatten shapes ((Factorization.root F).mv(WeightVector.flatten V))
        | Curvature.Units F -> [| (Factorization.root F).bmm(V[0].unsqueeze -1L).squeeze -1L |]
        | Curvature.Diagonal D -> Array.map2 (fun (D: torch.Tensor) (V: torch.Tensor) -> D.sqrt () * V) D V
        | Curvature.Kronecker(E, A) ->
            let left = Side.root E |> Side.timesColumns (Kronecker.grouped (Kronecker.groups E A) V[0])
            [| (Side.root A |> Side.transpose |> Side.times left).reshape V[0].shape |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            let left = Q_E |> Side.timesColumns (S.sqrt () * Kronecker.grouped (S.size 0) V[0])
            [| (Side.transpose Q_A |> Side.times left).reshape V[0].shape |]
        | _ -> invalidOp "Only structures that keep their form under powers have a root here."
