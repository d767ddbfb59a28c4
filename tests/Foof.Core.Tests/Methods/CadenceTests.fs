module Foof.Core.Tests.CadenceTests

open System
open Expecto
open Foof
open FsCheck.FSharp

let cadence T S warmUp = { InvertEvery = T; StatisticsSteps = S; WarmUp = warmUp }

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

[<Tests>]
let tests =
    testList "Methods.Cadence" [
        test "the warm-up observes every batch and inverts after 1, 2, 4, 8, ... and at its end" {
            Expect.equal (word (cadence 100 10 7) 7) "bboboob" "the plan of a warm-up of 7"
            Expect.equal (word (cadence 100 10 16) 16) "bbobooobooooooob" "the plan of a warm-up of 16"
            Expect.equal (word (cadence 100 10 5) 5) "bbobb" "the plan of a warm-up of 5"
        }

        test "after the warm-up, T = 4 and S = 2 observe two steps and invert in the second of them" {
            Expect.equal (word (cadence 4 2 3) 15) "bbb..ob..ob..ob" "the plan of T = 4, S = 2"
        }

        test "S = T observes every step and T = 1 inverts in every one" {
            Expect.equal (word (cadence 3 3 1) 10) "boobooboob" "the plan of T = S = 3"
            Expect.equal (word (cadence 1 1 0) 6) "bbbbbb" "the plan of T = S = 1"
        }

        Holds.forAll
            "in every period there are S observations and one inversion, the last step's"
            cadences
            (fun cadence ->
                Cadence.check cadence
                let start = Cadence.warmUp cadence

                for period in 0..3 do
                    let plans =
                        List.init cadence.InvertEvery (fun i ->
                            Cadence.plan cadence (start + period * cadence.InvertEvery + i))

                    let observed, rest = plans |> List.rev |> List.splitAt cadence.StatisticsSteps

                    for plan in observed do
                        Expect.isTrue plan.Observe "plan observe"

                    for plan in rest do
                        Expect.isFalse plan.Observe "plan observe"

                    Expect.equal
                        (plans |> List.filter _.Invert |> List.map _.Observe)
                        [ true ]
                        "whether an inverting step observes"

                    Expect.isTrue ((List.last plans).Invert) "the last plan inverts")

        Holds.forAll "the first step has an inverse, whatever the warm-up" cadences (fun cadence ->
            Expect.equal (Cadence.plan cadence 0) { Observe = true; Invert = true } "the plan of step 0")

        test "a cadence that makes no sense is refused by name" {
            let refused name cadence =
                let error = Oracle.raises<ArgumentException>(fun () -> Cadence.check cadence)
                Expect.equal error.ParamName name "the parameter's name"
                error.Message

            Expect.stringContains (refused "InvertEvery" (cadence 0 1 1)) "got 0" "the message"
            refused "StatisticsSteps" (cadence 5 0 1) |> ignore
            refused "WarmUp" (cadence 5 1 -1) |> ignore
            Expect.stringContains (refused "StatisticsSteps" (cadence 5 6 1)) "(T = 5); got 6" "the message"
        }
    ]
