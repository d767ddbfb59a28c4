namespace Foof

open TorchSharp

/// What the data add to the precision of the weights, N F: block-diagonal, a part for some layers after the
/// other. It does not own its tensors: who made it frees `DataPrecision.tensors`.
[<ReferenceEquality>]
type DataPrecision = {
    /// One after the other along the layers; their structures may differ.
    Parts: PrecisionPart array
} with

    /// The structures and their sizes on one line, equal ones once.
    override data.ToString() =
        data.Parts
        |> Seq.countBy string
        |> Seq.map (fun (part, count) -> if count = 1 then part else $"{count} times {part}")
        |> String.concat ", "

/// N F made ready for posteriors. Results belong to the caller.
[<RequireQualifiedAccess>]
module DataPrecision =

    /// The tensors held.
    let tensors (data: DataPrecision) = data.Parts |> Seq.collect PrecisionPart.tensors |> List.ofSeq

    /// [d_out; d_in] of each layer.
    let shapes (data: DataPrecision) = Array.collect PrecisionPart.shapes data.Parts

    /// The number of weights p.
    let weights data = shapes data |> Array.sumBy (Array.fold (*) 1L)

    /// Values of all layers dealt out to the parts, those of its layers to each.
    let deal (values: 'T array) (data: DataPrecision) : 'T array array =
        let counts = data.Parts |> Array.map (PrecisionPart.shapes >> Array.length)
        let starts = Array.scan (+) 0 counts
        counts |> Array.mapi (fun i count -> Array.sub values starts[i] count)

    /// U U^T over all layers of U = sqrt(N) G: one Gram matrix and its eigenvectors,
    /// O(m^2 (d_in + d_out) + m^3). It shares U's tensors.
    let ofFactor (U: FisherFactor) = { Parts = [| PrecisionPart.ofFactor U |] }

    let rec private parts (N: float) curvature =
        match curvature with
        | Curvature.LowRank G -> [| PrecisionPart.ofFactor (FisherFactor.scale N G) |]
        | Curvature.Kronecker(E, A) -> [| PrecisionPart.ofKronecker N E A |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> [| PrecisionPart.Basis(Q_E, Q_A, S * N) |]
        | Curvature.Diagonal D -> Array.map (PrecisionPart.ofDiagonal N) D
        | Curvature.Dense(F, shapes) -> [| PrecisionPart.ofDense N F shapes |]
        | Curvature.Blocks blocks -> Array.collect (parts N) blocks
        | Curvature.Units _
        | Curvature.LowRankPlusDiagonal _
        | Curvature.Sum _ ->
            invalidArg
                (nameof curvature)
                ("A posterior needs a low-rank, Kronecker, diagonal or dense curvature, or blocks of these; "
                 + "merge sums with Curvature.merge.")

    /// N F for a curvature F, a mean over data points, of N data points. It may share tensors with F, which
    /// must outlive it. Raises an ArgumentException for sums and unit-wise curvature, and a NumericalFailure
    /// when a matrix is not finite.
    let ofCurvature (N: float) curvature =
        Require.positive (nameof N) N

        Scope.ownedBut
            (Curvature.tensors curvature)
            (fun () -> { Parts = parts N curvature })
            (tensors >> Seq.ofList)

    /// c N F, c > 0: another number of data points, or another noise of a normal likelihood. It shares
    /// tensors.
    let scale (c: float) (data: DataPrecision) =
        Require.positive (nameof c) c

        Scope.ownedBut
            (tensors data)
            (fun () -> { Parts = Array.map (PrecisionPart.scale c) data.Parts })
            (tensors >> Seq.ofList)

    /// N F ready for prior precisions of these ratios, one a layer: a low-rank part over several layers whose
    /// ratios change gets a new eigendecomposition, and a dense one over several layers becomes as many
    /// columns as its rank; all else is shared.
    let fitTo (precision: float array) (data: DataPrecision) =
        let fitted =
            Scope.ownedBut
                (tensors data)
                (fun () -> Array.map2 PrecisionPart.fitTo (deal precision data) data.Parts)
                (Seq.collect PrecisionPart.tensors)

        if Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) data.Parts fitted then
            data
        else
            { Parts = fitted }

    /// N F as a curvature, of a single part that part itself; of a basis with a spectrum that is no product
    /// (EKFAC) the Kronecker product with its margins. It may share tensors.
    let toCurvature (data: DataPrecision) =
        Scope.ownedBut
            (tensors data)
            (fun () ->
                match Array.map PrecisionPart.toCurvature data.Parts with
                | [| single |] -> single
                | blocks -> Curvature.Blocks blocks)
            (Curvature.tensors >> Seq.ofList)
