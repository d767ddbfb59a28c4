namespace Foof

open TorchSharp

/// A data precision with fewer columns, and what was left out for them.
[<ReferenceEquality>]
type CompressedPrecision = {
    /// What was kept.
    Kept: DataPrecision
    /// The share of the trace of N F that was left out, from 0 to 1.
    Discarded: float
}

/// The data precisions of two data sets together, and what is kept of their columns.
[<RequireQualifiedAccess>]
module PosteriorUpdate =

    /// N F of two data sets together: low-rank columns side by side, dense and diagonal matrices added, Kronecker
    /// products merged with the trace correction, those of EKFAC by their margins.
    /// It may share tensors with both, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when the structures, layers, types or devices differ, and a NumericalFailure when a
    /// matrix is not finite.
    /// (MATH 6, 7)
    let add (data: DataPrecision) (further: DataPrecision) =
        let shared = DataPrecision.tensors data @ DataPrecision.tensors further
        Scope.ownedBut
            shared
            (fun () ->
                Curvature.merge (DataPrecision.toCurvature data) (DataPrecision.toCurvature further)
                |> DataPrecision.ofCurvature 1.0)
            (DataPrecision.tensors >> Seq.ofList)

    let private compressed (most: int) part =
        match part with
        | PrecisionPart.LowRank(U, _, _, kappa) when kappa.size 0 > int64 most ->
            let found = Compression.leading most U
            let trace = Numbers.number (kappa.sum ())
            struct (PrecisionPart.ofFactor found.Factor, found.Discarded * trace)
        | _ -> struct (part, 0.0)

    let private traceOf part =
        Numbers.number ((PrecisionPart.spectrum part).Kappa.``to``(torch.ScalarType.Float64).sum())

    /// Low-rank parts with at most so many columns, the leading eigenvectors of U U^T written out, r p numbers; and the
    /// fraction of the trace of N F that is left out, in [0, 1]. Other parts stay.
    /// It may share tensors with `data`, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when `columns` is below 1, and a NumericalFailure when a matrix is not finite.
    /// (MATH 7)
    let compress (columns: int) (data: DataPrecision) =
        Require.atLeast (nameof columns) 1 columns
        let one = Array.create (DataPrecision.shapes data).Length 1.0

        Scope.ownedBut
            (DataPrecision.tensors data)
            (fun () ->
                let parts = (DataPrecision.fitTo one data).Parts
                let all = Array.sumBy traceOf parts
                let found = Array.map (compressed columns) parts
                let dropped = found |> Array.sumBy (fun struct (_, dropped) -> dropped)
                let kept = found |> Array.map (fun struct (part, _) -> part)
                { Kept = { Parts = kept }; Discarded = (if all > 0.0 then dropped / all else 0.0) })
            (fun found -> Seq.ofList (DataPrecision.tensors found.Kept))
