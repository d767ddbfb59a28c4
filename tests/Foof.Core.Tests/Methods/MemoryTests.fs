module Foof.Core.Tests.MemoryTests

open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let cases = Gen.zip3 (Gen.choose (1, 6)) (Gen.choose (1, 5)) (Gen.elements [ 0.0; 0.5; 0.95 ])

let average (beta: float) = Memory.MovingAverage beta

/// The statistic scale X^T X of one part.
let accumulateRows memory (scale: float) (X: torch.Tensor) moment =
    Moment.accumulateParts memory true [ fun () -> struct (X, scale) ] moment

/// Random batches of rows with two positions per data point, and their average so far.
let accumulated batches d beta =
    let rows = List.init batches (fun i -> Networks.normal [ 2 * (i + 1); d ])
    let start = Moment.init [| int64 d; int64 d |] rows[0]

    let moment =
        rows
        |> List.indexed
        |> List.fold (fun moment (i, A) -> accumulateRows (average beta) (1.0 / float (i + 1)) A moment) start

    rows, moment

[<Tests>]
let tests =
    testList "Methods.Memory" [
        Holds.forAll
            "the average is its closed form: weights (1 - beta) beta^(t - k) / (1 - beta^t)"
            cases
            (fun (batches, d, beta) ->
                use _scope = torch.NewDisposeScope()
                let rows, moment = accumulated batches d beta

                let weight k = (1.0 - beta) * pown beta (batches - 1 - k) / (1.0 - pown beta batches)

                let expected =
                    rows
                    |> List.mapi (fun k A -> Dense.moment (float (k + 1)) (Dense.ofTensor A) * weight k)
                    |> List.reduce (+)

                Oracle.agrees Tolerance.rounding [| 1.0 - pown beta batches |] [| moment.Weight |]
                Oracle.agreesWith Tolerance.rounding expected (Moment.value moment)
                Moment.free moment)

        Holds.forAll "rows and the statistic that they make accumulate to the same" cases (fun (batches, d, beta) ->
            use _scope = torch.NewDisposeScope()
            let rows, byRows = accumulated batches d beta
            let start = Moment.init [| int64 d; int64 d |] rows[0]

            let byStatistic =
                rows
                |> List.indexed
                |> List.fold
                    (fun moment (i, A) ->
                        Moment.accumulate (average beta) (Statistic.activationFactor (int64 (i + 1)) A) moment)
                    start

            Oracle.agreesWith Tolerance.rounding (Dense.ofTensor (Moment.sum byRows)) (Moment.sum byStatistic)

            Expect.equal byStatistic.Weight byRows.Weight "the weight of the statistics"
            Moment.free byRows
            Moment.free byStatistic)

        Holds.forAll
            "the average of equal batches is that batch: its weights sum to one"
            cases
            (fun (batches, d, beta) ->
                use _scope = torch.NewDisposeScope()
                let A = Networks.normal [ 3; d ]
                let start = Moment.init [| int64 d; int64 d |] A

                let moment =
                    Seq.fold (fun moment _ -> accumulateRows (average beta) (1.0 / 3.0) A moment) start [ 1..batches ]

                Oracle.agreesWith Tolerance.rounding (Dense.moment 3.0 (Dense.ofTensor A)) (Moment.value moment)

                Moment.free moment)

        test "the latest batch alone counts, or all of them in a sum" {
            use _scope = torch.NewDisposeScope()
            let batches = List.init 3 (fun _ -> Networks.normal [ 2; 2 ])

            let after memory =
                batches
                |> List.fold (fun moment x -> Moment.accumulate memory x moment) (Moment.init [| 2L; 2L |] batches[0])

            let latest, sum = after Memory.Latest, after Memory.Sum
            Oracle.agreesWith Tolerance.rounding (Dense.ofTensor batches[2]) (Moment.value latest)

            Oracle.agreesWith
                Tolerance.rounding
                (batches |> List.map Dense.ofTensor |> List.reduce (+))
                (Moment.value sum)

            Moment.free latest
            Moment.free sum
        }

        test "accumulation is in place and leaves nothing behind" {
            use _scope = torch.NewDisposeScope()
            let A = Networks.normal [ 3; 2 ]
            let moment = Moment.init [| 2L; 2L |] A
            let mutable next = moment

            Expect.equal
                (Oracle.leaked (fun () -> next <- accumulateRows (average 0.9) 1.0 A next))
                0L
                "the number of tensors left"

            Oracle.isSame next.Total moment.Total "the total of next"

            Expect.equal (Oracle.leaked (fun () -> Moment.value next |> ignore)) 1L "the number of tensors left"

            Moment.free next
        }

        testList "rows of many batches in wide matrices are the sum of their products" [
            for n, count, d in [ 3, 7, 40; 700, 3, 520; 1500, 2, 260; 40, 30, 1010 ] do
                test $"{n}, {count}, {d}" {
                    use _scope = torch.NewDisposeScope()
                    let batches = List.init count (fun _ -> Networks.normal [ n; d ])
                    let start = Moment.init [| int64 d; int64 d |] batches[0]

                    for memory in [ average 0.8; Memory.Latest; Memory.Sum ] do
                        let rows =
                            batches
                            |> List.fold (fun moment X -> accumulateRows memory 0.5 X moment) (Moment.forget start)

                        let written =
                            batches
                            |> List.fold
                                (fun moment (X: torch.Tensor) -> Moment.accumulate memory (X.t().mm X * 0.5) moment)
                                (Moment.init [| int64 d; int64 d |] batches[0])

                        Expect.equal rows.Weight written.Weight "the weight of rows"

                        Oracle.agreesWith Tolerance.rounding (Dense.ofTensor (Moment.sum written)) (Moment.sum rows)

                        Moment.free written

                    Moment.free start
                }
        ]

        testList "rows make the same sum by halves and as a whole, one after the other" [
            for d in [ 1; 199; 401; 1001 ] do
                test $"{d}" {
                    use _scope = torch.NewDisposeScope()
                    let batches = List.init 4 (fun _ -> Networks.normal [ 5; d ])

                    let after (halves: bool list) =
                        List.zip batches halves
                        |> List.fold
                            (fun moment (X, halved) ->
                                Moment.accumulateParts (average 0.9) halved [ fun () -> struct (X, 0.2) ] moment)
                            (Moment.init [| int64 d; int64 d |] batches[0])

                    let whole = after [ false; false; false; false ]

                    for halves in
                        [ [ true; true; true; true ]; [ true; false; true; false ]; [ false; true; true; true ] ] do
                        let mixed = after halves
                        let sum = Moment.sum mixed
                        Oracle.agreesWith Tolerance.rounding (Dense.ofTensor (Moment.sum whole)) sum

                        if List.last halves then
                            Expect.isTrue (sum.eq(sum.t ()).all().item<bool>()) "the sum is symmetric"

                        Moment.free mixed

                    Moment.free whole
                }
        ]
    ]
