namespace Foof

open TorchSharp

/// The columns that one batch gives: they add weight sum_j g_j g_j^T to F.
[<ReferenceEquality>]
type FisherColumns = {
    /// One factor a layer, all with the same number of columns.
    Layers: LayerFactor array
    /// What each g_j g_j^T counts: 1/n with one column a data point or with all columns of the output's Hessian, 1/(n
    /// k) with k sampled labels.
    Weight: float
}

/// The factor G [p; m] of F = G G^T, which is never written out: of one batch, or of several side by side.
[<ReferenceEquality>]
type FisherFactor = {
    /// [d_out; d_in] of each layer.
    Shapes: int64 array array
    /// The columns, batch by batch.
    Parts: FisherColumns array
}

/// Products with G and the Gram matrix K = G^T G. Vectors in weight space are one matrix [d_out; d_in] a layer, of the
/// factor's type and on its device. Every function runs in time and memory linear in the columns' factors; nothing of
/// size p x m is formed unless the positions' route is cheaper that way. Functions raise an ArgumentException for
/// shapes, types or devices that do not fit.
/// (Benzing 2022, App. I; MATH 3)
[<RequireQualifiedAccess>]
module FisherFactor =

    let private partColumns (part: FisherColumns) = LayerFactor.columns part.Layers[0]

    /// The number of columns m.
    let columns (G: FisherFactor) = G.Parts |> Array.sumBy partColumns

    /// The number of weights p.
    let rows (G: FisherFactor) = G.Shapes |> Array.sumBy (Array.fold (*) 1L)

    /// The tensors held, for their owner to free; a factor does not own them.
    let tensors (G: FisherFactor) = [
        for part in G.Parts do
            for factor in part.Layers do
                yield! LayerFactor.tensors factor
    ]

    /// The bytes that its tensors take.
    let bytes (G: FisherFactor) = tensors G |> List.sumBy (fun tensor -> tensor.numel () * tensor.ElementSize)

    /// A tensor in the factor's type and on its device.
    let internal like (G: FisherFactor) = (LayerFactor.tensors G.Parts[0].Layers[0]).Head

    /// A factor of one batch's columns.
    /// It shares the tensors.
    /// Raises an ArgumentException without a layer, for a weight that is negative or not finite, when a layer's tensors
    /// do not fit one another, and when layers differ in type, device or number of columns.
    let ofColumns (part: FisherColumns) =
        Require.atLeast "the number of layers" 1 part.Layers.Length
        Require.nonNegative (nameof part.Weight) part.Weight
        for l, factor in Array.indexed part.Layers do
            LayerFactor.check $"the factor of layer {l}" factor
            Require.alike
                $"the factor of layer {l}"
                (LayerFactor.tensors part.Layers[0]).Head
                (LayerFactor.tensors factor).Head
            let found, wanted = LayerFactor.columns factor, partColumns part
            if found <> wanted then
                invalidArg
                    (nameof part)
                    $"every layer must have {wanted} columns like the first one; got {found} at layer {l}."
        { Shapes = part.Layers |> Array.map LayerFactor.shape; Parts = [| part |] }

    /// The factor of layer l alone, l from 0: G_l with G_l G_l^T the layer's block of F.
    /// It shares the tensors.
    /// Raises an ArgumentException when there is no such layer.
    let layer (l: int) (G: FisherFactor) =
        if l < 0 || l >= G.Shapes.Length then
            invalidArg (nameof l) $"l must be the number of one of {G.Shapes.Length} layers, from 0; got {l}."
        {
            Shapes = [| G.Shapes[l] |]
            Parts = G.Parts |> Array.map (fun part -> { part with Layers = [| part.Layers[l] |] })
        }

    let private requireSameLayers (name: string) (G: FisherFactor) (G': FisherFactor) =
        if G.Shapes <> G'.Shapes then
            invalidArg name $"{name} must be of the same layers, {Shape.list G.Shapes}; got {Shape.list G'.Shapes}."
        Require.alike name (like G) (like G')

    /// [G_1 G_2 ...], the columns side by side: F is the sum.
    /// It shares the tensors.
    /// Raises an ArgumentException without a factor, and when layers' shapes, types or devices differ.
    let join (factors: FisherFactor array) =
        Require.atLeast "the number of factors" 1 factors.Length
        for G in factors do
            requireSameLayers (nameof factors) factors[0] G
        { factors[0] with Parts = factors |> Array.collect _.Parts }

    /// sqrt(c) G, the factor of c F.
    /// It shares the tensors.
    /// Raises an ArgumentException when c is negative or not finite.
    let scale (c: float) (G: FisherFactor) =
        Require.nonNegative (nameof c) c
        { G with Parts = G.Parts |> Array.map (fun part -> { part with Weight = c * part.Weight }) }

    /// S G for a diagonal S, one [d_out; d_in] a layer, or [1; 1] where it is constant.
    /// It shares the tensors and S, but for the errors of layers with a constant, which belong to the caller.
    /// Raises an ArgumentException when the layers, shapes, types or devices of S do not fit.
    let weighted (S: torch.Tensor array) (G: FisherFactor) =
        if S.Length <> G.Shapes.Length then
            invalidArg (nameof S) $"S must hold {G.Shapes.Length} matrices, one per layer; got {S.Length}."
        let weigh (factor: LayerFactor) (S: torch.Tensor) =
            LayerFactor.check (nameof S) (LayerFactor.Weighted(factor, S))
            LayerFactor.weighted factor S
        let ofPart (part: FisherColumns) = { part with Layers = Array.map2 weigh part.Layers S }
        { G with Parts = Array.map ofPart G.Parts }

    /// Where each part's columns begin.
    let private starts (G: FisherFactor) = G.Parts |> Array.scan (fun start part -> start + partColumns part) 0L

    let private addGram (x: FisherColumns) (y: FisherColumns) (K: torch.Tensor) =
        Array.iter2 (fun x y -> LayerFactor.addGram x y K) x.Layers y.Layers
        K.mul_ ((sqrt x.Weight * sqrt y.Weight).ToScalar()) |> ignore

    /// `crossGram` with all its products in the type `kind`.
    let internal crossGramOfType (kind: torch.ScalarType) (G: FisherFactor) (G': FisherFactor) =
        requireSameLayers "factors" G G'
        Scope.tensor (fun () ->
            let K = torch.zeros (columns G, columns G', dtype = kind, device = (like G).device)
            for i, x in Array.indexed G.Parts do
                for j, y in Array.indexed G'.Parts do
                    let rows = K.narrow (0L, (starts G)[i], partColumns x)
                    if G.Parts.Length = 1 && G'.Parts.Length = 1 then
                        addGram x y K
                    else
                        // A block of its own: the routes want it in one piece.
                        use block = torch.zeros (partColumns x, partColumns y, dtype = K.dtype, device = K.device)
                        addGram x y block
                        rows.narrow(1L, (starts G')[j], partColumns y).copy_ block |> ignore
            K)

    /// K = G^T G' in float64, the inner products of two factors' columns over all layers.
    ///
    /// K_ij = sqrt(weight_i weight'_j) sum_l g_li . g'_lj, where weight_i is what column i counts.
    /// Shapes: -> [m; m'].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the factors' layers, types or devices differ.
    /// (Benzing 2022, eq. 21; MATH 3)
    let crossGram (G: FisherFactor) (G': FisherFactor) = crossGramOfType torch.ScalarType.Float64 G G'

    /// K = G^T G in float64, symmetric positive semi-definite.
    /// Shapes: -> [m; m].
    /// The result belongs to the caller.
    /// (Benzing 2022, eq. 21; MATH 3)
    let gram (G: FisherFactor) = crossGram G G

    /// G^T v, sqrt(weight_j) sum_l g_lj . v_l for every column j, where weight_j is what it counts.
    /// Shapes: v one [d_out; d_in] a layer -> [m], in the factor's type.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the layers, shapes, types or devices of v do not fit.
    /// (Benzing 2022, eq. 22; MATH 3)
    let transposeTimes (v: torch.Tensor array) (G: FisherFactor) =
        WeightVector.check (nameof v) G.Shapes v
        Array.iter (Require.alike (nameof v) (like G)) v
        Scope.tensor (fun () ->
            let ofPart (part: FisherColumns) =
                Array.map2 LayerFactor.transposeTimes v part.Layers
                |> Array.reduce (fun x y -> x + y)
                |> fun sum -> sum * sqrt part.Weight
            torch.cat (Array.map ofPart G.Parts, 0L))

    /// G w = sum_j sqrt(weight_j) w_j g_lj for every layer l, where weight_j is what column j counts.
    /// Shapes: w [m], of any type -> one [d_out; d_in] a layer, in the factor's type.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when w is not [m].
    /// (Benzing 2022, eq. 23; MATH 3)
    let times (w: torch.Tensor) (G: FisherFactor) =
        if w.shape <> [| columns G |] then
            invalidArg (nameof w) $"w must be [{columns G}], a number for each column; got [{Shape.text w.shape}]."
        Scope.owned
            (fun () ->
                let w = w.``to`` (like G).dtype
                let starts = starts G
                let ofPart i (part: FisherColumns) =
                    let own = w.narrow (0L, starts[i], partColumns part) * sqrt part.Weight
                    part.Layers |> Array.map (LayerFactor.times own)
                G.Parts |> Array.mapi ofPart |> Array.reduce (Array.map2 (fun x y -> x + y)))
            Seq.ofArray

    /// |g_j|^2 times what it counts, the diagonal of K.
    /// Shapes: -> [m], in the factor's type.
    /// The result belongs to the caller.
    /// (MATH 3)
    let squaredNorms (G: FisherFactor) =
        Scope.tensor (fun () ->
            let ofPart (part: FisherColumns) =
                (part.Layers |> Array.map LayerFactor.squaredNorms |> Array.reduce (fun x y -> x + y)) * part.Weight
            torch.cat (Array.map ofPart G.Parts, 0L))

    /// The diagonal of F, sum_j g_lj o g_lj times what column j counts.
    /// Shapes: -> one [d_out; d_in] a layer, in the factor's type.
    /// The result belongs to the caller.
    /// (MATH 3)
    let diagonal (G: FisherFactor) =
        Scope.owned
            (fun () ->
                let ofPart (part: FisherColumns) =
                    let like = like G
                    let w = torch.full (partColumns part, part.Weight, dtype = like.dtype, device = like.device)
                    part.Layers |> Array.map (LayerFactor.diagonal w)
                G.Parts |> Array.map ofPart |> Array.reduce (Array.map2 (fun x y -> x + y)))
            Seq.ofArray

    /// Raises an ArgumentException when a dense matrix of p weights would take more than the bytes allowed.
    let internal requireDense (p: int64) =
        let bytes = 8.0 * float p * float p
        if bytes > 4e9 then
            invalidArg
                "curvature"
                ($"A dense matrix of {p} weights would take {bytes:F0} bytes ({bytes / 1e9:F1} GB), "
                 + "and 4 GB are allowed; use products, or a structured curvature.")

    /// F = G G^T written out, in the factor's type.
    /// Shapes: -> [p; p], the layers' weights row by row, one after the other.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when 8 p^2 bytes are more than 4 GB, whatever the type: above 22,360 weights.
    let dense (G: FisherFactor) =
        requireDense (rows G)
        Scope.tensor (fun () ->
            let ofPart (part: FisherColumns) =
                let like = like G
                let columns =
                    part.Layers |> Array.map (fun factor -> (LayerFactor.written like.dtype factor).flatten 1L)
                let all = torch.cat (columns, 1L)
                all.t().mm all * part.Weight
            G.Parts |> Array.map ofPart |> Array.reduce (fun x y -> x + y))

    let private ownedLayer (factor: LayerFactor) =
        match factor with
        | LayerFactor.Product(activations, E) -> LayerFactor.Product(Activations.map _.clone() activations, E)
        | _ -> factor

    /// A copy of a factor's activations beside its errors: those of a first layer without a bias are the batch's own
    /// memory, which a caller may fill with the next batch. The errors, and gradients that are written out, are shared;
    /// the copies belong to the caller.
    let ownActivations (G: FisherFactor) : FisherFactor = {
        G with
            Parts = G.Parts |> Array.map (fun part -> { part with Layers = Array.map ownedLayer part.Layers })
    }
