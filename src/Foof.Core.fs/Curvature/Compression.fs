namespace Foof

open TorchSharp

/// A Fisher factor with fewer columns, and what was left out for them.
[<ReferenceEquality>]
type Compressed = {
    /// The factor that was kept.
    Factor: FisherFactor
    /// The share of the trace that was left out, (tr F - tr F') / tr F, from 0 to 1.
    Discarded: float
}

/// Fewer columns for a Fisher factor: the leading eigenvectors of its Gram matrix.
/// (MATH 7)
[<RequireQualifiedAccess>]
module Compression =

    /// The bytes of so many columns written out, p numbers each: what `leading` keeps.
    let bytesOfColumns (columns: int64) (G: FisherFactor) =
        columns * FisherFactor.rows G * (FisherFactor.like G).ElementSize

    /// G V for all columns of V at once, as gradients written out.
    /// Shapes: V [m; r] -> P [r; d_out; d_in] a layer.
    let private combined (G: FisherFactor) (V: torch.Tensor) =
        let like, r = (LayerFactor.tensors G.Parts[0].Layers[0]).Head, V.size 1

        let written =
            G.Shapes
            |> Array.map (fun shape ->
                torch.empty (Array.append [| r |] shape, dtype = like.dtype, device = like.device))

        for j in 0L .. r - 1L do
            use _scope = torch.NewDisposeScope()

            Array.iter2
                (fun (P: torch.Tensor) (column: torch.Tensor) -> P.select(0L, j).copy_ column |> ignore)
                written
                (FisherFactor.times (V.select (1L, j)) G)

        written

    let private spectrum (G: FisherFactor) =
        match Factorization.eigen (FisherFactor.gram G) with
        | Some struct (kappa, V) -> struct (kappa, V)
        | None ->
            raise (NumericalFailure("its Gram matrix is not finite", "the Fisher factor", "check the data for NaN"))

    let private share (kept: torch.Tensor) (all: torch.Tensor) =
        let trace = Numbers.number (all.sum ())
        if trace > 0.0 then max 0.0 (1.0 - Numbers.number (kept.sum ()) / trace) else 0.0

    /// The best factor of at most so many columns: G V with the leading eigenvectors V of K = G^T G.
    ///
    /// With K = V diag(kappa) V^T, the columns G v_j are orthogonal with |G v_j|^2 = kappa_j, and no other F' of that
    /// rank is closer to F: F - F' has the discarded kappa_j as its eigenvalues.
    /// A column G v_j is a combination of all m gradients and no product of activations and errors any more: it is
    /// written out and takes p numbers (`bytesOfColumns`), which bounds memory over any number of tasks, but is less
    /// than what G takes only if r p < the sum of the activations' and errors' sizes.
    /// Shapes: r = `columns` < m -> P [r; d_out; d_in] a layer, each column counting 1.
    /// A factor that has no more columns than allowed is given back as it is, with its own tensors; those of another
    /// belong to the caller.
    /// Raises an ArgumentException for less than one column, a NumericalFailure when G is not finite.
    /// (MATH 7)
    let leading (columns: int) (G: FisherFactor) =
        Require.atLeast (nameof columns) 1 columns

        if FisherFactor.columns G <= int64 columns then
            { Factor = G; Discarded = 0.0 }
        else
            Scope.owned
                (fun () ->
                    let struct (kappa, V) = spectrum G
                    let first = V.size 1 - int64 columns
                    let kept = kappa.narrow (0L, first, int64 columns)

                    {
                        Factor =
                            FisherFactor.ofColumns {
                                Layers =
                                    combined G (V.narrow (1L, first, int64 columns)) |> Array.map LayerFactor.Columns
                                Weight = 1.0
                            }
                        Discarded = share kept kappa
                    })
                (fun compressed -> Seq.ofList (FisherFactor.tensors compressed.Factor))

/// Fisher factors of many small batches as one of a few large ones, whose products are large, too.
[<RequireQualifiedAccess>]
module PackedFactor =

    let private fits (x: FisherColumns) (y: FisherColumns) =
        let fitsLayer x y =
            match x, y with
            | LayerFactor.Product(a, E), LayerFactor.Product(b, E') ->
                let perPoint a (E: torch.Tensor) = E.size 1 / Activations.dataPoints a
                Activations.positions a = Activations.positions b && perPoint a E = perPoint b E'
            | _ -> false
        abs (x.Weight - y.Weight) <= 1e-12 * x.Weight && Array.forall2 fitsLayer x.Layers y.Layers

    let private joined (factors: LayerFactor array) =
        let parts =
            factors
            |> Array.map (fun factor ->
                match factor with
                | LayerFactor.Product(activations, E) -> activations, ErrorColumns.apart activations E
                | _ -> invalidOp "Only products are joined.")
        let activations, errors = Array.unzip parts
        LayerFactor.Product(Activations.joinDataPoints activations, torch.cat(errors, 2L).flatten(1L, 2L))

    let private runs (parts: FisherColumns array) =
        Array.foldBack
            (fun part groups ->
                match groups with
                | (next :: _ as group) :: others when fits part next -> (part :: group) :: others
                | _ -> [ part ] :: groups)
            parts
            []

    /// A factor of F with the parts of neighbouring batches joined where they count alike, data points of one part
    /// after those of the other: columns change their order, and F stays.
    /// Only products of activations and errors with equal numbers of positions and of columns a data point are joined.
    /// Tensors that are not joined are shared; joined ones belong to the caller.
    let pack (G: FisherFactor) =
        let packed (group: FisherColumns list) =
            match group with
            | [ single ] -> single
            | _ ->
                let parts = Array.ofList group

                {
                    Layers = Array.init G.Shapes.Length (fun l -> parts |> Array.map _.Layers[l] |> joined)
                    Weight = parts[0].Weight
                }

        Scope.ownedBut
            (FisherFactor.tensors G)
            (fun () -> { G with Parts = runs G.Parts |> Seq.map packed |> Seq.toArray })
            (FisherFactor.tensors >> Seq.ofList)
