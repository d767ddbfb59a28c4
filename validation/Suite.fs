namespace Foof.Validation

open System

/// One number of the core that is held against the same number from explicit matrices.
[<ReferenceEquality>]
type Check = {
    /// What follows the case's name: 'heuristic trace / lambda=1e-4 / solve'.
    Name: string
    /// The relative error.
    Error: Func<float>
}

/// Checks of one matrix; they share what they compute, and are run one after another.
[<ReferenceEquality>]
type Case = {
    /// 'conv groups=2 / full / kronecker expand'.
    Name: string
    /// Its checks.
    Checks: Check array
    /// The largest error that is allowed, asked for after the checks.
    Tolerance: Func<float>
} with

    /// The relative error that float64 allows between two ways to the same number: rounding of 1e-16, times
    /// condition numbers of up to 1e5, times the length of sums.
    static member Rounding = 1e-10

    /// A case that may be wrong by rounding only.
    static member Exact(name: string, checks: Check array) = {
        Name = name
        Checks = checks
        Tolerance = Func<float>(fun () -> Case.Rounding)
    }

/// Cases of one network, which is made when the first of them is run.
[<ReferenceEquality>]
type Suite = {
    /// Makes what the cases share.
    Prepare: Action
    /// The cases.
    Cases: Case array
}

/// The outcome of a case.
[<ReferenceEquality>]
type Outcome = {
    /// The case's name.
    Name: string
    /// The check with the largest error, and why it has none where it failed.
    Worst: string
    /// The largest relative error of the case's checks; infinite where one failed.
    Error: float
    /// The largest error that is allowed.
    Tolerance: float
    /// How many checks were made.
    Checks: int
} with

    /// Whether the error may be no more than rounding.
    member outcome.IsExact = outcome.Tolerance = Case.Rounding

    /// Whether the error is within the tolerance.
    member outcome.Passes = outcome.Error <= outcome.Tolerance
