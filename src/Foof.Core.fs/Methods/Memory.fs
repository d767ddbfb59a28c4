namespace Foof

open TorchSharp

/// What is remembered of the statistics of earlier batches.
[<RequireQualifiedAccess>]
type Memory =
    /// The last batch alone, x_t.
    | Latest
    /// An exponential moving average whose weights sum to one: sum_k (1 - beta) beta^(t-k) x_k / (1 - beta^t).
    | MovingAverage of beta: float
    /// The sum over all batches, sum_k x_k.
    | Sum

/// A statistic of the batches so far.
/// Owns its tensors.
[<ReferenceEquality>]
type Moment = internal {
    /// The weighted sum.
    Total: torch.Tensor
    /// Whether the sum is a symmetric matrix of which only the lower triangle is up to date.
    IsLower: bool
    /// What the sum is divided by.
    Share: float
} with

    /// What the sum is divided by: 1 - beta^t of a moving average over t batches, otherwise 1; 0 before the first
    /// batch.
    member moment.Weight = moment.Share

/// A moment's life: `init`, `accumulate` in place, `value`, `free`. Functions that change a moment in place return the
/// moment to use from then on, over the same tensor; the old one must not be used again.
[<RequireQualifiedAccess>]
module Moment =

    /// Nothing yet: zeros of this shape, in the type and on the device of `like`. The caller frees it by `free`.
    let init (shape: int64 array) (like: torch.Tensor) = {
        Total = torch.zeros (shape, dtype = like.dtype, device = like.device) |> Scope.detach
        IsLower = false
        Share = 0.0
    }

    /// Frees its tensors.
    let free (moment: Moment) = moment.Total.Dispose()

    /// Raises an ArgumentException unless beta lies in [0, 1).
    let check memory =
        match memory with
        | Memory.MovingAverage beta -> Require.fraction (nameof Memory.MovingAverage) beta
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
        | Memory.Sum -> { moment with Share = 1.0 }
        | _ -> { moment with Share = keep * moment.Share + share }

    /// The sum, all of it; it stays the moment's. What is out of date right of the diagonal is completed in place.
    let internal sum (moment: Moment) =
        if moment.IsLower then
            let d = moment.Total.size -1
            Scope.value (fun () -> Products.mirror (moment.Total.view (d, d)))
        moment.Total

    /// sum <- keep sum + share x, in place, and the weight with it: keep and share are beta and 1 - beta of a moving
    /// average, 0 and 1 of the last batch, 1 and 1 of a sum.
    /// Shapes: x like the sum.
    /// The result is the moment to use from then on, over the same tensor; the old one must not be used again.
    /// (MATH 1)
    let accumulate memory (x: torch.Tensor) (moment: Moment) =
        let struct (keep, share) = shares memory
        Scope.value (fun () -> (sum moment).mul_(keep.ToScalar()).add_(x, share.ToScalar()) |> ignore)
        weighed memory { moment with IsLower = false }

    /// `accumulate` of the statistic x = sum scale X^T X over parts of rows X [k; d], without a tensor for x. Each part
    /// is made, used and freed before the next. Where `halved`, with little more than half the arithmetic, and some
    /// more when the moment is read: it pays unless that is after every batch.
    /// Shapes: X [k; d], the sum d x d elements.
    /// The result is the moment to use from then on, over the same tensor; the old one must not be used again.
    let internal accumulateParts memory halved (parts: seq<unit -> struct (torch.Tensor * float)>) (moment: Moment) =
        let struct (keep, share) = shares memory
        let d = moment.Total.size -1
        use _scope = torch.NewDisposeScope()
        let total = (if halved then moment.Total else sum moment).view(d, d)
        let mutable keep = keep

        for part in parts do
            Scope.value (fun () ->
                let struct (X, scale) = part ()

                if halved then
                    Products.accumulateLower total keep X (share * scale)
                else
                    Products.accumulate total keep X X (share * scale))

            keep <- 1.0

        weighed memory { moment with IsLower = halved }

    /// Nothing again, in place: zeros and weight 0.
    /// The result is the moment to use from then on, over the same tensor.
    let forget (moment: Moment) =
        moment.Total.zero_ () |> ignore
        { moment with IsLower = false; Share = 0.0 }

    /// A copy of the sum and the weight, to go back to; it belongs to the caller's scope.
    let internal snapshot (moment: Moment) = struct ((sum moment).clone(), moment.Share)

    /// Goes back to a sum and a weight, in place.
    let internal restored (struct (saved: torch.Tensor, share): struct (torch.Tensor * float)) (moment: Moment) =
        moment.Total.copy_ saved |> ignore
        { moment with IsLower = false; Share = share }

    /// The sum, or the average: sum / weight; NaN before the first batch.
    /// Shapes: -> like the sum.
    /// The result belongs to the caller.
    /// (MATH 1)
    let value (moment: Moment) = Scope.tensor (fun () -> sum moment / moment.Share)
