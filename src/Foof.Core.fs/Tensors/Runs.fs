namespace Foof

/// What is too large at once, piece by piece.
[<RequireQualifiedAccess>]
module internal Runs =

    /// 0 .. total - 1 in runs of at most `size`, but of one at least: first index and length.
    let ofAtMost (size: int64) (total: int64) =
        let size = max 1L size
        seq { for start in 0L .. size .. total - 1L -> struct (start, min size (total - start)) }
