namespace Foof

open TorchSharp

/// An exponential moving average of activation factors whose weights sum to one. Owns its tensor.
[<ReferenceEquality>]
type MovingAverage = {
    /// sum_k (1 - beta) beta^(t-k) A_bar_k, [d_in; d_in].
    Sum: torch.Tensor
    /// sum_k (1 - beta) beta^(t-k) = 1 - beta^t: what `Sum` is divided by.
    Weight: float
}

/// The moving average's life: `init`, `accumulate` in place, `value`.
[<RequireQualifiedAccess>]
module MovingAverage =

    /// Nothing yet, for rows of length d_in on `like`'s device and in its type. The caller frees `Sum`.
    let init (inputs: int64) (like: torch.Tensor) = {
        Sum =
            torch.zeros (inputs, inputs, dtype = like.dtype, device = like.device)
            |> Scope.detach
        Weight = 0.0
    }

    /// sum <- beta sum + (1 - beta)/n A^T A, in place, and the weight with it.
    ///
    /// Shapes: A [n R; d_in]. (MATH 1, 5)
    let accumulate (beta: float) (n: int64) (A: torch.Tensor) (average: MovingAverage) =
        Statistic.accumulateProduct average.Sum beta A A ((1.0 - beta) / float n)

        {
            average with
                Weight = beta * average.Weight + (1.0 - beta)
        }

    /// Adds further rows to the batch that was accumulated last: sum <- sum + (1 - beta)/n A^T A, in place.
    let add (beta: float) (n: int64) (A: torch.Tensor) (average: MovingAverage) =
        Statistic.accumulateProduct average.Sum 1.0 A A ((1.0 - beta) / float n)
        average

    /// The normalised average, [d_in; d_in]; it belongs to the caller.
    let value (average: MovingAverage) =
        Scope.tensor (fun () -> average.Sum / average.Weight)
