/// Products of a few rows with a matrix that was laid out for them: equal to the products with the matrix itself, and never
/// with one that is no longer in use.
[<Seeded>]
module Foof.Core.Tests.PackedMatrixTests

open System.Runtime.Intrinsics.X86
open Foof
open TorchSharp
open Xunit

let private single, double = torch.ScalarType.Float32, torch.ScalarType.Float64

let private matrix (kind: torch.ScalarType) k d =
    torch.randn (int64 k, int64 d, dtype = kind)

let private exact (X: torch.Tensor) (M: torch.Tensor) = (X.``to`` double).mm(M.``to`` double)

let private agrees (kind: torch.ScalarType) (expected: torch.Tensor) (found: torch.Tensor) =
    Assert.Equal(kind, found.dtype)
    Oracle.agrees (Tolerance.ofType kind) (Oracle.values expected) (Oracle.values found)

/// oneDNN has its own code for bfloat16 where the processor has instructions for it, which .NET does not tell of; whole numbers
/// serve elsewhere.
let hasBFloat16 =
    System.IO.File.Exists "/proc/cpuinfo"
    && (System.IO.File.ReadAllText "/proc/cpuinfo").Contains "avx512_bf16"
    || FixedPoint.serves.Value

let private ofFull kind steps (M: torch.Tensor) =
    let block = new FactoredBlock("layer", [| 0 |], steps)
    let side = Side.Full((M.``to`` (kind: torch.ScalarType)).unsqueeze 0L)
    let one = Side.Identity(3L, 1.0)

    block.Replace(
        ValueSome(Factored.Structured(Curvature.Kronecker(one, side), torch.zeros (1L, dtype = kind)))
    )

    block, side

[<Fact>]
let ``the binding's library has them on processors that it has code for`` () =
    use _scope = torch.NewDisposeScope()
    Assert.True(PackedMatrix.IsAvailable)

    if Avx512BW.IsSupported then
        use packed = (PackedMatrix.TryPack(matrix single 300 300)).Value
        ignore packed

/// Products with a matrix's packed copy, where the processor has code for them.
let private times (M: torch.Tensor) (X: torch.Tensor) =
    match PackedMatrix.TryPack M with
    | ValueSome packed ->
        use packed = packed
        packed.TryTimes X
    | ValueNone -> ValueNone

[<Theory>]
[<InlineData(1, 128)>]
[<InlineData(2, 129)>]
[<InlineData(10, 1001)>]
[<InlineData(100, 785)>]
[<InlineData(128, 640)>]
[<InlineData(511, 200)>]
[<InlineData(512, 333)>]
let ``a packed matrix multiplies as the matrix does`` (k: int) (d: int) =
    use _scope = torch.NewDisposeScope()
    let M = matrix single d d

    // Rows and matrices in one piece, transposed, and parts of others.
    for M in
        [
            M
            M.t ()
            (matrix single (d + 3) (d + 5)).narrow(0L, 2L, d).narrow(1L, 1L, d)
        ] do
        for X in
            [
                matrix single k d
                (matrix single d k).t()
                (matrix single k (d + 1)).narrow(1L, 0L, d)
            ] do
            Assert.True(PackedMatrix.Suits X)

            match times M X with
            | ValueSome found -> agrees single (exact X M) found
            | ValueNone -> Assert.False(Avx512BW.IsSupported)

            // In bfloat16 both are rounded; sums are not. Whole numbers are closer.
            let M = M.``to`` torch.ScalarType.BFloat16

            match times M X with
            | ValueSome found when FixedPoint.serves.Value -> FixedPointTests.agrees X M found
            | ValueSome found -> agrees single (exact (X.``to`` M.dtype) M) found
            | ValueNone -> Assert.False(hasBFloat16)

[<Fact>]
let ``rows that gain nothing, and other types, are left to the matrix itself`` () =
    use _scope = torch.NewDisposeScope()

    for k, d, kind in
        [
            0, 200, single
            513, 200, single
            20, 127, single
            20, 200, double
            20, 200, torch.ScalarType.BFloat16
        ] do
        Assert.False(PackedMatrix.Suits(matrix kind k d))

[<Theory>]
[<InlineData(3, 40, 200)>]
[<InlineData(4, 40, 200)>]
[<InlineData(100, 40, 127)>]
[<InlineData(100, 512, 128)>]
[<InlineData(100, 513, 128)>]
let ``a block's products are the matrix's on both sides of each switch`` (steps: int) (k: int) (d: int) =
    for kind in [ single; double ] do
        use _scope = torch.NewDisposeScope()
        let M = matrix kind d d
        let block, side = ofFull kind steps M
        use _ = block
        let X = matrix kind k d
        agrees kind (exact X M) (block.Times(X, side))
        // The second one finds what the first one packed.
        agrees kind (exact X M) (block.Times(X, side))
        Assert.Equal(0.0, (block.Times(X, side) - block.Times(X, side)).abs().max().ToDouble())

[<Fact>]
let ``a fresh inverse leaves nothing of the last one, and no tensor is lost`` () =
    let X, first, second =
        Scope.detach (matrix single 30 256),
        Scope.detach (matrix single 256 256),
        Scope.detach (matrix single 256 256)

    let before = Oracle.settledCount ()

    let step () =
        use _scope = torch.NewDisposeScope()
        let block, side = ofFull single 100 first
        use block = block
        agrees single (exact X first) (block.Times(X, side))

        let fresh = Side.Full(second.clone().unsqueeze 0L)

        block.Replace(
            ValueSome(Factored.Structured(Curvature.Kronecker(Side.Identity(3L, 1.0), fresh), torch.zeros 1L))
        )

        agrees single (exact X second) (block.Times(X, fresh))

    step ()
    Assert.Equal(before, torch.Tensor.TotalCount)

    for tensor in [ X; first; second ] do
        tensor.Dispose()

[<Fact>]
let ``a side that stays keeps its packed matrix, another one does not`` () =
    use _scope = torch.NewDisposeScope()

    let X, staying, first, second =
        matrix single 30 256, matrix single 256 256, matrix single 256 256, matrix single 256 256

    let inverse (Q_E: torch.Tensor) (Q_A: torch.Tensor) =
        let side (Q: torch.Tensor) = Side.Full(Q.unsqueeze 0L)
        Curvature.Eigenbasis(side Q_E, side Q_A, torch.ones (1L, 256L, 256L))

    let replace (block: FactoredBlock) curvature =
        block.Replace(ValueSome(Factored.Structured(curvature, torch.zeros 1L)))

    let sides curvature =
        match curvature with
        | Curvature.Eigenbasis(Q_E, Q_A, _) -> struct (Q_E, Q_A)
        | _ -> invalidOp "An eigenbasis was made."

    use block = new FactoredBlock("block", [| 0 |], 100)
    let old = inverse staying first
    let struct (Q_E, Q_A) = sides old
    replace block old
    block.Times(X, Q_E) |> ignore
    block.Times(X, Q_A) |> ignore

    let again =
        match Q_E with
        | Side.Full Q ->
            Curvature.Eigenbasis(
                Side.Full(Q.alias ()),
                Side.Full(second.unsqueeze 0L),
                torch.ones (1L, 256L, 256L)
            )
        | _ -> invalidOp "A full side was made."

    let struct (stays, other) = sides again
    replace block again

    let made side M =
        let before = Oracle.settledCount ()
        let product = block.Times(X, side)
        let count = torch.Tensor.TotalCount - before
        agrees single (exact X M) product
        count

    Assert.Equal(made stays staying, made stays staying)
    // What is packed at the first product makes tensors.
    let first = made other second
    Assert.Equal(PackedMatrix.IsAvailable, first > made other second)

[<Fact>]
let ``threads multiply by one packed matrix at once`` () =
    use _scope = torch.NewDisposeScope()
    let M, X = Scope.detach (matrix single 300 300), Scope.detach (matrix single 64 300)

    match PackedMatrix.TryPack M with
    | ValueNone -> Assert.False(Avx512BW.IsSupported)
    | ValueSome packed ->
        use packed = packed
        let expected = Oracle.values (exact X M)

        let found =
            Array.Parallel.init 8 (fun _ ->
                use _scope = torch.NewDisposeScope()

                Array.init 20 (fun _ ->
                    use result = (packed.TryTimes X).Value
                    Oracle.values result))

        for values in Array.concat found do
            Oracle.agrees Tolerance.roundingSingle expected values

    M.Dispose()
    X.Dispose()

[<Fact>]
let ``a block at rest holds its inverse alone, and packs it again`` () =
    use _scope = torch.NewDisposeScope()
    let M, X = matrix single 256 256, matrix single 30 256
    let block, side = ofFull single 100 M
    use block = block
    let held = Oracle.settledCount ()

    let times () =
        agrees single (exact X M) (block.Times(X, side))

    for _ in 1..2 do
        (use _scope = torch.NewDisposeScope() in times ())

        if Avx512BW.IsSupported then
            Assert.True(torch.Tensor.TotalCount > held)

        block.Rest()
        Assert.Equal(held, torch.Tensor.TotalCount)
