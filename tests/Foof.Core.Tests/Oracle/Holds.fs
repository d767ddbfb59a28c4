/// Sentences that hold for many cases, as reported tests.
module Foof.Core.Tests.Holds

open Expecto
open FsCheck
open FsCheck.FSharp

/// A property of `count` random cases, the same ones in every run.
let forSome (sentence: string) (count: int) (generator: Gen<'T>) (property: 'T -> unit) =
    let config = {
        FsCheckConfig.defaultConfig with
            maxTest = count
            replay = Some(42UL, 11400714819323198485UL, None)
    }

    testPropertyWithConfig config sentence (Prop.forAll (Arb.fromGen generator) property)

/// A property of 50 random cases.
let forAll (sentence: string) (generator: Gen<'T>) (property: 'T -> unit) = forSome sentence 50 generator property

/// A test for each of the cases, by its name.
let forEach (sentence: string) (name: 'T -> string) (cases: 'T list) (check: 'T -> unit) =
    testList sentence [
        for case in cases do
            testCase (name case) (fun () -> check case)
    ]
