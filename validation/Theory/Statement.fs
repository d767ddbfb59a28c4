namespace Foof.Validation

open System
open System.Globalization

/// How a statement's value is held against what is expected.
[<RequireQualifiedAccess>]
type StatementKind =
    /// |value - expected| <= tolerance |expected|; an expected zero counts as one.
    | Identity
    /// |value - expected| <= tolerance standard errors.
    | Statistical of standardError: float
    /// value <= expected.
    | AtMost
    /// value >= expected.
    | AtLeast

/// One number that a theorem foretells, beside the number that was found.
[<ReferenceEquality>]
type Statement = {
    /// What the number is.
    Name: string
    /// What was found.
    Value: float
    /// What the theorem foretells.
    Expected: float
    /// How far they may lie apart: a relative error of identities, a number of standard errors, 0 of bounds.
    Tolerance: float
    /// How the two are compared.
    Kind: StatementKind
} with

    /// The relative error that float64 allows between two ways to the same number.
    static member Rounding = 1e-10

    /// How many standard errors a statistic may lie off: a normal number does so once in 16,000 times.
    static member StandardErrors = 4.0

    /// Two numbers that are equal but for rounding.
    static member Equal(name, value, expected) : Statement = {
        Name = name
        Value = value
        Expected = expected
        Tolerance = Statement.Rounding
        Kind = StatementKind.Identity
    }

    /// A relative error that is zero but for rounding.
    static member Zero(name, error) = Statement.Equal(name, error, 0.0)

    /// Two numbers that are equal up to a relative error which the theorem allows, as of an approximation.
    static member Near(name, value, expected, tolerance) = {
        Statement.Equal(name, value, expected) with
            Tolerance = tolerance
    }

    /// A mean of random numbers with its standard error.
    static member Mean(name, value, expected, standardError) = {
        Statement.Equal(name, value, expected) with
            Tolerance = Statement.StandardErrors
            Kind = StatementKind.Statistical standardError
    }

    /// A number that is no larger than a bound.
    static member AtMost(name, value, bound) = {
        Statement.Equal(name, value, bound) with
            Tolerance = 0.0
            Kind = StatementKind.AtMost
    }

    /// A number that is no smaller than a bound.
    static member AtLeast(name, value, bound) = {
        Statement.Equal(name, value, bound) with
            Tolerance = 0.0
            Kind = StatementKind.AtLeast
    }

    /// Whether it is true; never of a number that is not one.
    member statement.Holds =
        let apart = abs (statement.Value - statement.Expected)

        match statement.Kind with
        | StatementKind.Identity ->
            let size = if statement.Expected = 0.0 then 1.0 else abs statement.Expected
            apart <= statement.Tolerance * size
        | StatementKind.Statistical error -> apart <= statement.Tolerance * error
        | StatementKind.AtMost -> statement.Value <= statement.Expected
        | StatementKind.AtLeast -> statement.Value >= statement.Expected

    /// The comparison in words: '8.9999999999999 = 9 up to 1E-10'.
    member statement.Comparison =
        let short (number: float) = number.ToString("G6", CultureInfo.InvariantCulture)
        let full (number: float) = number.ToString("G15", CultureInfo.InvariantCulture)
        let value, expected = short statement.Value, short statement.Expected

        match statement.Kind with
        | StatementKind.Identity when statement.Expected = 0.0 -> $"|{value}| <= {short statement.Tolerance}"
        | StatementKind.Identity ->
            $"{full statement.Value} = {full statement.Expected} up to {short statement.Tolerance}"
        | StatementKind.Statistical error ->
            $"{value} = {expected} within {short statement.Tolerance} standard errors of {short error}"
        | StatementKind.AtMost -> $"{value} <= {expected}"
        | StatementKind.AtLeast -> $"{value} >= {expected}"

    /// Name and comparison on one line.
    override statement.ToString() =
        let verdict = if statement.Holds then "holds" else "does not hold"
        $"{statement.Name}: {statement.Comparison} ({verdict})"
