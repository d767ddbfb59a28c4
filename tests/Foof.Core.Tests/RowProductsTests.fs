/// Products of two Gram matrices: exact for whole numbers, whatever the shape and the threads, and chosen where they pay.
[<Seeded>]
module Foof.Core.Tests.RowProductsTests

open System
open System.Runtime.Intrinsics.X86
open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

let private double = torch.ScalarType.Float64

/// So many rows on either side, of two lengths, and so many threads.
type private Case = {
    Rows: int64
    Others: int64
    Width: int64
    Height: int64
    Threads: int
}

let private cases =
    let number low high = Gen.map int64 (Gen.choose (low, high))

    gen {
        // On both sides of what is found at once, and of a task.
        let! rows, others = Gen.two (Gen.oneof [ number 1 13; number 58 70; number 120 140 ])
        // And of a vector.
        let! width, height = Gen.two (Gen.oneof [ number 1 20; number 30 100 ])
        let! threads = Gen.choose (1, 5)

        return {
            Rows = rows
            Others = others
            Width = width
            Height = height
            Threads = threads
        }
    }

let private written (X: torch.Tensor) (X': torch.Tensor) (Y: torch.Tensor) (Y': torch.Tensor) =
    let gram (X: torch.Tensor) (X': torch.Tensor) =
        (X.``to`` double).mm(X'.``to``(double).t())

    gram X X' * gram Y Y'

let private whole (rows: int64) (length: int64) = WholeNumbers.draw [| rows; length |]

[<Fact>]
let ``the binding's library has it where the processor does`` () =
    Assert.Equal(
        Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported,
        RowProducts.isAvailable.Value
    )

[<Fact>]
let ``of whole numbers it is exact`` () =
    if RowProducts.isAvailable.Value then
        Oracle.forSome 300 cases (fun case ->
            use _scope = torch.NewDisposeScope()
            let X, X' = whole case.Rows case.Width, whole case.Others case.Width
            let Y, Y' = whole case.Rows case.Height, whole case.Others case.Height
            WholeNumbers.requireSame (written X X' Y Y') (RowProducts.byThreads case.Threads X X' Y Y')
            // Of rows with one another.
            WholeNumbers.requireSame (written X X Y Y) (RowProducts.byThreads case.Threads X X Y Y))

[<Fact>]
let ``threads change no bit, and rows with one another are found as any others`` () =
    if RowProducts.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let X, Y = torch.randn [| 101L; 77L |], torch.randn [| 101L; 50L |]
        let alike = RowProducts.byThreads 1 X X Y Y

        for other in
            [
                RowProducts.byThreads 3 X X Y Y
                RowProducts.byThreads 2 X (X.clone ()) Y (Y.clone ())
                alike.t ()
            ] do
            Assert.True(alike.eq(other).all().ToBoolean())

[<Fact>]
let ``rounding is no larger than that of libtorch's products`` () =
    if RowProducts.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let rows (length: int64) = torch.randn([| 100L; length |]).relu()
        let X, X', Y, Y' = rows 1001L, rows 1001L, rows 1000L, rows 1000L
        let expected = written X X' Y Y'

        let off (result: torch.Tensor) =
            (result.``to`` double - expected).norm().ToDouble()

        let plain = X.mm (X'.t ()) * Y.mm (Y'.t ())
        Assert.InRange(off (RowProducts.byThreads 2 X X' Y Y'), 0.0, 2.0 * off plain)

[<Theory>]
[<InlineData(Double.NaN)>]
[<InlineData(Double.PositiveInfinity)>]
let ``what is not finite shows in its row, and nowhere else`` (value: float) =
    if RowProducts.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let X, X', Y, Y' = whole 21L 33L, whole 19L 33L, whole 21L 5L, whole 19L 5L
        let expected = written X X' Y Y'
        // The last row and number: what stands in for rows beyond it is not used.
        X[20, 32] <- value.ToTensor()
        let result = (RowProducts.byThreads 2 X X' Y Y').``to`` double
        // An infinite number times zero is none.
        Assert.False(result.select(0L, 20L).isfinite().any().ToBoolean())
        result.select(0L, 20L).copy_(expected.select (0L, 20L)) |> ignore
        WholeNumbers.requireSame expected result

[<Theory>]
[<InlineData(15, 15, 40, false, false)>]
[<InlineData(16, 128, 40, false, true)>]
[<InlineData(16, 129, 40, false, false)>]
[<InlineData(20, 30, 4096, false, true)>]
[<InlineData(20, 30, 4097, false, false)>]
[<InlineData(15, 15, 40, true, false)>]
[<InlineData(129, 129, 5000, true, true)>]
[<InlineData(512, 512, 40, true, true)>]
[<InlineData(513, 513, 40, true, false)>]
let ``it serves where it pays, and both ways give the same`` m m' (length: int64) alike serves =
    use _scope = torch.NewDisposeScope()
    let rows (m: int64) length = torch.randn [| m; length |]
    let X, Y = rows m (length / 2L), rows m (length - length / 2L)

    let X', Y' =
        if alike then
            X, Y
        else
            rows m' (length / 2L), rows m' (length - length / 2L)

    Assert.Equal(serves, RowProducts.pays alike m m' length)
    let found = RowProducts.tryHadamard X X' Y Y'
    Assert.Equal(serves && RowProducts.isAvailable.Value, found.IsSome)

    let factor (A: torch.Tensor) (E: torch.Tensor) =
        LayerFactor.Product(Activations.Rows(A.view (1L, A.size 0, 1L, -1L)), E.view (1L, E.size 0, 1L, -1L))

    let K = torch.zeros (m, m')
    LayerFactor.addGram (factor X Y) (factor X' Y') K
    let expected = written X X' Y Y'
    Oracle.agreesWith Tolerance.sumsSingle (Oracle.matrix expected) K

    found
    |> ValueOption.iter (fun found -> Assert.True(found.eq(K).all().ToBoolean()))

/// Of several positions, and of several columns of a data point, which share its activations.
[<Theory>]
[<InlineData(1, 1)>]
[<InlineData(3, 1)>]
[<InlineData(1, 2)>]
[<InlineData(3, 2)>]
let ``gradients of positions and columns have the inner products of what is written out``
    (R: int64)
    (c: int64)
    =
    use _scope = torch.NewDisposeScope()

    let factor (n: int64) =
        LayerFactor.Product(
            Activations.Rows(torch.randn [| 1L; n; R; 40L |]),
            torch.randn [| 1L; c * n; R; 50L |]
        )

    let gradients factor =
        (LayerFactor.written double factor).flatten 1L

    let x, y = factor 23L, factor 17L

    for x, y in [ x, y; x, x ] do
        let K = torch.zeros (LayerFactor.columns x, LayerFactor.columns y)
        LayerFactor.addGramBy GramRoute.Pairs x y K
        let expected = (gradients x).mm((gradients y).t())
        Oracle.agreesWith Tolerance.sumsSingle (Oracle.matrix expected) K

[<Fact>]
let ``rows of other types or not in one piece are libtorch's`` () =
    use _scope = torch.NewDisposeScope()
    let X, Y = torch.randn [| 20L; 30L |], torch.randn [| 20L; 40L |]
    let turned = (torch.randn [| 30L; 20L |]).t()
    Assert.True((RowProducts.tryHadamard turned turned Y Y).IsNone)
    Assert.True((RowProducts.tryHadamard X X (Y.narrow (1L, 3L, 5L)) Y).IsNone)
    let X, Y = X.``to`` double, Y.``to`` double
    Assert.True((RowProducts.tryHadamard X X Y Y).IsNone)
