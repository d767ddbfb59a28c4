/// Products that throw give what `matmul`, which ends the process, gives where shapes fit; products accumulate in place.
module Foof.Core.Tests.ProductsTests

open System.Runtime.InteropServices
open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let private sizes = Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (1, 3)) (Gen.choose (1, 6))

let private accumulates sentence (kind: torch.ScalarType) tolerance =
    testList sentence [
        for keep in [ 0.0; 0.3; 1.0 ] do
            Holds.forAll $"{keep} of the target is kept" sizes (fun (k, a, b) ->
                use _scope = torch.NewDisposeScope()

                let target, X, Y = Networks.normal [ a; b ], Networks.normal [ k; a ], Networks.normal [ k; b ]

                let expected = Dense.ofTensor target * keep + (Dense.ofTensor X).Transpose() * Dense.ofTensor Y * 0.7

                let accumulated = target.``to`` kind
                Products.accumulate accumulated keep (X.``to`` kind) (Y.``to`` kind) 0.7
                Oracle.agreesWith tolerance expected accumulated)
    ]

[<Tests>]
let tests =
    testList "Tensors.Products" [
        test "a product of matrices in any number of dimensions is matmul's" {
            for left, right in
                [
                    [ 2; 3 ], [ 3; 4 ]
                    [ 5; 2; 3 ], [ 5; 3; 4 ]
                    [ 5; 2; 3 ], [ 1; 3; 4 ]
                    [ 1; 2; 3 ], [ 5; 3; 4 ]
                    [ 5; 2; 3 ], [ 3; 4 ]
                    [ 2; 3 ], [ 5; 3; 4 ]
                    [ 6; 5; 2; 3 ], [ 6; 5; 3; 4 ]
                    [ 6; 5; 2; 3 ], [ 5; 3; 4 ]
                    [ 5; 2; 3 ], [ 6; 5; 3; 4 ]
                    [ 1; 2; 3 ], [ 6; 5; 3; 4 ]
                    [ 5; 2; 0 ], [ 5; 0; 4 ]
                ] do
                use _scope = torch.NewDisposeScope()
                let X, Y = Networks.normal left, Networks.normal right
                let expected = X.matmul Y
                let found = Products.batched X Y
                Expect.equal found.shape expected.shape "the shape of found"
                Oracle.agrees Tolerance.rounding (Dense.values expected) (Dense.values found)
        }

        test "an empty product is empty" {
            use _scope = torch.NewDisposeScope()

            for left, right in [ [ 0; 2; 3 ], [ 0; 3; 4 ]; [ 5; 0; 3 ], [ 5; 3; 4 ] ] do
                let X, Y =
                    torch.ones (Array.ofList left |> Array.map int64),
                    torch.ones (Array.ofList right |> Array.map int64)

                Expect.equal ((Products.batched X Y).shape) (X.matmul(Y).shape) "the shape of the product"
        }

        test "a product keeps its result alone" {
            use _scope = torch.NewDisposeScope()

            for right in [ [ 3; 4 ]; [ 5; 3; 4 ]; [ 6; 5; 3; 4 ] ] do
                let X, Y = Networks.normal [ 5; 2; 3 ], Networks.normal right

                Expect.equal (Oracle.leaked (fun () -> Products.batched X Y |> ignore)) 1L "the number of tensors left"
        }

        test "what does not fit raises" {
            for left, right in
                [
                    [ 2; 3 ], [ 4; 2 ]
                    [ 5; 2; 3 ], [ 5; 4; 2 ]
                    [ 5; 2; 3 ], [ 4; 3; 2 ]
                    [ 5; 2; 3 ], [ 4; 2 ]
                    [ 6; 5; 2; 3 ], [ 4; 3; 2 ]
                ] do
                use _scope = torch.NewDisposeScope()
                let X, Y = Networks.normal left, Networks.normal right

                Oracle.raises<ExternalException>(fun () -> Products.batched X Y |> ignore) |> ignore

            use _scope = torch.NewDisposeScope()
            let X, Y = Networks.normal [ 2; 3 ], torch.ones (3L, 2L)

            Oracle.raises<ExternalException>(fun () -> Products.batched X Y |> ignore) |> ignore
        }

        accumulates
            "a product is accumulated in place, in float64 to the last digits"
            Networks.double
            Tolerance.explicit

        accumulates
            "a product is accumulated in place in float32 too"
            torch.ScalarType.Float32
            Tolerance.float32AgainstFloat64
    ]
