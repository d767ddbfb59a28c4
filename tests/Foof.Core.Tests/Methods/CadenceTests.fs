module Foof.Core.Tests.CadenceTests

open System
open Foof
open FsCheck.FSharp
open Xunit

let cadence T S warmUp = {
    InvertEvery = T
    StatisticsSteps = S
    WarmUp = warmUp
}

let cadences =
    gen {
        let! T = Gen.choose (1, 12)
        let! S = Gen.choose (1, T)
        let! warmUp = Gen.choose (0, 20)
        return cadence T S warmUp
    }

/// The plan as a word: o observes, i inverts, b does both, . neither.
let word cadence steps =
    String.init steps (fun position ->
        match Cadence.plan cadence position with
        | { Observe = true; Invert = true } -> "b"
        | { Observe = true; Invert = false } -> "o"
        | { Observe = false; Invert = true } -> "i"
        | _ -> ".")

[<Fact>]
let ``the warm-up observes every batch and inverts after 1, 2, 4, 8, ... and at its end`` () =
    Assert.Equal("bboboob", word (cadence 100 10 7) 7)
    Assert.Equal("bbobooobooooooob", word (cadence 100 10 16) 16)
    Assert.Equal("bbobb", word (cadence 100 10 5) 5)

[<Fact>]
let ``after the warm-up, T = 4 and S = 2 observe two steps and invert in the second of them`` () =
    Assert.Equal("bbb..ob..ob..ob", word (cadence 4 2 3) 15)

[<Fact>]
let ``S = T observes every step and T = 1 inverts in every one`` () =
    Assert.Equal("boobooboob", word (cadence 3 3 1) 10)
    Assert.Equal("bbbbbb", word (cadence 1 1 0) 6)

[<Fact>]
let ``in every period there are S observations and one inversion, the last step's`` () =
    Oracle.forAll cadences (fun cadence ->
        Cadence.check cadence
        let start = Cadence.warmUp cadence

        for period in 0..3 do
            let plans =
                List.init cadence.InvertEvery (fun i ->
                    Cadence.plan cadence (start + period * cadence.InvertEvery + i))

            let observed, rest = plans |> List.rev |> List.splitAt cadence.StatisticsSteps
            Assert.All(observed, fun plan -> Assert.True plan.Observe)
            Assert.All(rest, fun plan -> Assert.False plan.Observe)
            Assert.Equal<bool list>([ true ], plans |> List.filter _.Invert |> List.map _.Observe)
            Assert.True (List.last plans).Invert)

[<Fact>]
let ``the first step has an inverse, whatever the warm-up`` () =
    Oracle.forAll cadences (fun cadence ->
        Assert.Equal({ Observe = true; Invert = true }, Cadence.plan cadence 0))

[<Fact>]
let ``a cadence that makes no sense is refused by name`` () =
    let refused name cadence =
        let error = Oracle.raises<ArgumentException>(fun () -> Cadence.check cadence)
        Assert.Equal(name, error.ParamName)
        error.Message

    Assert.Contains("got 0", refused "InvertEvery" (cadence 0 1 1))
    refused "StatisticsSteps" (cadence 5 0 1) |> ignore
    refused "WarmUp" (cadence 5 1 -1) |> ignore
    Assert.Contains("(T = 5); got 6", refused "StatisticsSteps" (cadence 5 6 1))
