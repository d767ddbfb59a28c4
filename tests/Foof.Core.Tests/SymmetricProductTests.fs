/// Products of a matrix with itself at half the arithmetic: equal to the whole product, by either way.
[<Seeded>]
module Foof.Core.Tests.SymmetricProductTests

open System
open Foof
open TorchSharp
open Xunit

let matrix (kind: torch.ScalarType) k d =
    torch.randn (int64 k, int64 d, dtype = kind)

/// keep C + weight X^T X in float64, C symmetric.
let expected (C: torch.Tensor) (keep: float) (X: torch.Tensor) (weight: float) =
    let X, C = X.``to`` torch.ScalarType.Float64, C.``to`` torch.ScalarType.Float64
    keep * C + weight * X.t().mm X

let symmetric kind d =
    let X = matrix kind d d
    X + X.t ()

type Way = torch.Tensor -> float -> torch.Tensor -> float -> unit

let byLibrary: Way =
    fun target keep X weight -> Assert.True(SymmetricProduct.tryAccumulate target keep X weight)

let ways: (string * Way) list = [
    "library", byLibrary
    "bands", Statistic.accumulateBands
    "the better", Statistic.accumulateSquare
]

[<Fact>]
let ``the binding's library has them`` () =
    Assert.True(SymmetricProduct.isAvailable ())

[<Theory>]
[<InlineData(1, 1)>]
[<InlineData(3, 7)>]
[<InlineData(300, 5)>]
[<InlineData(40, 499)>]
[<InlineData(40, 500)>]
[<InlineData(130, 777)>]
let ``every way, mirrored, is the whole product`` (k: int) (d: int) =
    for kind in [ torch.ScalarType.Float32; torch.ScalarType.Float64 ] do
        for keep, weight in [ 0.9, 0.1; 1.0, 2.0; 0.0, 1.0 ] do
            for name, way in ways do
                use _scope = torch.NewDisposeScope()
                let X, C = matrix kind k d, symmetric kind d
                let target = C.clone ()
                way target keep X weight
                Statistic.mirror target

                let expected = expected C keep X weight
                Oracle.agrees (Tolerance.ofType kind) (Oracle.values expected) (Oracle.values target)

                if (target - target.t ()).abs().max().ToDouble() <> 0.0 then
                    failwith $"{name}: not symmetric to the bit."

[<Fact>]
let ``what is left of the diagonal does not count`` () =
    for name, way in ways do
        use _scope = torch.NewDisposeScope()
        let kind = torch.ScalarType.Float64
        let X, C = matrix kind 20 600, symmetric kind 600
        let target = C.triu ()
        way target 0.5 X 1.0
        Statistic.mirror target
        // Bands write in the squares on the diagonal, and mirroring does not read them there.
        Oracle.agrees Tolerance.rounding (Oracle.values (expected C 0.5 X 1.0)) (Oracle.values target)
        Assert.True(target.isfinite().all().item<bool>(), name)

[<Fact>]
let ``keeping nothing forgets even what is no number`` () =
    use _scope = torch.NewDisposeScope()
    let X = matrix torch.ScalarType.Float32 9 30
    let target = torch.full (30L, 30L, nan)
    byLibrary target 0.0 X 1.0
    Statistic.mirror target
    Oracle.agrees Tolerance.roundingSingle (Oracle.values (X.t().mm X)) (Oracle.values target)

[<Fact>]
let ``matrices that the library cannot take are left as they were`` () =
    use _scope = torch.NewDisposeScope()
    let single = torch.ScalarType.Float32
    let inPieces = (matrix single 8 6).t()
    let double = matrix torch.ScalarType.Float64 6 8
    let half = (matrix single 6 8).``to`` torch.ScalarType.BFloat16

    for X in [ inPieces; double; half; matrix single 0 8 ] do
        let target = symmetric single 8
        let before = target.clone ()
        Assert.False(SymmetricProduct.tryAccumulate target 0.5 X 1.0)
        Assert.Equal(0.0, (target - before).abs().max().ToDouble())

    // The bands take them in any layout.
    let C = symmetric single 8
    let target = C.clone ()
    Statistic.accumulateSquare target 0.5 inPieces 1.0
    Statistic.mirror target

    Oracle.agrees
        Tolerance.roundingSingle
        (Oracle.values (expected C 0.5 inPieces 1.0))
        (Oracle.values target)

[<Fact>]
let ``a part of a matrix is taken where it lies, and nothing beside it is written`` () =
    use _scope = torch.NewDisposeScope()
    let rows = matrix torch.ScalarType.Float32 50 12
    let targets = torch.zeros (3L, 12L, 12L)
    byLibrary (targets.select (0L, 1L)) 0.0 (rows.narrow (0L, 10L, 20L)) 1.0
    Statistic.mirror (targets.select (0L, 1L))
    let part = rows.narrow (0L, 10L, 20L)

    Oracle.agrees
        Tolerance.roundingSingle
        (Oracle.values (part.t().mm part))
        (Oracle.values (targets.select (0L, 1L)))

    Assert.Equal(0.0, targets.select(0L, 0L).abs().sum().ToDouble())
    Assert.Equal(0.0, targets.select(0L, 2L).abs().sum().ToDouble())
