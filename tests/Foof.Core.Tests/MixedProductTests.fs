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
    let target = matrix a b

    if MixedProduct.suits target X Y then
        let weight = -0.3

        let expected =
            target.``to`` torch.ScalarType.Float64
            + (rounded (X * weight)).t().mm(rounded Y)

        MixedProduct.add target X Y weight
        Oracle.agrees Tolerance.roundingSingle (Oracle.values expected) (Oracle.values target)
    else
        Assert.False(PackedMatrixTests.hasBFloat16 && a % 2 = 0 && b % 2 = 0)

[<Fact>]
let ``other types, and matrices in pieces, do not suit`` () =
    use _scope = torch.NewDisposeScope()
    let double (X: torch.Tensor) = X.``to`` torch.ScalarType.Float64
    let X, Y, target = matrix 8 64, matrix 8 96, matrix 64 96
    Assert.Equal(PackedMatrixTests.hasBFloat16, MixedProduct.suits target X Y)
    Assert.False(MixedProduct.suits (double target) (double X) (double Y))
    Assert.False(MixedProduct.suits ((matrix 96 64).t()) X Y)
    Assert.False(MixedProduct.suits target (matrix 0 64) (matrix 0 96))

[<Fact>]
let ``a graph of the old values is known to be out of date`` () =
    use _scope = torch.NewDisposeScope()
    let X, Y = matrix 8 64, matrix 8 96
    let target = (matrix 64 96).requires_grad_()

    if MixedProduct.suits target X Y then
        use _recorded = torch.enable_grad ()
        let loss = (target * target).sum()

        (use _quiet = torch.no_grad ()
         MixedProduct.add target X Y 1.0)

        let error = Assert.ThrowsAny<Exception>(fun () -> loss.backward ())
        Assert.Contains("inplace", error.Message)
    else
        Assert.False PackedMatrixTests.hasBFloat16
