/// Products that throw give what `matmul`, which ends the process, gives where shapes fit; products accumulate in place.
[<Seeded>]
module Foof.Core.Tests.ProductsTests

open System.Runtime.InteropServices
open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

[<Fact>]
let ``a product of matrices in any number of dimensions is matmul's`` () =
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
        Assert.Equal<int64 array>(expected.shape, found.shape)
        Oracle.agrees Tolerance.rounding (Oracle.values expected) (Oracle.values found)

[<Fact>]
let ``an empty product is empty`` () =
    use _scope = torch.NewDisposeScope()

    for left, right in [ [ 0; 2; 3 ], [ 0; 3; 4 ]; [ 5; 0; 3 ], [ 5; 3; 4 ] ] do
        let X, Y =
            torch.ones (Array.ofList left |> Array.map int64),
            torch.ones (Array.ofList right |> Array.map int64)

        Assert.Equal<int64 array>(X.matmul(Y).shape, (Products.batched X Y).shape)

[<Fact>]
let ``a product keeps its result alone`` () =
    use _scope = torch.NewDisposeScope()

    for right in [ [ 3; 4 ]; [ 5; 3; 4 ]; [ 6; 5; 3; 4 ] ] do
        let X, Y = Networks.normal [ 5; 2; 3 ], Networks.normal right
        Assert.Equal(1L, Oracle.leaked (fun () -> Products.batched X Y |> ignore))

[<Fact>]
let ``what does not fit raises`` () =
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

        Oracle.raises<ExternalException>(fun () -> Products.batched X Y |> ignore)
        |> ignore

    use _scope = torch.NewDisposeScope()
    let X, Y = Networks.normal [ 2; 3 ], torch.ones (3L, 2L)

    Oracle.raises<ExternalException>(fun () -> Products.batched X Y |> ignore)
    |> ignore

let private accumulates (kind: torch.ScalarType) tolerance =
    for keep in [ 0.0; 0.3; 1.0 ] do
        Oracle.forAll (Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (1, 3)) (Gen.choose (1, 6))) (fun (k, a, b) ->
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
