/// The tests as a program: `Foof.Core.Tests [NAME ...] [OPTION ...]` runs those with one of the names in their full
/// name, or all; the options are Expecto's.
module Foof.Core.Tests.Main

open System
open Expecto
open TorchSharp

/// Each test draws the same numbers in every run, whatever ran before it.
let private seeded (test: Test) =
    let seed () = torch.random.manual_seed 42L |> ignore

    let before code =
        match code with
        | Sync run ->
            Sync(fun () ->
                seed ()
                run ())
        | SyncWithCancel run ->
            SyncWithCancel(fun token ->
                seed ()
                run token)
        | Async run ->
            Async(
                async {
                    seed ()
                    return! run
                }
            )
        | AsyncFsCheck(config, stress, run) ->
            AsyncFsCheck(
                config,
                stress,
                fun config ->
                    async {
                        seed ()
                        return! run config
                    }
            )

    test |> Test.replaceTestCode (fun name code -> TestLabel(name, TestCase(before code, Normal), Normal))

/// The tests with one of the names in their full name; all of them without names.
let private named (names: string list) (test: Test) =
    let contains (whole: string) (name: string) = whole.Contains(name, StringComparison.OrdinalIgnoreCase)

    if names.IsEmpty then
        test
    else
        test |> Test.filter "." (fun parts -> names |> List.exists (contains (String.concat "." parts)))

[<EntryPoint>]
let main arguments =
    let isName (argument: string) = not (argument.StartsWith '-')
    let names = arguments |> Array.takeWhile isName |> List.ofArray
    let options = arguments |> Array.skipWhile isName

    let tests = Impl.testFromThisAssembly () |> Option.defaultValue (TestList([], Normal))

    testList "Foof.Core.Tests" [ tests ]
    |> named names
    |> seeded
    // Live tensors are counted per process, and random numbers come from one generator: one test at a time.
    |> testSequenced
    |> runTestsWithCLIArgs [ Fail_On_Focused_Tests ] options
