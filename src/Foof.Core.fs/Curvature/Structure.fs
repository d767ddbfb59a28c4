namespace Foof

open TorchSharp

/// The block of F of one layer written out, of a last layer above all.
[<RequireQualifiedAccess>]
module internal DenseBlock =

    /// sum_i h_i,oo' a_i a_i^T for all pairs of outputs o, o', h_i = weight sum_c e_ci e_ci^T: the columns of a data
    /// point are added up first, which saves their number's share of the products. A [n; d_in], E [c; n; d].
    let private ofRows (weight: float) (A: torch.Tensor) (E: torch.Tensor) =
        let d, d_in = E.size 2, A.size 1
        let byPoint = E.transpose (0L, 1L)
        let h = byPoint.transpose(1L, 2L).bmm(byPoint).mul_(weight.ToScalar())
        let F = torch.empty (d, d_in, d, d_in, dtype = A.dtype, device = A.device)

        for o in 0L .. d - 1L do
            use _row = torch.NewDisposeScope()
            let weights = h.select(1L, o).narrow(1L, o, d - o)
            let weighted = (weights.unsqueeze -1L * A.unsqueeze 1L).flatten 1L
            let block = A.t().mm(weighted).view(d_in, d - o, d_in)
            F.select(0L, o).narrow(1L, o, d - o).copy_ block |> ignore
            // Each block is symmetric, so those below the diagonal are those right of it, in an order that lies row by
            // row.
            F.select(2L, o).narrow(0L, o, d - o).copy_(block.transpose (0L, 1L)) |> ignore

        F.view (d * d_in, d * d_in)

    /// G G^T of a factor of one layer.
    /// Shapes: -> [p; p].
    let ofFactor (G: FisherFactor) =
        let ofPart (part: FisherColumns) =
            match part.Layers with
            | [| LayerFactor.Product(Activations.Rows(A, _), E) |] when A.size 0 = 1L && A.size 2 = 1L ->
                let n = A.size 1
                ofRows part.Weight (A.view (n, -1L)) (E.view (E.size 1 / n, n, E.size 3))
            | _ -> FisherFactor.dense { G with Parts = [| part |] }
        FisherFactor.requireDense (FisherFactor.rows G)
        Scope.tensor (fun () -> G.Parts |> Array.map ofPart |> Array.reduce (fun x y -> x + y))

/// Structured curvature from a Fisher factor: F itself, or what is kept of it. All are means over the factor's data
/// points; over several layers the blocks between layers are left out unless the name says otherwise. Shapes are those
/// of `Curvature`.
/// Tensors belong to the caller, but for those of the factor where it says so.
[<RequireQualifiedAccess>]
module Structure =

    /// What a function makes of each part of a layer's factor, summed: of what a column counts, of the columns, and of
    /// the part's share in all, by which means of inputs are weighted. Of parts of one batch the shares are those of
    /// the data points, of factors scaled for a running average its weights.
    let private sumOverParts (G: FisherFactor) l (ofPart: float -> LayerFactor -> float -> torch.Tensor) =
        let counts = G.Parts |> Array.map (fun part -> part.Weight * float (LayerFactor.columns part.Layers[l]))
        let all = Array.sum counts
        let share i = if all > 0.0 then counts[i] / all else 1.0 / float counts.Length
        G.Parts
        |> Array.mapi (fun i part -> ofPart part.Weight part.Layers[l] (share i))
        |> Array.reduce (fun x y -> x + y)

    let private byLayer (G: FisherFactor) (ofLayer: int -> Curvature) =
        Scope.owned (fun () -> Curvature.Blocks(Array.init G.Shapes.Length ofLayer)) (Curvature.tensors >> Seq.ofList)

    let private product (factor: LayerFactor) =
        match factor with
        | LayerFactor.Product(activations, E) -> struct (activations, E)
        | _ -> invalidArg (nameof factor) "A Kronecker product needs gradients as products of activations and errors."

    let private errors positions G l =
        sumOverParts G l (fun weight factor _ ->
            let struct (activations, E) = product factor
            let fill = if positions = Positions.Averaged then Activations.fill activations else 1.0
            Statistic.errors positions (weight / fill) E)

    let private activations positions G l =
        sumOverParts G l (fun _ factor share ->
            let struct (activations, E) = product factor
            Statistic.activations positions E.dtype activations * share)

    let private sides ofErrors ofActivations G l =
        struct (Side.ofTensor (errors ofErrors G l), Side.ofTensor (activations ofActivations G l))

    /// The same positions for each layer, of errors and of activations.
    let private always (ofErrors: Positions) (ofActivations: Positions) (_: int) = struct (ofErrors, ofActivations)

    /// K-FAC-expand's positions, or those that were chosen for a layer.
    let private chosen (layers: Layer array) l =
        let sharing = layers[l].Sharing
        struct (SharedWeights.errors sharing Positions.Summed, SharedWeights.activations sharing Positions.Averaged)

    let private kroneckerBy (positions: int -> struct (Positions * Positions)) (G: FisherFactor) =
        byLayer G (fun l ->
            let struct (ofErrors, ofActivations) = positions l
            let struct (E, A) = sides ofErrors ofActivations G l
            Curvature.Kronecker(E, A))

    let private activationFactorsBy (positions: int -> struct (Positions * Positions)) (G: FisherFactor) =
        byLayer G (fun l ->
            let struct (_, ofActivations) = positions l
            let A = activations ofActivations G l
            let outputs = G.Shapes[l][0] / A.size 0
            Curvature.Kronecker(Side.Identity(outputs, 1.0), Side.ofTensor A))

    let private eigenbasisBy (positions: int -> struct (Positions * Positions)) (G: FisherFactor) =
        byLayer G (fun l ->
            let struct (ofErrors, ofActivations) = positions l
            let struct (E, A) = sides ofErrors ofActivations G l
            let like = (FisherFactor.tensors G).Head
            match Factorization.eigen (Side.dense like E), Factorization.eigen (Side.dense like A) with
            | Some struct (_, Q_E), Some struct (_, Q_A) ->
                let S = sumOverParts G l (fun weight factor _ -> Statistic.spectrum Q_E Q_A weight factor)
                Curvature.Eigenbasis(Side.Full Q_E, Side.Full Q_A, S)
            | _ ->
                raise (
                    NumericalFailure("its Kronecker factors are not finite", $"layer {l}", "check the batch for NaN")
                ))

    /// Psi / tr Psi by group: tr Psi is tr F.
    let internal traceScaled (Psi: torch.Tensor) =
        let trace = torch.diagonal(Psi, 0L, 1L, 2L).sum 1L
        let isZero = trace.eq((0.0).ToScalar()).``to`` trace.dtype
        Psi / (trace + isZero).view(-1L, 1L, 1L)

    /// F with all layers together: G G^T, never written out. It shares the factor's tensors.
    /// (MATH 3)
    let lowRank (G: FisherFactor) = Curvature.LowRank G

    /// The diagonal blocks of F, one a layer, as G_l G_l^T. They share the factor's tensors.
    /// (MATH 4)
    let layerwiseLowRank (G: FisherFactor) =
        Curvature.Blocks(Array.init G.Shapes.Length (fun l -> Curvature.LowRank(FisherFactor.layer l G)))

    /// F written out, with all layers together.
    /// Shapes: -> F [p; p].
    /// The tensor belongs to the caller.
    /// Raises an ArgumentException above 4 GB, counted as 8 p^2 bytes.
    let dense (G: FisherFactor) = Curvature.Dense(FisherFactor.dense G, G.Shapes)

    /// The diagonal blocks of F written out, one a layer.
    /// Shapes: -> F [d_out d_in; d_out d_in] a layer.
    /// The tensors belong to the caller.
    /// Raises an ArgumentException when a block of p weights takes more than 4 GB, counted as 8 p^2 bytes.
    let layerwiseDense (G: FisherFactor) =
        byLayer G (fun l -> Curvature.Dense(DenseBlock.ofFactor (FisherFactor.layer l G), [| G.Shapes[l] |]))

    /// The diagonal of F, sum_j weight_j g_j o g_j.
    /// Shapes: -> one [d_out; d_in] a layer.
    /// The tensors belong to the caller.
    /// (MATH 3)
    let diagonal (G: FisherFactor) = Curvature.Diagonal(FisherFactor.diagonal G)

    /// The blocks of F that belong to one row of W each, for each output of a layer; for LayerNorm and BatchNorm the
    /// 2 x 2 block of a unit's scale and shift.
    /// Shapes: -> F [d_out; d_in; d_in] a layer.
    /// The tensors belong to the caller.
    /// (Ollivier 2015, unit-wise natural gradient)
    let units (G: FisherFactor) =
        byLayer G (fun l -> Curvature.Units(sumOverParts G l (fun weight factor _ -> Statistic.units weight factor)))

    /// E_bar (x) A_bar for each layer. K-FAC-expand: errors summed, activations averaged over positions; K-FAC-reduce:
    /// both pooled.
    ///
    /// Shapes: -> E [g; d_out/g; d_out/g] and A [g; d_in; d_in] a layer, the diagonal [1; d_in] of an embedding unless
    /// pooled.
    /// The tensors belong to the caller.
    /// Raises an ArgumentException unless the factor is one of products of activations and errors.
    /// (Martens & Grosse 2015; Eschenhagen et al. 2023; MATH 5)
    let kronecker (ofErrors: Positions) (ofActivations: Positions) (G: FisherFactor) =
        kroneckerBy (always ofErrors ofActivations) G

    /// I (x) A_bar for each layer: FOOF's, whose posterior it is, too. E is the identity itself and has no scale.
    ///
    /// Shapes: -> A [g; d_in; d_in] a layer, the diagonal [1; d_in] of an embedding unless pooled.
    /// The tensors belong to the caller.
    /// Raises an ArgumentException unless the factor is one of products of activations and errors.
    /// (Benzing 2022, eq. 6, App. G; MATH 5)
    let activationFactors (ofActivations: Positions) (G: FisherFactor) =
        activationFactorsBy (always ofActivations ofActivations) G

    /// The eigenbasis of E_bar (x) A_bar with the spectrum that is exact in it, the second moments of the gradients: of
    /// all diagonal matrices in that basis the closest to F.
    ///
    /// Shapes: -> Q_E [g; d_out/g; d_out/g], Q_A [g; d_in; d_in], S [g; d_out/g; d_in] a layer.
    /// The tensors belong to the caller.
    /// Raises an ArgumentException unless the factor is one of products of activations and errors, and a
    /// NumericalFailure when their statistics are not finite.
    /// (George et al. 2018, EKFAC; MATH 5)
    let eigenbasis (ofErrors: Positions) (ofActivations: Positions) (G: FisherFactor) =
        eigenbasisBy (always ofErrors ofActivations) G

    /// `kronecker` by K-FAC-expand, of layers in the factor's order; a layer with a `WeightSharing` of its own keeps to
    /// it. Shapes, owner and exceptions are those of `kronecker`.
    let kroneckerOf (layers: Layer array) (G: FisherFactor) = kroneckerBy (chosen layers) G

    /// `activationFactors` with inputs averaged, in the way of `kroneckerOf`.
    let activationFactorsOf (layers: Layer array) (G: FisherFactor) = activationFactorsBy (chosen layers) G

    /// `eigenbasis` in the way of `kroneckerOf`.
    let eigenbasisOf (layers: Layer array) (G: FisherFactor) = eigenbasisBy (chosen layers) G

    /// Psi (x) Phi / tr F with Psi = sum P P^T and Phi = sum P^T P: the Kronecker product with F's trace, group by
    /// group.
    ///
    /// Shapes: -> E = Psi / tr Psi [g; d_out/g; d_out/g] and A = Phi [g; d_in; d_in] a layer.
    /// The tensors belong to the caller.
    /// (Gao et al. 2020, TKFAC; MATH 5)
    let traceKronecker (G: FisherFactor) =
        byLayer G (fun l ->
            let groups (factor: LayerFactor) =
                match factor with
                | LayerFactor.Product(activations, _) -> Activations.groups activations
                | _ -> 1L
            let Psi = sumOverParts G l (fun weight factor _ -> Statistic.weightedErrors (groups factor) weight factor)
            let Phi =
                sumOverParts G l (fun weight factor _ -> Statistic.weightedActivations (groups factor) weight factor)
            Curvature.Kronecker(Side.Full(traceScaled Psi), Side.Full Phi))

    /// b b^T (x) a a^T of one layer with the mean input a [g; d_in] and the mean error b [g; d_out/g], as a low-rank
    /// matrix of one column. It shares no tensors.
    /// (Zhang et al. 2023, Eva)
    let rankOne (b: torch.Tensor) (a: torch.Tensor) =
        let column (x: torch.Tensor) = Scope.tensor (fun () -> x.view(x.size 0, 1L, 1L, -1L).clone())
        FisherFactor.ofColumns {
            Layers = [| LayerFactor.Product(Activations.rows (column a), column b) |]
            Weight = 1.0
        }
        |> Curvature.LowRank
