/// Products in whole numbers: off by no more than half a unit of each factor, with units of each row and of each column's chunks.
[<Seeded>]
module Foof.Core.Tests.FixedPointTests

open System
open System.Runtime.Intrinsics.X86
open Foof
open TorchSharp
open Xunit

let private single, double = torch.ScalarType.Float32, torch.ScalarType.Float64
let private matrix rows columns = torch.randn (int64 rows, int64 columns)

/// How many terms of a sum share a scale.
let private chunkOf terms =
    let chunks = (terms + 127L) / 128L
    let least = (terms + chunks - 1L) / chunks
    least + least % 2L

let private units (dimension: int64) (values: torch.Tensor) =
    values.abs().amax([| dimension |], keepdim = true) / 4095.0

/// The largest error that rounding both to whole numbers can have, element by element.
let bound (left: torch.Tensor) (right: torch.Tensor) =
    let left, right = left.``to`` (double), right.``to`` (double)
    let leftUnits = units 1L left
    let chunk = chunkOf (left.size 1)

    let ofChunk first =
        let count = min chunk (left.size 1 - first)
        let part, rows = left.narrow (1L, first, count), right.narrow (0L, first, count)

        (rows.abs().sum(0L, keepdim = true)) * leftUnits / 2.0
        + ((part.abs().sum(1L, keepdim = true)) + leftUnits * (float count / 2.0))
          * units 0L rows
          / 2.0

    // And of sums in float32.
    Seq.init (int ((left.size 1 + chunk - 1L) / chunk)) (fun i -> ofChunk (int64 i * chunk))
    |> Seq.reduce (+)
    |> fun whole -> whole * 1.001 + left.abs().mm(right.abs ()) * 1e-6

let private agreesWithin (bound: torch.Tensor) (expected: torch.Tensor) (found: torch.Tensor) =
    let over = (found.``to`` double - expected).abs() - bound
    Assert.InRange(over.max().ToDouble(), Double.NegativeInfinity, 0.0)

/// Whether a product is left right, as close as rounding allows, and so much more.
let agreesWith (more: torch.Tensor) (left: torch.Tensor) (right: torch.Tensor) (found: torch.Tensor) =
    agreesWithin (bound left right + more) ((left.``to`` double).mm(right.``to`` double)) found

/// Whether a product is left right, as close as rounding allows.
let agrees left right found =
    agreesWith (torch.zeros (1L, dtype = double)) left right found

let private product (left: torch.Tensor) (right: torch.Tensor) =
    let found =
        torch.full ([| left.size 0; right.size 1 |], nan.ToScalar(), dtype = single)

    FixedPoint.multiply left (FixedPoint.pack right) 1.0 found 0.0
    found

[<Fact>]
let ``the binding's library has them where the processor does`` () =
    // .NET does not tell of AVX512-VNNI.
    let processor =
        if IO.File.Exists "/proc/cpuinfo" then
            IO.File.ReadAllText "/proc/cpuinfo"
        else
            ""

    Assert.Equal(Avx512BW.IsSupported && processor.Contains "avx512_vnni", FixedPoint.isAvailable.Value)

[<Theory>]
[<InlineData(1, 1, 1)>]
[<InlineData(2, 3, 31)>]
[<InlineData(13, 127, 32)>]
[<InlineData(14, 128, 33)>]
[<InlineData(15, 129, 17)>]
[<InlineData(29, 257, 65)>]
[<InlineData(100, 785, 785)>]
[<InlineData(200, 1001, 96)>]
let ``products are as close as rounding both allows`` (rows: int) (terms: int) (columns: int) =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()

        for left in
            [
                matrix rows terms
                (matrix terms rows).t()
                (matrix (rows + 2) (terms + 3)).narrow(0L, 1L, int64 rows).narrow(1L, 2L, int64 terms)
                (matrix (terms + 2) (rows + 3)).narrow(0L, 1L, int64 terms).narrow(1L, 2L, int64 rows).t()
                torch.stack([| matrix rows terms; matrix rows terms |], -1L).select(2L, 1L)
            ] do
            for right in
                [
                    matrix terms columns
                    (matrix columns terms).t()
                    (matrix (terms + 1) (columns + 2))
                        .narrow(0L, 1L, int64 terms)
                        .narrow(1L, 1L, int64 columns)
                ] do
                agrees left right (product left right)

[<Fact>]
let ``rows and chunks of columns have scales of their own`` () =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let left, right = matrix 20 300, matrix 300 40
        // Of three chunks, 100 terms each.
        left[1].mul_(1e6.ToScalar()) |> ignore
        right.narrow(0L, 100L, 100L).mul_(1e-6.ToScalar()) |> ignore
        right.narrow(1L, 3L, 1L).mul_(1e9.ToScalar()) |> ignore
        left.narrow(1L, 200L, 100L).zero_() |> ignore
        agrees left right (product left right)

[<Theory>]
[<InlineData(1.0, 1.0)>]
[<InlineData(0.9, -0.3)>]
[<InlineData(0.0, 2.0)>]
let ``the result is kept in part`` (keep: float) (weight: float) =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let left, right, before = matrix 45 150, matrix 150 70, matrix 45 70
        let result = before.clone ()
        FixedPoint.multiply left (FixedPoint.pack right) weight result keep

        let expected =
            before.``to`` double * keep
            + (left.``to`` double).mm(right.``to`` double) * weight

        agreesWithin (bound left right * abs weight + before.abs().``to`` double * 1e-6) expected result

[<Fact>]
let ``the largest numbers do not overflow, and zeros stay`` () =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let left, right = torch.full (3L, 256L, -7.0), torch.full (256L, 5L, 7.0)

        Oracle.agrees
            Tolerance.roundingSingle
            (Array.create 15 (-49.0 * 256.0))
            (Oracle.values (product left right))

        let none = product (torch.zeros (3L, 256L)) right
        Assert.Equal(0.0, none.abs().max().ToDouble())

[<Theory>]
[<InlineData(Double.NaN)>]
[<InlineData(Double.PositiveInfinity)>]
let ``what is not finite shows in its row, and in its column`` (bad: float) =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let left, right = matrix 20 130, matrix 130 40

        let spoilt (X: torch.Tensor) (i: int64) (j: int64) =
            let X = X.clone ()
            X.narrow(0L, i, 1L).narrow(1L, j, 1L).fill_(bad.ToScalar()) |> ignore
            X

        let isFinite (X: torch.Tensor) = X.isfinite().all().ToBoolean()

        for byColumns in [ false; true ] do
            let spoiltLeft = spoilt left 5L 129L

            let spoiltLeft =
                if byColumns then
                    spoiltLeft.t().contiguous().t()
                else
                    spoiltLeft

            let found = product spoiltLeft right
            Assert.False(found[5].isfinite().any().ToBoolean())
            Assert.True(isFinite (found.narrow (0L, 0L, 5L)) && isFinite (found.narrow (0L, 6L, 14L)))

        let found = product left (spoilt right 3L 39L)
        Assert.False(found.select(1L, 39L).isfinite().any().ToBoolean())
        Assert.True(isFinite (found.narrow (1L, 0L, 39L)))

[<Fact>]
let ``the number of threads does not show`` () =
    if FixedPoint.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let left, right = matrix 61 300, matrix 300 200
        let threads = torch.get_num_threads ()

        let byThreads count =
            torch.set_num_threads count

            try
                product left right
            finally
                torch.set_num_threads threads

        Assert.Equal(0.0, (byThreads 1 - byThreads 2).abs().max().ToDouble())
        Assert.Equal(0.0, (byThreads 1 - byThreads 3).abs().max().ToDouble())
