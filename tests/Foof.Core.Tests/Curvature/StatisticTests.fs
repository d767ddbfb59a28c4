module Foof.Core.Tests.StatisticTests

open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let shapes = Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (1, 3)) (Gen.choose (1, 6))

[<Tests>]
let tests =
    testList "Curvature.Statistic" [
        Holds.forAll
            "the activation factor is the sum of outer products over the number of data points"
            shapes
            (fun (n, positions, d) ->
                use _scope = torch.NewDisposeScope()
                let A = Networks.normal [ n * positions; d ]
                let expected = Dense.moment (float n) (Dense.ofTensor A)
                Oracle.agreesWith Tolerance.rounding expected (Statistic.activationFactor (int64 n) A))
    ]
