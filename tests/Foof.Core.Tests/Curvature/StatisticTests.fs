[<Seeded>]
module Foof.Core.Tests.StatisticTests

open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

let shapes = Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (1, 3)) (Gen.choose (1, 6))

[<Fact>]
let ``the activation factor is the sum of outer products over the number of data points`` () =
    Oracle.forAll shapes (fun (n, positions, d) ->
        use _scope = torch.NewDisposeScope()
        let A = Networks.normal [ n * positions; d ]
        let expected = Oracle.activationFactor (float n) (Oracle.matrix A)
        Oracle.agreesWith Tolerance.rounding expected (Statistic.activationFactor (int64 n) A))

let accumulates (kind: torch.ScalarType) tolerance =
    for keep in [ 0.0; 0.3; 1.0 ] do
        Oracle.forAll shapes (fun (k, a, b) ->
            use _scope = torch.NewDisposeScope()

            let target, X, Y =
                Networks.normal [ a; b ], Networks.normal [ k; a ], Networks.normal [ k; b ]

            let expected =
                Oracle.matrix target * keep
                + (Oracle.matrix X).Transpose() * Oracle.matrix Y * 0.7

            let accumulated = target.``to`` kind
            Products.accumulate accumulated keep (X.``to`` kind) (Y.``to`` kind) 0.7
            Oracle.agreesWith tolerance expected accumulated)

[<Fact>]
let ``a product is accumulated in place, in float64 to the last digits`` () =
    accumulates Networks.double Tolerance.explicit

[<Fact>]
let ``a product is accumulated in place in float32 too`` () =
    accumulates torch.ScalarType.Float32 Tolerance.float32AgainstFloat64
