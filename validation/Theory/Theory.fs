namespace Foof.Validation

open System
open System.Collections.Generic
open System.Diagnostics
open System.Threading

/// Theorems of the literature, run as programs on the core's own operators.
[<RequireQualifiedAccess>]
module Theory =

    /// The seed that the documentation's numbers are of.
    [<Literal>]
    let DefaultSeed = 1L

    /// All of them, by their numbers.
    let theorems: Theorem array = [|
        Invariance.theorem
        OnlineLearning.theorem
        WeightDecay.theorem
        EmpiricalFisher.theorem
        NoisyQuadratic.theorem
        Whitening.theorem
        Kalman.theorem
        Plateau.theorem
        UnitFisher.theorem
        DeepLinear.theorem
        Convergence.theorem
        WideNetworks.theorem
        Preconditioning.theorem
        GaussNewton.theorem
    |]

    /// The theorems of these names, in the order of `theorems`; all of them without names.
    /// Raises an ArgumentException for a name that no theorem has.
    let select (names: IEnumerable<string>) =
        let names = Seq.toArray names
        let known = theorems |> Array.map _.Name

        match names |> Array.tryFind (fun name -> not (Array.contains name known)) with
        | Some name ->
            let all = String.Join(", ", known)
            invalidArg (nameof names) $"names must be of theorems; got '{name}': choose from {all}."
        | None when names.Length = 0 -> theorems
        | None -> theorems |> Array.filter (fun theorem -> Array.contains theorem.Name names)

    /// Runs the theorems of these names, all of them without names; `progress` gets the number of theorems that are
    /// done, and the name of the next one. Equal seeds give equal numbers.
    /// Raises an ArgumentException for a name that no theorem has, and an OperationCanceledException.
    let run
        (seed: int64)
        (names: IEnumerable<string>)
        (progress: Action<int, string>)
        (cancellation: CancellationToken)
        =
        select names
        |> Array.mapi (fun done' theorem ->
            cancellation.ThrowIfCancellationRequested()
            progress.Invoke(done', theorem.Name)
            let watch = Stopwatch.StartNew()
            let findings = theorem.Run.Invoke(seed, cancellation)
            { Theorem = theorem; Findings = findings; Seconds = watch.Elapsed.TotalSeconds })
