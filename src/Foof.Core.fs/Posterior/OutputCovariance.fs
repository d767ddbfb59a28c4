namespace Foof

open TorchSharp

/// What J Sigma J^T of one part needs that does not depend on the prior precision.
[<RequireQualifiedAccess; ReferenceEquality>]
type internal PreparedPart =
    /// J R^-1 J^T by data point [n; C; C] and J R^-1 U V [n; C; m], R the relative precisions, for the U that has
    /// kappa.
    | LowRank of prior: torch.Tensor * features: torch.Tensor * kappa: torch.Tensor
    /// The squares of the activations [g; n; d_in], rotated by Q_A, and the rotated errors [n; C; g d].
    | Basis of Q_A: Side * squares: torch.Tensor * errors: torch.Tensor
    /// J Q [n; C; p], the Jacobian in the eigenbasis Q of a matrix that is written out.
    | Features of features: torch.Tensor * Q: torch.Tensor
    /// The Jacobian itself.
    | Whole of J: FisherFactor

/// J Sigma J^T of one part of a data precision, for Jacobians J as factors with C columns a data point, c-major.
/// Private to the core: no scopes.
/// (MATH 6)
[<RequireQualifiedAccess>]
module internal OutputCovariance =

    let private double = torch.ScalarType.Float64

    /// The most numbers that gradients written out for some points take at once.
    let private most = 1L <<< 24

    /// The most numbers that features are kept of: 512 MB in float32.
    let private mostKept = 1L <<< 27

    /// [C n; k] as [n; C; k].
    let private byPoint (C: int64) (rows: torch.Tensor) = rows.view(C, -1L, rows.size -1).transpose(0L, 1L)

    let private square (features: torch.Tensor) = features.bmm (features.transpose (1L, 2L))

    /// What `ofRun` makes of runs of n points with `size` numbers each, one below the other.
    let private joined (n: int64) (size: int64) (ofRun: struct (int64 * int64) -> torch.Tensor) =
        let part run =
            use scope = torch.NewDisposeScope()
            scope.MoveToOuter(ofRun run)
        torch.cat (Runs.ofAtMost (most / size) n |> Seq.map part |> Seq.toArray, 0L)

    /// The gradients of some points written out, [count; C; d_out; d_in].
    let private written (C: int64) (start: int64) (count: int64) factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let n = Activations.dataPoints activations
            let A = activations |> Activations.points start count |> Activations.dense E.dtype
            let E = E.view(E.size 0, C, n, E.size 2, E.size 3).narrow(2L, start, count)
            let P = torch.einsum ("gcnrd,gnri->ncgdi", E, A)
            P.reshape (count, C, -1L, P.size -1)
        | LayerFactor.Columns P ->
            let n = P.size 0 / C
            P.view(C, n, P.size 1, P.size 2).narrow(1L, start, count).transpose(0L, 1L)
        | LayerFactor.Weighted _ -> invalidOp "A Jacobian's factor has no weights."

    /// Whether a factor's gradients are products of one row each.
    let private ofOneRow factor =
        match factor with
        | LayerFactor.Product(Activations.Rows(A, _), _) -> A.size 2 = 1L
        | _ -> false

    /// The squares of the activations [g; n; d_in] and the errors [n; C; g d] of such a factor.
    let private pairs (C: int64) factor : struct (torch.Tensor * torch.Tensor) =
        match factor with
        | LayerFactor.Product(Activations.Rows(A, _), E) ->
            let g, n, d = E.size 0, A.size 1, E.size 3
            struct (A.squeeze(2L).square(), E.view(g, C, n, d).permute(2L, 1L, 0L, 3L).reshape(n, C, g * d))
        | _ -> invalidOp "The factor has no rows."

    /// sum_o e_co e_c'o sum_i W_oi a_i^2.
    /// Shapes: W [g; d; d_in], or [1; g d; d_in] of a diagonal -> [n; C; C].
    let private weightedPairs (W: torch.Tensor) (squares: torch.Tensor) (errors: torch.Tensor) =
        let W = W.reshape (squares.size 0, -1L, W.size 2)
        let weights = squares.bmm(W.transpose (1L, 2L)).transpose(0L, 1L)
        (errors * weights.reshape (errors.size 0, 1L, errors.size 2)).bmm(errors.transpose (1L, 2L))

    /// sum_oi W_oi g_c,oi g_c',oi for each point.
    /// Shapes: W [g; d; d_in] -> [n; C; C].
    let private weightedBlocks (C: int64) (W: torch.Tensor) factor =
        if ofOneRow factor then
            let struct (squares, errors) = pairs C factor
            weightedPairs W squares errors
        else
            let roots = W.sqrt().flatten()
            let n = LayerFactor.columns factor / C
            joined n (C * roots.numel ()) (fun (struct (start, count)) ->
                let P = written C start count factor
                square (P.reshape (count, C, -1L) * roots))

    /// The columns in a basis, Q_E^T P Q_A.
    let private rotated Q_E Q_A factor =
        let basis side =
            match side with
            | Side.Full Q -> ValueSome Q
            | _ -> ValueNone
        match Q_E, Q_A with
        | Side.Identity _, Side.Identity _ -> factor
        | _ -> LayerFactor.rotated (basis Q_E) (basis Q_A) factor

    /// sum_oi g_c,oi g_c',oi for each point: |a|^2 E E^T where gradients are products of one row each.
    /// Shapes: -> [n; C; C].
    let private plainBlocks (C: int64) factor =
        if ofOneRow factor then
            let struct (squares, errors) = pairs C factor
            let norms = (squares.sum 2L).t().repeat_interleave(errors.size 2 / squares.size 0, 1L)
            (errors * norms.unsqueeze 1L).bmm(errors.transpose (1L, 2L))
        else
            let n = LayerFactor.columns factor / C
            joined n (C * (LayerFactor.shape factor |> Array.fold (*) 1L)) (fun (struct (start, count)) ->
                square ((written C start count factor).reshape(count, C, -1L)))

    let private ofType (kind: torch.ScalarType) factor =
        match factor with
        | LayerFactor.Product(activations, E) -> LayerFactor.Product(Activations.ofType kind activations, E.``to`` kind)
        | other -> other

    let private only (J: FisherFactor) = J.Parts[0].Layers

    let private first (J: FisherFactor) = J.Parts[0].Layers[0]

    let private points C (J: FisherFactor) = LayerFactor.columns (first J) / C

    let private weighted (delta: float array) (power: float) (J: FisherFactor) =
        let like = (FisherFactor.tensors J).Head
        let roots =
            delta
            |> Array.map (fun delta -> torch.full (1L, 1L, delta ** power, dtype = like.dtype, device = like.device))
        FisherFactor.weighted roots J

    /// J R^-1 U V, [C n; m].
    let private features relative U (V: torch.Tensor) J = (FisherFactor.crossGram (weighted relative -1.0 J) U).mm V

    /// 1/c (1 + kappa / c)^-1/2: what these features count at P = c R.
    let private shares (c: float) (kappa: torch.Tensor) = (kappa + c).rsqrt() * (c ** -0.5)

    let private rootOf (delta: float) (Q: torch.Tensor) (kappa: torch.Tensor) =
        Q * (kappa + delta).rsqrt().``to`` Q.dtype

    /// All layers' gradients of some points, [count; C; p].
    let private allWritten C start count (J: FisherFactor) =
        torch.cat (only J |> Array.map (fun factor -> (written C start count factor).flatten(2L)), 2L)

    /// Rows of Q for each output, multiplied by the activations of some points, then by their errors: with C outputs a
    /// C-th of the operations that gradients written out would take.
    /// Shapes: -> [count; C; p].
    let private ofOneLayer C start count (Q: torch.Tensor) (A: torch.Tensor) (E: torch.Tensor) =
        let n, d_in, d = A.size 1, A.size 3, E.size 3
        let a = A.view(n, d_in).narrow(0L, start, count)
        let outputs = torch.stack ([| for o in 0L .. d - 1L -> a.mm (Q.narrow (0L, o * d_in, d_in)) |], 1L)
        E.view(C, n, d).narrow(1L, start, count).transpose(0L, 1L).bmm(outputs)

    /// J Q of some points, [count; C; p].
    let private inBasis C (Q: torch.Tensor) (J: FisherFactor) (struct (start, count)) =
        match only J with
        | [| LayerFactor.Product(Activations.Rows(A, _), E) |] when A.size 0 = 1L && A.size 2 = 1L ->
            ofOneLayer C start count Q A E
        | _ -> Products.batched (allWritten C start count J) Q

    /// J_i R^-1 J_i^T.
    /// Shapes: -> [n; C; C].
    let private priorBlocks C (relative: float array) J =
        Array.map2 (fun factor ratio -> plainBlocks C (ofType double factor) / ratio) (only J) relative
        |> Array.reduce (fun x y -> x + y)

    /// `prepare` with features of at most so many numbers: beyond, the Jacobian itself is kept.
    let prepareWithin (kept: int64) (C: int64) part (J: FisherFactor) : PreparedPart =
        match part with
        | PrecisionPart.LowRank(U, relative, V, kappa) ->
            PreparedPart.LowRank(priorBlocks C relative J, byPoint C (features relative U V J), kappa)
        | PrecisionPart.Basis(Q_E, Q_A, _) ->
            let rotated = rotated Q_E Q_A (first J)

            if ofOneRow rotated then
                let struct (squares, errors) = pairs C rotated
                PreparedPart.Basis(Q_A, squares, errors)
            else
                PreparedPart.Whole J
        | PrecisionPart.Dense(Q, _, _) when points C J * C * Q.size 0 <= kept ->
            PreparedPart.Features(joined (points C J) (C * Q.size 0) (inBasis C Q J), Q)
        | _ -> PreparedPart.Whole J

    /// What does not depend on the prior precision.
    /// Shapes: J of C n columns, c-major.
    let prepare C part J = prepareWithin mostKept C part J

    /// The tensors of a prepared part.
    let tensors prepared =
        match prepared with
        | PreparedPart.LowRank(prior, features, _) -> [ prior; features ]
        | PreparedPart.Basis(_, squares, errors) -> [ squares; errors ]
        | PreparedPart.Features(features, _) -> [ features ]
        | PreparedPart.Whole J -> FisherFactor.tensors J

    /// F (kappa + delta)^-1 F^T by data point, of features [n; C; p] that `ofRun` has.
    let private ofFeatures C n (delta: float) (kappa: torch.Tensor) ofRun =
        let shares = (kappa + delta).rsqrt()
        joined n (C * kappa.size 0) (fun run ->
            let features: torch.Tensor = ofRun run
            square (features * shares.``to`` features.dtype))

    /// J_i Sigma J_i^T for each data point by itself: J_i P^-1 J_i^T - R_i R_i^T of low rank, R = J P^-1 U V (1 +
    /// kappa/c)^-1/2, otherwise J_i Q (kappa + delta)^-1 Q^T J_i^T.
    /// Shapes: -> [n; C; C].
    /// Raises an ArgumentException when another low-rank or dense part, or another kind of part, was prepared.
    let blocks (C: int64) (delta: float array) part prepared : torch.Tensor =
        match part, prepared with
        | PrecisionPart.LowRank(_, _, _, kappa), PreparedPart.LowRank(prior, features, kappa') when
            obj.ReferenceEquals(kappa, kappa')
            ->
            prior / delta[0] - square (features * shares delta[0] kappa)
        | PrecisionPart.Basis(_, Q_A, S), PreparedPart.Basis(Q_A', squares, errors) when obj.ReferenceEquals(Q_A, Q_A') ->
            weightedPairs ((S + delta[0]).reciprocal()) squares errors
        | PrecisionPart.Basis(Q_E, Q_A, S), PreparedPart.Whole J ->
            weightedBlocks C ((S + delta[0]).reciprocal()) (rotated Q_E Q_A (first J))
        | PrecisionPart.Dense(Q, kappa, _), PreparedPart.Features(F, Q') when obj.ReferenceEquals(Q, Q') ->
            ofFeatures C (F.size 0) delta[0] kappa (fun (struct (start, count)) -> F.narrow (0L, start, count))
        | PrecisionPart.Dense(Q, kappa, _), PreparedPart.Whole J ->
            ofFeatures C (points C J) delta[0] kappa (inBasis C Q J)
        | _ -> invalidArg (nameof prepared) "What was prepared is of another posterior; prepare it for this one."

    /// J Sigma J^T between all outputs of all data points, c-major, in float64.
    /// Shapes: -> [C n; C n].
    let joint (C: int64) (delta: float array) part (J: FisherFactor) : torch.Tensor =
        match part with
        | PrecisionPart.LowRank(U, relative, V, kappa) ->
            let R = features relative U V J * shares delta[0] kappa
            FisherFactor.gram (weighted delta -0.5 J) - R.mm (R.t ())
        | PrecisionPart.Basis(Q_E, Q_A, S) ->
            let root = (S + delta[0]).rsqrt().reshape(-1L, S.size 2)

            FisherFactor.gram (
                FisherFactor.ofColumns {
                    Layers = [| LayerFactor.Weighted(rotated Q_E Q_A (first J), root) |]
                    Weight = 1.0
                }
            )
        | PrecisionPart.Dense(Q, kappa, _) ->
            let n = points C J
            let features = (allWritten C 0L n J).transpose(0L, 1L).flatten(0L, 1L).mm(rootOf delta[0] Q kappa)
            let features = features.``to`` double
            features.mm (features.t ())
