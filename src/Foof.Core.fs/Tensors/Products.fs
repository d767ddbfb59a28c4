namespace Foof

open TorchSharp

/// What is too large at once, piece by piece.
[<RequireQualifiedAccess>]
module internal Runs =

    /// 0 .. total - 1 in runs of at most `size`, but of one at least: first index and length.
    let ofAtMost (size: int64) (total: int64) =
        let size = max 1L size
        seq { for start in 0L .. size .. total - 1L -> struct (start, min size (total - start)) }

/// Sums of products of matrices.
[<RequireQualifiedAccess>]
module Products =

    /// target <- keep target + weight X^T Y, in place.
    ///
    /// libtorch's fused form takes its numbers in single precision: float64 tensors go the exact way round.
    let accumulate (target: torch.Tensor) (keep: float) (X: torch.Tensor) (Y: torch.Tensor) (weight: float) =
        Scope.value (fun () ->
            if target.dtype = torch.ScalarType.Float64 then
                if keep <> 1.0 then
                    target.mul_ (keep.ToScalar()) |> ignore

                target.add_ (X.t().mm Y, weight.ToScalar()) |> ignore
            else
                target.addmm_ (X.t (), Y, beta = float32 keep, alpha = float32 weight) |> ignore)
