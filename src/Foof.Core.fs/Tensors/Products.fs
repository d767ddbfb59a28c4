namespace Foof

open TorchSharp

/// What is too large at once, piece by piece.
[<RequireQualifiedAccess>]
module internal Runs =

    /// 0 .. total - 1 in runs of at most `size`, but of one at least: first index and length.
    let ofAtMost (size: int64) (total: int64) =
        let size = max 1L size
        seq { for start in 0L .. size .. total - 1L -> struct (start, min size (total - start)) }

/// Products of matrices, and sums of them in place.
[<RequireQualifiedAccess>]
module internal Products =

    /// target <- keep target + weight X^T Y, in place.
    ///
    /// libtorch's fused form takes its numbers in single precision: float64 tensors go the exact way round.
    /// Shapes: X [k; d], Y [k; d'], target [d; d'].
    let accumulate (target: torch.Tensor) (keep: float) (X: torch.Tensor) (Y: torch.Tensor) (weight: float) =
        Scope.value (fun () ->
            if target.dtype = torch.ScalarType.Float64 then
                if keep <> 1.0 then target.mul_ (keep.ToScalar()) |> ignore
                target.add_ (X.t().mm Y, weight.ToScalar()) |> ignore
            else
                target.addmm_ (X.t (), Y, beta = float32 keep, alpha = float32 weight) |> ignore)

    /// How many rows of a symmetric product are found at once: fewer save arithmetic, more multiply faster.
    let private band = 200L

    let private bands (d: int64) =
        let count = max 1L (d / band)
        seq { for i in 0L .. count - 1L -> struct (d * i / count, d * (i + 1L) / count - d * i / count) }

    /// target <- keep target + weight X^T X, in place, on and left of the diagonal, with little more than half the
    /// arithmetic; what is right of it is out of date then, and `mirror` completes it.
    ///
    /// Shapes: target [d; d], X [k; d].
    let accumulateLower (target: torch.Tensor) (keep: float) (X: torch.Tensor) (weight: float) =
        for struct (start, count) in bands (target.size 0) do
            Scope.value (fun () ->
                let width = start + count
                let part = target.narrow(0L, start, count).narrow(1L, 0L, width)
                accumulate part keep (X.narrow (1L, start, count)) (X.narrow (1L, 0L, width)) weight)

    /// Copies what is left of the diagonal to its right, in place.
    /// Shapes: [d; d].
    let mirror (matrix: torch.Tensor) =
        for struct (start, count) in bands (matrix.size 0) do
            Scope.value (fun () ->
                let rows = matrix.narrow (0L, start, count)
                let square = rows.narrow (1L, start, count)
                square.copy_ (square.tril () + square.tril(-1L).t()) |> ignore
                (matrix.narrow(0L, 0L, start).narrow(1L, start, count)).copy_(rows.narrow(1L, 0L, start).t()) |> ignore)

    /// X Y of the last two dimensions; the factor that has fewer of the leading ones, or smaller ones, is repeated
    /// along the other's.
    ///
    /// `matmul` gives this too but ends the process where shapes or types do not fit or memory is short; `mm` and `bmm`
    /// throw.
    /// Shapes: X [...; i; j], Y [...; j; k] -> [...; i; k].
    let batched (X: torch.Tensor) (Y: torch.Tensor) =
        let leading (tensor: torch.Tensor) = tensor.shape[.. int (tensor.dim ()) - 3]
        match leading X, leading Y with
        | [||], [||] -> X.mm Y
        | [| batch |], [| batch' |] when batch = batch' -> X.bmm Y
        | outer, [||] ->
            Scope.tensor (fun () -> X.reshape(-1L, X.size -1).mm(Y).view [| yield! outer; X.size -2; Y.size -1 |])
        | outer, outer' ->
            let all = max outer outer'

            let spread (tensor: torch.Tensor) =
                tensor.expand([| yield! all; tensor.size -2; tensor.size -1 |]).flatten(0L, int64 all.Length - 1L)

            Scope.tensor (fun () -> (spread X).bmm(spread Y).view [| yield! all; X.size -2; Y.size -1 |])
