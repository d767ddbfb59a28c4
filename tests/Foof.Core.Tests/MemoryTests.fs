[<Seeded>]
module Foof.Core.Tests.MemoryTests

open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

let cases =
    Gen.zip3 (Gen.choose (1, 6)) (Gen.choose (1, 5)) (Gen.elements [ 0.0; 0.5; 0.95 ])

/// Random batches of rows with two positions per data point, and their average so far.
let accumulated batches d beta =
    let rows = List.init batches (fun i -> Networks.normal [ 2 * (i + 1); d ])
    let start = MovingAverage.init (int64 d) rows[0]

    let average =
        rows
        |> List.indexed
        |> List.fold (fun average (i, A) -> MovingAverage.accumulate beta (int64 (i + 1)) A average) start

    rows, average

[<Fact>]
let ``the average is its closed form: weights (1 - beta) beta^(t - k) / (1 - beta^t)`` () =
    Oracle.forAll cases (fun (batches, d, beta) ->
        use _scope = torch.NewDisposeScope()
        let rows, average = accumulated batches d beta

        let weight k =
            (1.0 - beta) * pown beta (batches - 1 - k) / (1.0 - pown beta batches)

        let expected =
            rows
            |> List.mapi (fun k A -> Oracle.activationFactor (float (k + 1)) (Oracle.matrix A) * weight k)
            |> List.reduce (+)

        Oracle.agrees Tolerance.rounding [| 1.0 - pown beta batches |] [| average.Weight |]
        Oracle.agreesWith Tolerance.rounding expected (MovingAverage.value average)
        average.Sum.Dispose())

[<Fact>]
let ``the average of equal batches is that batch: its weights sum to one`` () =
    Oracle.forAll cases (fun (batches, d, beta) ->
        use _scope = torch.NewDisposeScope()
        let A = Networks.normal [ 3; d ]
        let start = MovingAverage.init (int64 d) A

        let average =
            Seq.fold (fun average _ -> MovingAverage.accumulate beta 3L A average) start [ 1..batches ]

        Oracle.agreesWith
            Tolerance.rounding
            (Oracle.activationFactor 3.0 (Oracle.matrix A))
            (MovingAverage.value average)

        average.Sum.Dispose())

[<Fact>]
let ``a batch in two parts counts as one batch`` () =
    Oracle.forAll cases (fun (batches, d, beta) ->
        use _scope = torch.NewDisposeScope()
        let _, whole = accumulated batches d beta
        let parts = { whole with Sum = whole.Sum.clone () }
        let first, second = Networks.normal [ 3; d ], Networks.normal [ 2; d ]

        let whole =
            MovingAverage.accumulate beta 5L (torch.cat ([| first; second |], 0L)) whole

        let parts =
            parts
            |> MovingAverage.accumulate beta 5L first
            |> MovingAverage.add beta 5L second

        Assert.Equal(whole.Weight, parts.Weight)
        Oracle.agreesWith Tolerance.rounding (Oracle.matrix whole.Sum) parts.Sum
        whole.Sum.Dispose())

[<Fact>]
let ``accumulating is in place and leaves nothing behind`` () =
    use _scope = torch.NewDisposeScope()
    let A = Networks.normal [ 3; 2 ]
    let average = MovingAverage.init 2L A

    let created =
        Oracle.leaked (fun () ->
            let next = MovingAverage.accumulate 0.9 3L A average
            Assert.Same(average.Sum, next.Sum))

    Assert.Equal(0L, created)
    Assert.Equal(1L, Oracle.leaked (fun () -> MovingAverage.value { average with Weight = 1.0 } |> ignore))
    average.Sum.Dispose()
