module Foof.Core.Tests.ErrorsTests

open System
open Expecto
open Foof
open TorchSharp

[<Tests>]
let tests =
    testList "Tensors.Errors" [
        test "a numerical failure says subject, fault and remedy in one sentence" {
            let failure = NumericalFailure("it is singular", "layer 'fc1' (3 -> 2)", "raise the damping")

            Expect.equal failure.Message "layer 'fc1' (3 -> 2): it is singular; raise the damping." "the message"

            Expect.equal failure.What "it is singular" "what failed"
            Expect.equal failure.Subject "layer 'fc1' (3 -> 2)" "the subject of failure"
            Expect.equal failure.Remedy "raise the damping" "the remedy of failure"
        }

        testList "positive refuses what is not positive" [
            for value in [ 0.0; -1.0; Double.NaN; Double.PositiveInfinity ] do
                test $"{value}" {
                    let error = Oracle.raises<ArgumentException>(fun () -> Require.positive "damping" value)

                    Expect.equal error.ParamName "damping" "the parameter's name"
                    Expect.stringContains error.Message $"got {value}" "the message"
                }
        ]

        testList "nonNegative refuses what is negative or not a number" [
            for value in [ -1e-300; Double.NaN; Double.PositiveInfinity ] do
                test $"{value}" {
                    Oracle.raises<ArgumentException>(fun () -> Require.nonNegative "decay" value) |> ignore
                }
        ]

        testList "fraction refuses what lies outside of [0, 1)" [
            for value in [ -0.1; 1.0; Double.NaN ] do
                test $"{value}" {
                    Oracle.raises<ArgumentException>(fun () -> Require.fraction "momentum" value) |> ignore
                }
        ]

        test "atLeast names the least value" {
            let error = Oracle.raises<ArgumentException>(fun () -> Require.atLeast "T" 1 0)
            Expect.stringContains error.Message "T must be at least 1; got 0." "the message"
        }

        test "what fits passes" {
            Require.positive "damping" 1e-300
            Require.nonNegative "decay" 0.0
            Require.fraction "momentum" 0.0
            Require.atLeast "T" 1 1
        }

        testList "devices are the same where everything that both specify agrees" [
            for x, y, expected in
                [
                    "cpu", "cpu", true
                    "meta", "meta:0", true
                    "meta:1", "meta:1", true
                    "meta:0", "meta:1", false
                    "meta", "cpu", false
                ] do
                test $"{x}, {y}, {expected}" {
                    Expect.equal
                        (Require.isSameDevice (torch.device x) (torch.device y))
                        expected
                        "whether the devices are the same"

                    Expect.equal
                        (Require.isSameDevice (torch.device y) (torch.device x))
                        expected
                        "whether the devices are the same, the other way round"
                }
        ]

        test "a generator of another device is refused with a remedy" {
            use generator = new torch.Generator 1UL
            Require.generator null (torch.device "meta:0")
            Require.generator generator torch.CPU

            let message =
                Oracle.raises<ArgumentException>(fun () -> Require.generator generator (torch.device "meta:1")).Message

            Expect.stringContains message "generator must draw on meta:1" "the message"
            Expect.stringContains message "new Generator(seed, device)" "the message"
        }
    ]
