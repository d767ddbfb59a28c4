/// Products in bfloat16 added to float32 matrices: the products of the rounded matrices, with exact sums.
[<Seeded>]
module Foof.Core.Tests.MixedProductTests

open System
open Foof
open TorchSharp
open Xunit

let private matrix k d = torch.randn (int64 k, int64 d)

let private rounded (X: torch.Tensor) =
    X.``to``(torch.ScalarType.BFloat16).``to`` torch.ScalarType.Float64

[<Theory>]
[<InlineData(1, 32, 32)>]
[<InlineData(7, 33, 130)>]
[<InlineData(100, 200, 784)>]
[<InlineData(100, 1000, 1000)>]
[<InlineData(200, 65, 129)>]
let ``what is added is the product of the rounded matrices`` (k: int) (a: int) (b: int) =
    use _scope = torch.NewDisposeScope()
    // Factors in one piece, and rows without their last column, as those of a layer with a bias are.
    let X, Y = matrix k a, (matrix k (b + 1)).narrow(1L, 0L, b)
    let weight = -0.3

    for keep in [ 1.0; 0.9 ] do
        let target = matrix a b

        let expected =
            target.``to`` torch.ScalarType.Float64 * keep
            + (rounded (X * weight)).t().mm(rounded Y)

        let before = target.``to`` torch.ScalarType.Float64

        if not (MixedProduct.tryAccumulate target keep X Y weight) then
            Assert.False(PackedMatrixTests.hasBFloat16 && a % 2 = 0 && b % 2 = 0)
        elif FixedPoint.serves.Value then
            let added = (target.``to`` torch.ScalarType.Float64 - before * keep) / weight
            FixedPointTests.agreesWith (before.abs () * 1e-6) (X.t ()) Y added
        else
            Oracle.agrees Tolerance.roundingSingle (Oracle.values expected) (Oracle.values target)

[<Fact>]
let ``other types, and matrices in pieces, do not suit`` () =
    use _scope = torch.NewDisposeScope()
    let double (X: torch.Tensor) = X.``to`` torch.ScalarType.Float64
    let X, Y, target = matrix 8 64, matrix 8 96, matrix 64 96

    let suits target X Y =
        MixedProduct.tryAccumulate target 0.5 X Y 1.0

    Assert.Equal(PackedMatrixTests.hasBFloat16, suits target X Y)

    for target, X, Y in
        [
            double target, double X, double Y
            (matrix 96 64).t(), X, Y
            target, matrix 0 64, matrix 0 96
        ] do
        let before = target.clone ()
        Assert.False(suits target X Y)
        Assert.Equal(0.0, (target - before).abs().max().ToDouble())

[<Fact>]
let ``a graph of the old values is known to be out of date`` () =
    use _scope = torch.NewDisposeScope()
    let X, Y = matrix 8 64, matrix 8 96
    let target = (matrix 64 96).requires_grad_()

    use _recorded = torch.enable_grad ()
    let loss = (target * target).sum()

    let isAdded =
        use _quiet = torch.no_grad ()
        MixedProduct.tryAccumulate target 1.0 X Y 1.0

    Assert.Equal(PackedMatrixTests.hasBFloat16, isAdded)

    if isAdded then
        let error = Assert.ThrowsAny<Exception>(fun () -> loss.backward ())
        Assert.Contains("inplace", error.Message)
