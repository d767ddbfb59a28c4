namespace Foof

open TorchSharp

/// What one mini-batch says about one layer: pure functions of A and E. All are means over data points.
[<RequireQualifiedAccess>]
module Statistic =

    /// The activation factor A_bar = 1/n sum_i sum_r a_ir a_ir^T of n data points, summed over positions.
    ///
    /// Shapes: A [n R; d_in] -> [d_in; d_in]. Mean over data points.
    /// The result belongs to the caller.
    /// (Benzing 2022, eq. 6; MATH 5)
    let activationFactor (n: int64) (A: torch.Tensor) = Scope.tensor (fun () -> A.t().mm A / float n)

    /// sum of rows x x^T by group.
    /// Shapes: X [g; k; d] -> [g; d; d].
    let private moment (X: torch.Tensor) = Products.batched (X.transpose (1L, 2L)) X

    /// A_bar: 1/n sum_ir a a^T, 1/(nR) sum_ir a a^T, or 1/n sum_i a' a'^T with a' the mean over positions. Of masked
    /// positions nR is the number of those that count, and a' the mean over a data point's own.
    ///
    /// Shapes: -> [g; d_in; d_in], or, unless pooled, the diagonal [1; d_in] of an embedding, whose rows have one entry
    /// each; in the type `kind`.
    /// The result belongs to the caller.
    /// (Eschenhagen et al. 2023; MATH 5)
    let activations (positions: Positions) (kind: torch.ScalarType) (activations: Activations) =
        let n = float (Activations.dataPoints activations)
        let scale = if positions = Positions.Averaged then Activations.rowCount activations else n
        Scope.tensor (fun () ->
            match positions, activations with
            | Positions.Pooled, Activations.Rows(A, ValueSome shown) ->
                let own = shown.sum(1L).clamp_min(1.0.ToScalar()).unsqueeze -1L
                moment (A.sum [| 2L |] / own) / n
            | Positions.Pooled, _ -> moment ((Activations.dense kind activations).mean [| 2L |]) / n
            | _, Activations.Rows(A, _) -> moment (A.flatten (1L, 2L)) / scale
            | _, Activations.Indices(index, count) ->
                let ones = torch.ones (index.numel (), dtype = kind, device = index.device)
                let counts = torch.zeros (count + 1L, dtype = kind, device = index.device)
                let counted = counts.index_add (0L, index.flatten (), ones, 1.0.ToScalar())
                counted.narrow(0L, 0L, count).unsqueeze 0L / scale)

    /// E_bar: sum of the columns' e e^T over positions, its mean over positions, or of e', the sum over positions.
    ///
    /// weight is what a column counts (1/n, or 1/(n k)). Where positions are masked, the mean is over all of them: the
    /// caller divides it by `Activations.fill`.
    /// Shapes: E [g; m; R; d_out/g] -> [g; d_out/g; d_out/g].
    /// The result belongs to the caller.
    /// (Eschenhagen et al. 2023; MATH 5)
    let errors (positions: Positions) (weight: float) (E: torch.Tensor) =
        Scope.tensor (fun () ->
            match positions with
            | Positions.Summed -> moment (E.flatten (1L, 2L)) * weight
            | Positions.Averaged -> moment (E.flatten (1L, 2L)) * (weight / float (E.size 2))
            | Positions.Pooled -> moment (E.sum [| 2L |]) * weight)

    /// The mean input over data points and positions, in the type `kind`.
    /// Shapes: A [g; n; R; d_in] -> [g; d_in].
    /// The result belongs to the caller.
    let meanActivation (kind: torch.ScalarType) (activations: Activations) =
        Scope.tensor (fun () ->
            let mean = (Activations.dense kind activations).mean [| 1L; 2L |]
            match activations with
            | Activations.Rows(_, ValueSome _) -> mean / Activations.fill activations
            | _ -> mean)

    /// The mean error over columns and positions.
    /// Shapes: E [g; m; R; d_out/g] -> [g; d_out/g].
    /// The result belongs to the caller.
    let meanError (E: torch.Tensor) = Scope.tensor (fun () -> E.mean [| 1L; 2L |])

    /// P_j by group, [m; g; d_out/g; d_in], chunk by chunk.
    let private sumOverWritten groups (factor: LayerFactor) (shape: int64 array) (term: torch.Tensor -> torch.Tensor) =
        let like = (LayerFactor.tensors factor).Head
        let sum = torch.zeros (shape, dtype = like.dtype, device = like.device)
        LayerFactor.forEachWritten like.dtype factor (fun _ P ->
            sum.add_ (term (P.view (P.size 0, groups, -1L, P.size 2))) |> ignore)
        sum

    /// sum_j weight P_j P_j^T by group, which weighs e e^T by the inputs' squared size.
    /// Shapes: -> [g; d_out/g; d_out/g].
    /// The result belongs to the caller.
    /// (Gao et al. 2020, TKFAC)
    let weightedErrors (groups: int64) (weight: float) (factor: LayerFactor) =
        Scope.tensor (fun () ->
            match factor with
            | LayerFactor.Product(Activations.Rows(A, _), E) when A.size 2 = 1L ->
                let sizes = A.square().sum([| 2L; 3L |]).sqrt().repeat([| 1L; E.size 1 / A.size 1 |])
                moment (E.squeeze 2L * sizes.unsqueeze -1L) * weight
            | _ ->
                let d = (LayerFactor.shape factor)[0] / groups
                sumOverWritten groups factor [| groups; d; d |] (fun P ->
                    (Products.batched P (P.transpose (2L, 3L))).sum 0L)
                * weight)

    /// sum_j weight P_j^T P_j by group, which weighs a a^T by the errors' squared size.
    /// Shapes: -> [g; d_in; d_in].
    /// The result belongs to the caller.
    /// (Gao et al. 2020, TKFAC)
    let weightedActivations (groups: int64) (weight: float) (factor: LayerFactor) =
        Scope.tensor (fun () ->
            match factor with
            | LayerFactor.Product(Activations.Rows(A, _), E) when A.size 2 = 1L ->
                let sizes = E.square().sum([| 2L; 3L |]).view(E.size 0, -1L, A.size 1).sum(1L).sqrt()
                moment (A.squeeze 2L * sizes.unsqueeze -1L) * weight
            | _ ->
                let d = (LayerFactor.shape factor)[1]
                sumOverWritten groups factor [| groups; d; d |] (fun P ->
                    (Products.batched (P.transpose (2L, 3L)) P).sum 0L)
                * weight)

    /// EKFAC's spectrum: the second moments of the gradients in a Kronecker eigenbasis,
    /// S = weight sum_j (Q_E^T P_j Q_A) o (Q_E^T P_j Q_A).
    ///
    /// Shapes: Q_E [g; d_out/g; d_out/g], Q_A [g; d_in; d_in] -> [g; d_out/g; d_in].
    /// The result belongs to the caller.
    /// Raises an ArgumentException unless the factor is a product of activations and errors.
    /// (George et al. 2018; MATH 5)
    let spectrum (Q_E: torch.Tensor) (Q_A: torch.Tensor) (weight: float) (factor: LayerFactor) =
        Scope.tensor (fun () ->
            let m = LayerFactor.columns factor
            let weights = torch.full (m, weight, dtype = Q_E.dtype, device = Q_E.device)
            (LayerFactor.diagonal weights (LayerFactor.rotated (ValueSome Q_E) (ValueSome Q_A) factor))
                .view(Q_E.size 0, Q_E.size 1, Q_A.size 1))

    /// The blocks of F that belong to one row of W each, sum_j weight p_j p_j^T with p_j that row of P_j.
    ///
    /// Shapes: -> [d_out; d_in; d_in].
    /// The result belongs to the caller.
    /// (Ollivier 2015, unit-wise natural gradient)
    let units (weight: float) (factor: LayerFactor) =
        Scope.tensor (fun () ->
            let d_out, d_in = (LayerFactor.shape factor)[0], (LayerFactor.shape factor)[1]
            sumOverWritten 1L factor [| d_out; d_in; d_in |] (fun P ->
                let rows = P.squeeze(1L).transpose(0L, 1L)
                Products.batched (rows.transpose (1L, 2L)) rows)
            * weight)
