namespace Foof

open System
open System.Collections.Concurrent
open TorchSharp

/// Products of bfloat16 matrices added to a float32 one, which libtorch does not have: for a weight of 1000 x 1000 and 100
/// rows 0.9 ms in place of 1.4, most of which is the weight's way through memory.
[<RequireQualifiedAccess>]
module internal MixedProduct =

    let private kind = torch.ScalarType.BFloat16

    let private products =
        ConcurrentDictionary<struct (int64 * int64 * int64 * int), OneDnnProduct voption>()

    let private productOf rows left right =
        let make _ =
            OneDnn.addition
                (OneDnn.byColumns kind left rows)
                (OneDnn.byRows kind rows right)
                (OneDnn.byRows torch.ScalarType.Float32 left right)

        products.GetOrAdd(struct (rows, left, right, torch.get_num_threads ()), make)

    let private suits (target: torch.Tensor) (X: torch.Tensor) (Y: torch.Tensor) =
        let isTaken (tensor: torch.Tensor) =
            LoadedLibrary.takes tensor
            && tensor.dtype = torch.ScalarType.Float32
            && 0L < tensor.numel ()

        isTaken target && isTaken X && isTaken Y && target.is_contiguous ()

    let private byOneDnn
        product
        (target: torch.Tensor)
        (keep: float)
        (X: torch.Tensor)
        (Y: torch.Tensor)
        (weight: float)
        =
        if keep <> 1.0 then
            target.mul_ (keep.ToScalar()) |> ignore

        let left = (X * weight).``to`` kind
        OneDnn.multiply product (left.contiguous ()) (Y.``to``(kind).contiguous()) target

    let private byFixedPoint (target: torch.Tensor) keep (X: torch.Tensor) Y weight =
        FixedPoint.multiply (X.t ()) (FixedPoint.pack Y) weight target keep

    /// target <- keep target + weight X^T Y, in place, with X and Y rounded to bfloat16, or to whole numbers that are closer,
    /// and sums in float32; false, and nothing is done, where no library has such a product.
    ///
    /// Shapes: target [a; b], X [k; a], Y [k; b], all in float32.
    let tryAccumulate target (keep: float) (X: torch.Tensor) (Y: torch.Tensor) (weight: float) =
        use _scope = torch.NewDisposeScope()

        let way =
            if not (suits target X Y) then
                ValueNone
            elif FixedPoint.serves.Value then
                ValueSome byFixedPoint
            elif OneDnnFunctions.isLoaded.Value then
                productOf (X.size 0) (X.size 1) (Y.size 1) |> ValueOption.map byOneDnn
            else
                ValueNone

        match way with
        | ValueSome accumulate ->
            accumulate target keep X Y weight
            // The library wrote past libtorch, which is to know that graphs of the old values are out of date.
            target.narrow(0L, 0L, 0L).zero_() |> ignore
            true
        | ValueNone -> false
