namespace Foof.Validation

open System
open System.Threading

/// One line of a plot.
[<ReferenceEquality>]
type PlotSeries = {
    /// Its name in the legend.
    Name: string
    /// The values along the horizontal axis.
    X: float array
    /// The values along the vertical axis, as many.
    Y: float array
}

/// A plot that shows what a theorem foretells.
[<ReferenceEquality>]
type Plot = {
    /// What is shown.
    Title: string
    /// The horizontal axis.
    XAxis: string
    /// The vertical axis.
    YAxis: string
    /// Whether the horizontal axis is logarithmic.
    LogarithmicX: bool
    /// Whether the vertical axis is logarithmic.
    LogarithmicY: bool
    /// The lines.
    Series: PlotSeries array
}

/// What a theorem's program found.
[<ReferenceEquality>]
type Findings = {
    /// The numbers that were foretold.
    Statements: Statement array
    /// Plots of them, where there is something to see.
    Plots: Plot array
}

/// A statement of the literature that is run as a program on the core's own operators.
[<ReferenceEquality>]
type Theorem = {
    /// Its number, by which theorems are ordered.
    Row: int
    /// A short name: 'empirical-fisher'.
    Name: string
    /// A title.
    Title: string
    /// Authors, year and place in the paper.
    Source: string
    /// What the paper says.
    Claim: string
    /// What that means for who uses Foof.
    Meaning: string
    /// Runs the program with a seed; raises an OperationCanceledException.
    Run: Func<int64, CancellationToken, Findings>
}

/// A theorem, what its program found, and how long that took.
[<ReferenceEquality>]
type TheoremResult = {
    /// The theorem.
    Theorem: Theorem
    /// What was found.
    Findings: Findings
    /// How long the program ran, in seconds.
    Seconds: float
} with

    /// Whether every statement holds.
    member result.Holds = result.Findings.Statements |> Array.forall _.Holds

    /// The statements that do not hold.
    member result.Failures = result.Findings.Statements |> Array.filter (fun statement -> not statement.Holds)
