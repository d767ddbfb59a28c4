namespace Foof.Validation

open System
open System.Threading
open Foof
open Foof.Explicit
open TorchSharp

/// Every structured matrix of the core against explicitly formed and inverted ones.
[<RequireQualifiedAccess>]
module Validation =

    let private suite (seed: int64) (kind: Kind) (rule: Rule) =
        let setup = lazy (Setup.make kind rule.Fisher seed)
        let prefix = $"{kind.Name} / {rule.Name}"

        {
            Prepare = Action(fun () -> setup.Force() |> ignore)
            Cases = [|
                yield! Structures.cases prefix setup
                yield! Operators.cases prefix kind rule.Fisher setup

                if rule.Fisher = Fisher.Ggn then yield! Posteriors.cases prefix setup
            |]
        }

    /// All cases, for random networks of this seed; each suite can be run once.
    let suites (seed: int64) : Suite array = [|
        for kind in Networks.all do
            for rule in Setup.rules do
                suite seed kind rule

        for kind in Networks.ofEachLikelihood do
            Sampling.suite seed kind
            Penalties.suite seed kind

        yield! Exactness.suites seed
        yield! Precision.suites seed
    |]

    let private fullName (case: Case) (check: Check) = $"{case.Name} / {check.Name}"

    /// The checks with `filter` in their full name, in upper or lower case, and their suites.
    let select (filter: string) (suites: Suite array) : Suite array =
        let isWanted case check = (fullName case check).Contains(filter, StringComparison.OrdinalIgnoreCase)

        let ofCase (case: Case) =
            match case.Checks |> Array.filter (isWanted case) with
            | [||] -> None
            | checks -> Some { case with Checks = checks }

        suites
        |> Array.map (fun suite -> { suite with Cases = Array.choose ofCase suite.Cases })
        |> Array.filter (fun suite -> suite.Cases.Length > 0)

    /// A check's error, and what is shown beside it: the check's name, and the reason where the numbers failed.
    let private measure (check: Check) =
        try
            let error = check.Error.Invoke()
            struct ((if Double.IsNaN error then infinity else error), check.Name)
        with :? NumericalFailure as failure ->
            struct (infinity, $"{check.Name}: {failure.Message}")

    let private runCase (cancellation: CancellationToken) (case: Case) =
        use _scope = torch.NewDisposeScope()

        let errors =
            case.Checks
            |> Array.map (fun check ->
                cancellation.ThrowIfCancellationRequested()
                measure check)

        let struct (error, worst) = errors |> Array.maxBy (fun struct (error, _) -> error)

        {
            Name = case.Name
            Worst = worst
            Error = error
            Tolerance = case.Tolerance.Invoke()
            Checks = errors.Length
        }

    /// Runs all checks; `report` gets the number of cases that are done, and the last one's name. Raises an
    /// OperationCanceledException.
    let run (suites: Suite array) (report: Action<int, string>) (cancellation: CancellationToken) =
        let outcomes = ResizeArray<Outcome>()

        for suite in suites do
            use _scope = torch.NewDisposeScope()
            cancellation.ThrowIfCancellationRequested()
            suite.Prepare.Invoke()

            for case in suite.Cases do
                outcomes.Add(runCase cancellation case)
                report.Invoke(outcomes.Count, case.Name)

        outcomes.ToArray()
