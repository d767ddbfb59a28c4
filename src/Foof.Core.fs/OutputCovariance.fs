namespace Foof

open TorchSharp

/// J Sigma J^T of one part of a data precision, for Jacobians J as factors with C columns a data point, c-major.
/// Private to the core: no scopes. (MATH 6)
[<RequireQualifiedAccess>]
module internal OutputCovariance =

    let private double = torch.ScalarType.Float64

    /// The most numbers that gradients written out for some points take at once.
    let private most = 1L <<< 24

    /// [C n; k] as [n; C; k].
    let private byPoint (C: int64) (rows: torch.Tensor) =
        rows.view(C, -1L, rows.size -1).transpose (0L, 1L)

    let private square (features: torch.Tensor) =
        features.matmul (features.transpose (1L, 2L))

    /// Runs of data points: first one and count.
    let private runs (n: int64) (size: int64) =
        let size = max 1L size
        seq { for start in 0L .. size .. n - 1L -> struct (start, min size (n - start)) }

    /// The gradients of some points written out, [count; C; d_out; d_in].
    let private written (C: int64) (start: int64) (count: int64) factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let n = Activations.dataPoints activations
            let A = activations |> Activations.points start count |> Activations.dense E.dtype
            let E = E.view(E.size 0, C, n, E.size 2, E.size 3).narrow (2L, start, count)
            let P = torch.einsum ("gcnrd,gnri->ncgdi", E, A)
            P.reshape (count, C, -1L, P.size -1)
        | LayerFactor.Columns P ->
            let n = P.size 0 / C
            P.view(C, n, P.size 1, P.size 2).narrow(1L, start, count).transpose (0L, 1L)
        | LayerFactor.Weighted _ -> invalidOp "A Jacobian's factor has no weights."

    /// sum_oi W_oi g_c,oi g_c',oi for each point. Shapes: W [g; d; d_in] -> [n; C; C].
    let private weightedBlocks (C: int64) (W: torch.Tensor) factor =
        match factor with
        | LayerFactor.Product(Activations.Rows A, E) when A.size 2 = 1L ->
            let g, n, d = E.size 0, A.size 1, E.size 3
            let weights = A.squeeze(2L).square().matmul(W.transpose (1L, 2L))
            let E = E.view(g, C, n, d).permute(2L, 1L, 0L, 3L).reshape (n, C, g * d)
            let weighted = E * weights.transpose(0L, 1L).reshape (n, 1L, g * d)
            weighted.matmul (E.transpose (1L, 2L))
        | _ ->
            let roots = W.sqrt().flatten ()
            let n = int64 (LayerFactor.columns factor) / C

            let block (struct (start, count)) =
                use scope = torch.NewDisposeScope()
                let P = written C start count factor
                scope.MoveToOuter(square (P.reshape (count, C, -1L) * roots))

            let blocks = runs n (most / (C * roots.numel ())) |> Seq.map block |> Seq.toArray
            torch.cat (blocks, 0L)

    /// The columns in a basis, Q_E^T P Q_A.
    let private rotated Q_E Q_A factor =
        match factor, Q_E, Q_A with
        | _, Side.Identity _, Side.Identity _ -> factor
        | LayerFactor.Product(activations, E), _, _ ->
            let activations =
                match Q_A with
                | Side.Full Q -> Activations.Rows(Activations.times (Q.transpose (1L, 2L)) activations)
                | _ -> activations

            let E =
                match Q_E with
                | Side.Full Q -> E.matmul (Q.unsqueeze 1L)
                | _ -> E

            LayerFactor.Product(activations, E)
        | _ -> invalidOp "A Jacobian's factor is made of products."

    let private constant (delta: float) (factor: LayerFactor) (groups: int64) =
        let shape, like = LayerFactor.shape factor, (LayerFactor.tensors factor).Head

        torch.full (
            [| groups; shape[0] / groups; shape[1] |],
            (1.0 / delta).ToScalar(),
            dtype = double,
            device = like.device
        )

    let private groupsOf factor =
        match factor with
        | LayerFactor.Product(_, E) -> E.size 0
        | _ -> 1L

    let private ofType (kind: torch.ScalarType) factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            LayerFactor.Product(Activations.ofType kind activations, E.``to`` kind)
        | other -> other

    let private only (J: FisherFactor) = J.Parts[0].Layers

    let private first (J: FisherFactor) = J.Parts[0].Layers[0]

    let private weighted (delta: float array) (power: float) (J: FisherFactor) =
        let like = (FisherFactor.tensors J).Head

        let roots =
            delta
            |> Array.map (fun delta -> torch.full (1L, 1L, delta ** power, dtype = like.dtype, device = like.device))

        FisherFactor.weighted roots J

    /// J P^-1 U V (1 + kappa / c)^-1/2, [C n; m].
    let private features (delta: float array) U (V: torch.Tensor) (kappa: torch.Tensor) J =
        let c = delta[0]
        let R = FisherFactor.crossGram (weighted delta -1.0 J) U
        R.mm V * ((kappa + c).reciprocal() * c).sqrt ()

    /// Sigma as [d_out; d_in; d_out; d_in] between two activations: e_o (a^T Sigma_oo' a) e_o'.
    let private denseBlocks (C: int64) (Sigma: torch.Tensor) (A: torch.Tensor) (E: torch.Tensor) =
        let n, d_in, d = A.size 1, A.size 3, E.size 3
        let byInput = Sigma.view(d, d_in, d, d_in).permute(1L, 0L, 2L, 3L).reshape (d_in, -1L)
        let A = A.view (n, d_in)
        let E = E.view(C, n, d).transpose (0L, 1L)

        let block (struct (start, count)) =
            use scope = torch.NewDisposeScope()
            let a, e = A.narrow (0L, start, count), E.narrow (0L, start, count)
            let between = a.mm(byInput).view(count, d * d, d_in).matmul(a.unsqueeze -1L)
            scope.MoveToOuter(e.matmul(between.view (count, d, d)).matmul(e.transpose (1L, 2L)))

        torch.cat (runs n (most / (d * d * d_in)) |> Seq.map block |> Seq.toArray, 0L)

    let private rootOf (delta: float) (Q: torch.Tensor) (kappa: torch.Tensor) =
        Q * (kappa + delta).rsqrt().``to`` Q.dtype

    /// All layers' gradients of some points, [count; C; p].
    let private allWritten C start count (J: FisherFactor) =
        torch.cat (only J |> Array.map (fun factor -> (written C start count factor).flatten (2L)), 2L)

    /// J_i Sigma J_i^T for each data point by itself. Shapes: -> [n; C; C].
    let blocks (C: int64) (delta: float array) part (J: FisherFactor) : torch.Tensor =
        match part with
        | DataPrecision.LowRank(U, _, V, kappa) ->
            let prior =
                Array.map2
                    (fun factor delta ->
                        weightedBlocks C (constant delta factor (groupsOf factor)) (ofType double factor))
                    (only J)
                    delta
                |> Array.reduce (fun x y -> x + y)

            prior - square (byPoint C (features delta U V kappa J))
        | DataPrecision.Basis(Q_E, Q_A, S) ->
            weightedBlocks C ((S + delta[0]).reciprocal ()) (rotated Q_E Q_A (first J))
        | DataPrecision.Dense(Q, kappa, _) ->
            let root = rootOf delta[0] Q kappa

            match only J with
            | [| LayerFactor.Product(Activations.Rows A, E) |] when A.size 0 = 1L && A.size 2 = 1L ->
                denseBlocks C (root.mm (root.t ())) A E
            | layers ->
                let n = int64 (LayerFactor.columns layers[0]) / C

                let block (struct (start, count)) =
                    use scope = torch.NewDisposeScope()
                    scope.MoveToOuter(square ((allWritten C start count J).matmul root))

                torch.cat (runs n (most / (C * Q.size 0)) |> Seq.map block |> Seq.toArray, 0L)
        | DataPrecision.Blocks _ -> invalidOp "Blocks are no part."

    /// J Sigma J^T between all outputs of all data points, c-major, in float64. Shapes: -> [C n; C n].
    let joint (C: int64) (delta: float array) part (J: FisherFactor) : torch.Tensor =
        match part with
        | DataPrecision.LowRank(U, _, V, kappa) ->
            let R = features delta U V kappa J
            FisherFactor.gram (weighted delta -0.5 J) - R.mm (R.t ())
        | DataPrecision.Basis(Q_E, Q_A, S) ->
            let root = (S + delta[0]).rsqrt().reshape (-1L, S.size 2)

            FisherFactor.gram (
                FisherFactor.ofColumns {
                    Layers = [| LayerFactor.Weighted(rotated Q_E Q_A (first J), root) |]
                    Weight = 1.0
                }
            )
        | DataPrecision.Dense(Q, kappa, _) ->
            let n = int64 (LayerFactor.columns (first J)) / C
            let features = (allWritten C 0L n J).transpose(0L, 1L).flatten(0L, 1L).mm (rootOf delta[0] Q kappa)
            let features = features.``to`` double
            features.mm (features.t ())
        | DataPrecision.Blocks _ -> invalidOp "Blocks are no part."
