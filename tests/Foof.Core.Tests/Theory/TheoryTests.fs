/// Theorems of the literature on the core's own operators.
module Foof.Core.Tests.TheoryTests

open System
open System.Threading
open Expecto
open Foof.Validation
open TorchSharp

let private quiet = Action<int, string>(fun _ _ -> ())

let private run (names: string list) = Theory.run Theory.DefaultSeed names quiet CancellationToken.None

let private holds (theorem: Theorem) =
    test theorem.Name {
        let threads = torch.get_num_threads ()
        let result = (run [ theorem.Name ])[0]
        let failures = result.Failures |> Array.map string
        Expect.isTrue result.Holds ("\n" + String.Join('\n', failures))
        Expect.isGreaterThan result.Findings.Statements.Length 1 "the number of statements"
        Expect.equal (torch.get_num_threads ()) threads "the number of threads"

        for plot in result.Findings.Plots do
            for series in plot.Series do
                Expect.equal series.X.Length series.Y.Length $"the points of {series.Name}"
                Expect.all (Array.append series.X series.Y) Double.IsFinite $"the points of {series.Name} are finite"
    }

[<Tests>]
let tests =
    testList "Theory" [
        for theorem in Theory.theorems do
            holds theorem

        testList "statements" [
            test "of each kind hold on one side of their bound" {
                let all = [
                    Statement.Equal("equal", 2.0 + 1e-10, 2.0), Statement.Equal("unequal", 2.0 + 3e-10, 2.0)
                    Statement.Zero("zero", -1e-11), Statement.Zero("not zero", -1e-9)
                    Statement.Near("near", 10.4, 10.0, 0.05), Statement.Near("not near", 10.6, 10.0, 0.05)
                    Statement.Mean("within", 1.39, 1.0, 0.1), Statement.Mean("outside", 0.59, 1.0, 0.1)
                    Statement.AtMost("below", 1.0, 1.0), Statement.AtMost("above", 1.01, 1.0)
                    Statement.AtLeast("above", 1.0, 1.0), Statement.AtLeast("below", 0.99, 1.0)
                ]

                for yes, no in all do
                    Expect.isTrue yes.Holds (string yes)
                    Expect.isFalse no.Holds (string no)
            }

            test "about what is no number never hold" {
                for statement in
                    [
                        Statement.Equal("", nan, 1.0)
                        Statement.Zero("", nan)
                        Statement.Mean("", nan, 1.0, 1.0)
                        Statement.AtMost("", nan, 1.0)
                        Statement.AtLeast("", nan, 1.0)
                    ] do
                    Expect.isFalse statement.Holds (string statement)
            }

            test "say what was found, what was foretold and how far they may be apart" {
                Expect.equal
                    (string (Statement.Mean("a mean", 1.25, 1.0, 0.1)))
                    "a mean: 1.25 = 1 within 4 standard errors of 0.1 (holds)"
                    "a mean"

                Expect.equal
                    (string (Statement.AtMost("a bound", 2.0, 1.0)))
                    "a bound: 2 <= 1 (does not hold)"
                    "a bound"
            }
        ]

        test "names are short and different, and texts are sentences" {
            let names = Theory.theorems |> Array.map _.Name
            Expect.equal (Array.distinct names) names "names"
            Expect.all names (Seq.forall (fun c -> Char.IsAsciiLetterLower c || c = '-')) "letters"

            for theorem in Theory.theorems do
                for text in [ theorem.Claim; theorem.Meaning ] do
                    Expect.isTrue (text.EndsWith '.' && Char.IsUpper text[0]) text
        }

        test "an unknown name is refused with those that there are" {
            Oracle.refused [ "names must be of theorems; got 'newton': choose from invariance, " ] (fun () ->
                run [ "kalman"; "newton" ])
        }

        test "names are run in the order of the theorems, with their progress, and repeat to the bit" {
            let reports = ResizeArray<string>()
            let report = Action<int, string>(fun finished name -> reports.Add $"{finished} {name}")

            let values () =
                Theory.run 3L [ "gauss-newton"; "kalman" ] report CancellationToken.None
                |> Array.collect (fun result -> result.Findings.Statements |> Array.map _.Value)

            let first = values ()
            Expect.sequenceEqual reports [ "0 kalman"; "1 gauss-newton" ] "reports"
            Expect.sequenceEqual (values ()) first "values"
        }

        test "a cancelled run stops before its first theorem" {
            use source = new CancellationTokenSource()
            source.Cancel()
            let started = ref 0
            let report = Action<int, string>(fun _ _ -> started.Value <- started.Value + 1)
            let cancelled () = Theory.run Theory.DefaultSeed [] report source.Token |> ignore
            Expect.throwsT<OperationCanceledException> cancelled "cancelled"
            Expect.equal started.Value 0 "the number of theorems that were begun"
        }
    ]
