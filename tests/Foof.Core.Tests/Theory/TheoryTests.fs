/// Theorems of the literature on the core's own operators.
module Foof.Core.Tests.TheoryTests

open System
open System.Threading
open Expecto
open Foof.Validation

/// The seed of `./foof reproduce theory`.
let private seed = 1L

let private quiet = Action<int, string>(fun _ _ -> ())

let private holds (theorem: Theorem) =
    test theorem.Name {
        let result = (Theory.run seed [ theorem.Name ] quiet CancellationToken.None)[0]
        if not (isNull (Environment.GetEnvironmentVariable "FOOF_THEORY")) then
            for statement in result.Findings.Statements do
                printfn $"{theorem.Name} {statement}"
            printfn $"{theorem.Name} {result.Seconds} s"

        let failures = result.Failures |> Array.map string
        Expect.isTrue result.Holds (String.Join('\n', failures))
    }

[<Tests>]
let tests = testList "Theory" [ for theorem in Theory.theorems -> holds theorem ]
