namespace Foof

open TorchSharp

/// What is remembered of the statistics of earlier batches.
[<RequireQualifiedAccess>]
type Memory =
    /// The last batch alone.
    | Latest
    /// An exponential moving average whose weights sum to one: sum_k (1 - beta) beta^(t-k) x_k / (1 - beta^t).
    | MovingAverage of beta: float
    /// The sum over all batches.
    | Sum

/// A statistic of the batches so far. Owns its tensor.
[<ReferenceEquality>]
type Moment = {
    /// The weighted sum.
    Sum: torch.Tensor
    /// Whether `Sum` is a symmetric matrix of which only the diagonal and what is right of it were kept up.
    IsHalf: bool
    /// What `Sum` is divided by: the weights' sum, 1 - beta^t for the moving average; 0 before the first batch.
    Weight: float
}

/// A moment's life: `init`, `accumulate` in place, `value`.
[<RequireQualifiedAccess>]
module Moment =

    /// Nothing yet, in the type and on the device of `like`. The caller frees `Sum`.
    let init (shape: int64 array) (like: torch.Tensor) = {
        Sum = torch.zeros (shape, dtype = like.dtype, device = like.device) |> Scope.detach
        IsHalf = false
        Weight = 0.0
    }

    /// Raises an ArgumentException unless beta lies in [0, 1).
    let check memory =
        match memory with
        | Memory.MovingAverage beta -> Require.fraction (nameof beta) beta
        | Memory.Latest
        | Memory.Sum -> ()

    /// How much of the past stays, and how much of the new batch comes in.
    let private shares memory =
        match memory with
        | Memory.Latest -> struct (0.0, 1.0)
        | Memory.MovingAverage beta -> struct (beta, 1.0 - beta)
        | Memory.Sum -> struct (1.0, 1.0)

    let private weighed memory (moment: Moment) =
        let struct (keep, share) = shares memory

        match memory with
        | Memory.Sum -> { moment with Weight = 1.0 }
        | _ -> {
            moment with
                Weight = keep * moment.Weight + share
          }

    /// sum <- keep sum + share x, in place, and the weight with it. Shapes: x like `Sum`. (MATH 1)
    let accumulate memory (x: torch.Tensor) (moment: Moment) =
        let struct (keep, share) = shares memory
        Scope.value (fun () -> moment.Sum.mul_(keep.ToScalar()).add_(x, share.ToScalar()) |> ignore)
        weighed memory moment

    /// The same for the statistic x = scale X^T X of rows X [k; d], without a tensor for x and with little more than half
    /// the arithmetic. `Sum` holds d x d elements.
    let accumulateRows memory (scale: float) (X: torch.Tensor) (moment: Moment) =
        let struct (keep, share) = shares memory
        let d = X.size 1

        Scope.value (fun () -> Statistic.accumulateSquare (moment.Sum.view (d, d)) keep X (share * scale))

        {
            weighed memory moment with
                IsHalf = true
        }

    /// The sum, with its other half filled in; it stays the moment's.
    let sum (moment: Moment) =
        if moment.IsHalf then
            Statistic.mirror moment.Sum

        moment.Sum

    /// The sum, or the average, as a tensor of the caller's.
    let value (moment: Moment) =
        Scope.tensor (fun () -> sum moment / moment.Weight)
