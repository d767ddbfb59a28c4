namespace Foof

open TorchSharp

/// Products with Sigma = (P + N F)^-1 of one part of a data precision, P = delta_l I on its layers. Private to the
/// core: no scopes.
/// (MATH 6)
[<RequireQualifiedAccess>]
module internal Covariance =

    /// V (1 + kappa/c)^-1 V^T w with c the first layer's precision: M^-1 w.
    /// Shapes: w [m; k].
    let private shrunk (c: float) (V: torch.Tensor) (kappa: torch.Tensor) (w: torch.Tensor) =
        let kept = (kappa + c).reciprocal() * c
        V.mm (V.t().mm(w.``to`` V.dtype) * kept.unsqueeze 1L)

    /// U^T Y for k vectors side by side.
    /// Shapes: Y [k; d_out; d_in] a layer -> [m; k].
    let private transposeTimes (U: FisherFactor) (Y: torch.Tensor array) =
        let ofPart (part: FisherColumns) =
            (Array.map2 LayerFactor.transposeTimesAll Y part.Layers |> Array.reduce (fun x y -> x.add_ y))
                .mul_((sqrt part.Weight).ToScalar())
        torch.cat (Array.map ofPart U.Parts, 0L)

    /// Y_l <- Y_l + factor_l (U w)_l, in place.
    /// Shapes: w [m; k].
    let private addTimes (U: FisherFactor) (factor: float array) (w: torch.Tensor) (Y: torch.Tensor array) =
        let mutable start = 0L
        for part in U.Parts do
            let count = LayerFactor.columns part.Layers[0]
            let own = w.narrow (0L, start, count)
            for l in 0 .. Y.Length - 1 do
                use _layer = torch.NewDisposeScope()
                LayerFactor.addTimesAll (own * (factor[l] * sqrt part.Weight)) part.Layers[l] Y[l]
            start <- start + count

    let private inverses (delta: float array) = delta |> Array.map (fun delta -> 1.0 / delta)

    /// X Q^T or X Q on the last dimension, for X [k; g; d_out/g; d_in].
    let private timesRight side (transposed: bool) (X: torch.Tensor) =
        match side with
        | Side.Full Q ->
            let Q = if transposed then Q.transpose (1L, 2L) else Q
            if Q.size 0 = 1L then
                X.reshape(-1L, X.size -1).mm(Q.squeeze 0L).view X.shape
            else
                Products.batched X Q
        | _ -> X

    /// Q X or Q^T X on the last dimension but one.
    let private timesLeft side (transposed: bool) (X: torch.Tensor) =
        match side with
        | Side.Full Q -> Products.batched (if transposed then Q.transpose (1L, 2L) else Q) X
        | _ -> X

    let private grouped (S: torch.Tensor) (X: torch.Tensor) = X.view (-1L, S.size 0, S.size 1, S.size 2)

    let private flat (Y: torch.Tensor array) = torch.cat (Y |> Array.map _.flatten(1L), 1L)

    /// The type of the part's vectors.
    let like part =
        match part with
        | PrecisionPart.LowRank(U, _, _, _) -> (FisherFactor.tensors U).Head
        | PrecisionPart.Basis(_, _, S) -> S
        | PrecisionPart.Dense(Q, _, _) -> Q

    /// Sigma Y for k vectors: P^-1 Y - P^-1 U M^-1 U^T P^-1 Y of low rank, otherwise Q (kappa + delta)^-1 Q^T Y.
    /// Shapes: Y [k; d_out; d_in] a layer -> the same.
    let product (delta: float array) part (Y: torch.Tensor array) =
        match part with
        | PrecisionPart.LowRank(U, _, V, kappa) ->
            let white = Array.map2 (fun (Y: torch.Tensor) delta -> Y / (delta: float)) Y delta
            let w = (shrunk delta[0] V kappa (transposeTimes U white)).``to`` Y[0].dtype
            addTimes U (inverses delta |> Array.map (~-)) w white
            white
        | PrecisionPart.Basis(Q_E, Q_A, S) ->
            let rotated = grouped S Y[0] |> timesRight Q_A false |> timesLeft Q_E true
            let solved = rotated / (S + delta[0])
            [| (solved |> timesLeft Q_E false |> timesRight Q_A true).reshape Y[0].shape |]
        | PrecisionPart.Dense(Q, kappa, shapes) ->
            let rotated = (flat Y).mm Q
            WeightVector.unflattenRows shapes ((rotated / (kappa + delta[0]).``to`` Q.dtype).mm(Q.t ()))

    /// How many further normal numbers a sample takes: m of low rank, otherwise 0.
    let noise part =
        match part with
        | PrecisionPart.LowRank(_, _, V, _) -> V.size 0
        | _ -> 0L

    /// The standard deviation of the normal numbers for a layer of precision delta.
    let scale (delta: float) part =
        match part with
        | PrecisionPart.LowRank _ -> delta ** -0.5
        | _ -> 1.0

    /// Turns normal numbers into samples of N(0, Sigma), in place.
    ///
    /// Low rank: Y + P^-1 U M^-1 (eps - U^T Y), Y ~ N(0, P^-1); otherwise Q Y / sqrt(kappa + delta), Y ~ N(0, I).
    /// Shapes: Y [k; d_out; d_in] a layer, in one piece, eps ~ N(0, I) [m; k].
    let deviate (delta: float array) part (eps: torch.Tensor) (Y: torch.Tensor array) =
        match part with
        | PrecisionPart.LowRank(U, _, V, kappa) ->
            let w = (shrunk delta[0] V kappa (eps - transposeTimes U Y)).``to`` Y[0].dtype
            addTimes U (inverses delta) w Y
        | PrecisionPart.Basis(Q_E, Q_A, S) ->
            let white = (grouped S Y[0]).mul_((S + delta[0]).rsqrt())

            if not (Side.isOne Q_E && Side.isOne Q_A) then
                let rotated = white |> timesLeft Q_E false |> timesRight Q_A true
                Y[0].copy_(rotated.reshape Y[0].shape) |> ignore
        | PrecisionPart.Dense(Q, kappa, shapes) ->
            let white = flat Y * (kappa + delta[0]).rsqrt().``to`` Q.dtype

            Array.iter2
                (fun (Y: torch.Tensor) (found: torch.Tensor) -> Y.copy_ found |> ignore)
                Y
                (WeightVector.unflattenRows shapes (white.mm (Q.t ())))

    /// The most numbers that products of a layer's columns with k vectors hold for each of them beside their arguments.
    let rec private layerFootprint factor =
        match factor with
        | LayerFactor.Columns P -> P.size 1 * P.size 2
        | LayerFactor.Weighted(inner, S) -> layerFootprint inner + S.numel ()
        | LayerFactor.Product(activations, E) -> E.size 0 * Activations.dataPoints activations * E.size 2 * E.size 3

    /// The most numbers that one of the vectors in a product takes.
    let footprint part =
        match part with
        | PrecisionPart.LowRank(U, _, _, _) -> U.Parts |> Seq.collect _.Layers |> Seq.map layerFootprint |> Seq.max
        | PrecisionPart.Basis(_, _, S) -> 2L * S.numel ()
        | PrecisionPart.Dense(Q, _, _) -> 3L * Q.size 0

    /// sum_t (U T)_t o (U T)_t a layer for T = V (1 + kappa/c)^-1/2, some columns at a time: 2 m^2 p operations.
    let private squares (most: int64) (c: float) (U: FisherFactor) (V: torch.Tensor) (kappa: torch.Tensor) =
        let like = (FisherFactor.tensors U).Head
        let T = (V * (((kappa + c).reciprocal() * c).sqrt())).``to`` like.dtype
        let sums = WeightVector.zeros U.Shapes like
        let together = most / (U.Shapes |> Array.sumBy (Array.fold (*) 1L))

        for struct (start, count) in Runs.ofAtMost together (V.size 1) do
            use _chunk = torch.NewDisposeScope()
            let some = T.narrow (1L, start, count)
            let images = WeightVector.zeros (U.Shapes |> Array.map (Array.append [| some.size 1 |])) like
            addTimes U (Array.create U.Shapes.Length 1.0) some images

            Array.iter2
                (fun (sum: torch.Tensor) (image: torch.Tensor) -> sum.add_ (image.mul_(image).sum 0L) |> ignore)
                sums
                images

        sums

    /// diag Sigma: 1/delta (1 - 1/delta sum_t (U T)_t o (U T)_t) of low rank, T as in `squares`, otherwise sum_j Q_j o
    /// Q_j / (kappa_j + delta).
    /// Shapes: -> [d_out; d_in] a layer.
    let variances (most: int64) (delta: float array) part =
        match part with
        | PrecisionPart.LowRank(U, _, V, kappa) ->
            // Where the data leave less than rounding, the least that Sigma_jj can be stands: 1 / (delta + (U U^T)_jj).
            let least =
                Array.map2
                    (fun (D: torch.Tensor) delta -> (D + (delta: float)).reciprocal())
                    (FisherFactor.diagonal U)
                    delta
            squares most delta[0] U V kappa
            |> Array.mapi (fun l sum ->
                torch.maximum ((sum / delta[l] - 1.0).neg_().div_(delta[l].ToScalar()), least[l]))
        | PrecisionPart.Basis(Q_E, Q_A, S) -> [| Kronecker.diagonalInBasis Q_E Q_A ((S + delta[0]).reciprocal()) |]
        | PrecisionPart.Dense(Q, kappa, shapes) ->
            Q.square().mv((kappa + delta[0]).reciprocal().``to`` Q.dtype) |> WeightVector.unflatten shapes

    /// v^T (N F) v, in float64.
    /// Shapes: v one [d_out; d_in] a layer -> [].
    let quadratic part (v: torch.Tensor array) =
        let double (x: torch.Tensor) = x.``to`` torch.ScalarType.Float64
        match part with
        | PrecisionPart.LowRank(U, _, _, _) ->
            (v |> Array.map _.unsqueeze(0L) |> transposeTimes U |> double).square().sum()
        | PrecisionPart.Basis(Q_E, Q_A, S) ->
            let rotated = grouped S v[0] |> timesRight Q_A false |> timesLeft Q_E true
            (double(rotated).square() * double S).sum()
        | PrecisionPart.Dense(Q, kappa, _) ->
            (double((WeightVector.flatten v).unsqueeze(0L).mm Q).square() * kappa).sum()

    /// tr Sigma = sum_l p_l / delta_l - tr(M^-1 U^T P^-2 U) where the layers' precisions differ.
    let private traceOfSeveral (delta: float array) (U: FisherFactor) (V: torch.Tensor) (kappa: torch.Tensor) =
        let like = (FisherFactor.tensors U).Head
        let inverse =
            delta |> Array.map (fun delta -> torch.full (1L, 1L, 1.0 / delta, dtype = like.dtype, device = like.device))
        let K = FisherFactor.gram (FisherFactor.weighted inverse U)
        let found = (V * K.mm V).sum 0L * ((kappa + delta[0]).reciprocal() * delta[0])
        let priors = Array.map2 (fun shape delta -> float (Array.fold (*) 1L shape) / delta) U.Shapes delta
        Array.sum priors - Numbers.number (found.sum ())

    /// tr Sigma.
    let trace (delta: float array) part =
        match part with
        | PrecisionPart.LowRank(U, relative, V, kappa) when relative |> Array.exists (fun ratio -> ratio <> 1.0) ->
            traceOfSeveral delta U V kappa
        | _ -> Evidence.trace delta[0] (PrecisionPart.spectrum part)
