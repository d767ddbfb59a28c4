module Foof.Core.Tests.ErrorsTests

open System
open Foof
open Xunit

[<Fact>]
let ``a numerical failure says subject, fault and remedy in one sentence`` () =
    let failure =
        NumericalFailure("it is singular", "layer 'fc1' (3 -> 2)", "raise the damping")

    Assert.Equal("layer 'fc1' (3 -> 2): it is singular; raise the damping.", failure.Message)
    Assert.Equal("it is singular", failure.What)
    Assert.Equal("layer 'fc1' (3 -> 2)", failure.Subject)
    Assert.Equal("raise the damping", failure.Remedy)

[<Theory>]
[<InlineData(0.0)>]
[<InlineData(-1.0)>]
[<InlineData(Double.NaN)>]
[<InlineData(Double.PositiveInfinity)>]
let ``positive refuses what is not`` (value: float) =
    let error =
        Oracle.raises<ArgumentException>(fun () -> Require.positive "damping" value)

    Assert.Equal("damping", error.ParamName)
    Assert.Contains($"got {value}", error.Message)

[<Theory>]
[<InlineData(-1e-300)>]
[<InlineData(Double.NaN)>]
[<InlineData(Double.PositiveInfinity)>]
let ``nonNegative refuses what is negative or no number`` (value: float) =
    Oracle.raises<ArgumentException>(fun () -> Require.nonNegative "decay" value)
    |> ignore

[<Theory>]
[<InlineData(-0.1)>]
[<InlineData(1.0)>]
[<InlineData(Double.NaN)>]
let ``fraction refuses what lies outside of [0, 1)`` (value: float) =
    Oracle.raises<ArgumentException>(fun () -> Require.fraction "momentum" value)
    |> ignore

[<Fact>]
let ``atLeast names the least value`` () =
    let error = Oracle.raises<ArgumentException>(fun () -> Require.atLeast "T" 1 0)
    Assert.Contains("T must be at least 1; got 0.", error.Message)

[<Fact>]
let ``what fits passes`` () =
    Require.positive "damping" 1e-300
    Require.nonNegative "decay" 0.0
    Require.fraction "momentum" 0.0
    Require.atLeast "T" 1 1
