namespace Foof

open System.Collections.Generic
open TorchSharp

/// Rows of batches that are still to be taken into a sum of X^T X: one product over the rows of many batches takes far
/// less time than one product a batch, which reads and writes the whole sum each time. Owns its tensor.
[<Sealed>]
type internal RowBuffer() =
    let mutable rows: torch.Tensor = null
    let batches = List<struct (int64 * float)>()
    let mutable keep = 1.0
    let mutable isHalf = false

    let count () =
        batches |> Seq.sumBy (fun struct (count, _) -> count)

    let forget () =
        batches.Clear()
        keep <- 1.0

    let accumulate (sum: torch.Tensor) (X: torch.Tensor) share =
        let d = sum.size -1
        Scope.value (fun () -> Statistic.accumulateSquare (sum.view (d, d)) keep X share)
        isHalf <- true
        forget ()

    /// The rows that wait, each batch's by the root of its share.
    let weighed () =
        let mutable first = 0L

        for struct (count, share) in batches do
            rows.narrow(0L, first, count).mul_((sqrt share).ToScalar()) |> ignore
            first <- first + count

        rows.narrow (0L, 0L, first)

    /// sum <- keep sum + sum of share X^T X over the rows that wait; half of the sum is out of date afterwards.
    let flush (sum: torch.Tensor) =
        if batches.Count > 0 then
            Scope.value (fun () -> accumulate sum (weighed ()) 1.0)
        elif keep <> 1.0 then
            sum.mul_ (keep.ToScalar()) |> ignore
            forget ()

    let weigh (again: float) =
        keep <- again * keep

        if again = 0.0 then
            batches.Clear()
        else
            for i in 0 .. batches.Count - 1 do
                let struct (count, share) = batches[i]
                batches[i] <- struct (count, again * share)

    let hold (X: torch.Tensor) share =
        if isNull rows then
            rows <-
                torch.empty (RowBuffer.Capacity, X.size 1, dtype = X.dtype, device = X.device)
                |> Scope.detach

        Scope.value (fun () -> rows.narrow(0L, count (), X.size 0).copy_ X |> ignore)
        batches.Add(struct (X.size 0, share))

    /// How many rows may wait: a product of so many is as fast as one of any more.
    static member Capacity = 1024L

    /// sum <- again sum + share X^T X: at once where there are many rows, else by and by from a copy.
    member _.Add(sum: torch.Tensor, again: float, share: float, X: torch.Tensor) =
        if count () + X.size 0 > RowBuffer.Capacity then
            flush sum

        weigh again

        if X.size 0 > RowBuffer.Capacity / 2L then
            flush sum
            accumulate sum X share
        else
            hold X share

    /// Brings the sum up to date, all of it.
    member _.Complete(sum: torch.Tensor) =
        flush sum

        if isHalf then
            Statistic.mirror sum
            isHalf <- false

    /// Fills in the half of the sum that is out of date; what waits goes on waiting.
    member _.Mirror(sum: torch.Tensor) =
        if isHalf then
            Statistic.mirror sum

    /// Forgets what waits: the sum is what it is now.
    member _.Clear() =
        forget ()
        isHalf <- false

    /// What a checkpoint keeps beside the sum: the rows that wait and [keep; count; share; ...]; nothing where none does.
    /// The caller's scope frees them.
    member _.Waiting = [
        if batches.Count > 0 then
            let numbers = [|
                keep

                for struct (count, share) in batches do
                    float count
                    share
            |]

            "shares", torch.tensor numbers
            "values", rows.narrow (0L, 0L, count ())
    ]

    /// Goes back to what `Waiting` gave.
    member buffer.Restore(numbers: float array, values: torch.Tensor) =
        buffer.Clear()
        keep <- numbers[0]
        let mutable first = 0L

        for pair in Array.chunkBySize 2 numbers[1..] do
            let count = int64 pair[0]
            Scope.value (fun () -> hold (values.narrow (0L, first, count)) pair[1])
            first <- first + count

    interface System.IDisposable with
        member _.Dispose() =
            if not (isNull rows) then
                rows.Dispose()
                rows <- null
