/// Cholesky factors in their matrices' place are those of libtorch.
[<Seeded>]
module Foof.Core.Tests.CholeskyInPlaceTests

open System
open Foof
open TorchSharp
open Xunit

let private definite (d: int64) (kind: torch.ScalarType) =
    let X = torch.randn(2L * d, d).``to`` kind
    X.t().mm(X) / float (2L * d) + torch.eye(d).``to`` kind * 0.1

let private bound (kind: torch.ScalarType) =
    if kind = torch.ScalarType.Float64 then 1e-12 else 1e-5

[<Theory>]
[<InlineData(1)>]
[<InlineData(2)>]
[<InlineData(33)>]
[<InlineData(100)>]
[<InlineData(301)>]
let ``the factor is libtorch's, in the matrix's memory, with zeros above`` (d: int64) =
    use _scope = torch.NewDisposeScope()

    for kind in [ torch.ScalarType.Float32; torch.ScalarType.Float64 ] do
        for shape in [ [| d; d |]; [| 1L; d; d |] ] do
            let M = (definite d kind).view shape
            let expected = torch.linalg.cholesky M
            let own = M.clone ()
            Assert.Equal(ValueSome true, CholeskyInPlace.tryFactor own)
            Assert.Equal<int64>(shape, own.shape)
            Assert.True((own - expected).abs().max().ToDouble() <= bound kind)
            Assert.Equal(0.0, own.triu(1L).abs().max().ToDouble())

[<Fact>]
let ``only the lower triangle counts`` () =
    use _scope = torch.NewDisposeScope()
    let M = definite 20L torch.ScalarType.Float64
    let own = M.tril () + torch.full_like(M, nan.ToScalar()).triu 1L
    Assert.Equal(ValueSome true, CholeskyInPlace.tryFactor own)
    Assert.True((own.mm (own.t ()) - M).abs().max().ToDouble() <= 1e-12)

[<Fact>]
let ``a matrix that is not positive definite has no factor`` () =
    use _scope = torch.NewDisposeScope()
    let M = definite 20L torch.ScalarType.Float64
    M.select(0L, 7L).select(0L, 7L).fill_((-1.0).ToScalar()) |> ignore
    Assert.Equal(ValueSome false, CholeskyInPlace.tryFactor (M.clone ()))
    Assert.True((Factorization.choleskyOfFresh M).IsNone)

[<Fact>]
let ``what does not suit is left to libtorch`` () =
    use _scope = torch.NewDisposeScope()
    let M = definite 20L torch.ScalarType.Float64
    let several = torch.stack [| M; M |]
    let columns = M.t().contiguous().t()
    Assert.False(columns.is_contiguous ())

    for other in [ several; columns; torch.empty (0L, 0L); M.``to`` torch.ScalarType.BFloat16 ] do
        let before = other.clone ()
        Assert.Equal(ValueNone, CholeskyInPlace.tryFactor other)
        Assert.True(other.Equals before)

    for other in [ several; columns ] do
        let expected = torch.linalg.cholesky other

        match Factorization.choleskyOfFresh other with
        | Some L -> Assert.True((L - expected).abs().max().ToDouble() <= 1e-12)
        | None -> Assert.Fail "The matrix is positive definite."
