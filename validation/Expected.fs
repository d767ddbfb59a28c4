namespace Foof.Validation

open Foof
open MathNet.Numerics.LinearAlgebra

/// A damped matrix's inverse and log det.
[<ReferenceEquality>]
type internal Damped = {
    Inverse: Matrix<float>
    LogDet: float
}

/// What a structure stands for: the matrix written out, and its inverses by every damping rule.
[<ReferenceEquality>]
type internal Expected = {
    Matrix: Matrix<float>
    Damped: Damping -> float -> Damped
}

/// Explicit inverses.
[<RequireQualifiedAccess>]
module internal Expected =

    let private invert (M: Matrix<float>) =
        let factors = M.Cholesky()

        {
            Inverse = factors.Solve(Dense.identity M.RowCount)
            LogDet = factors.DeterminantLn
        }

    /// A matrix that every rule damps by lambda I.
    let ofMatrix (M: Matrix<float>) = {
        Matrix = M
        Damped = fun _ lambda -> invert (Dense.shifted lambda M)
    }

    /// (E (x) A)^-1 = E^-1 (x) A^-1, each factor inverted alone.
    let private invertPair (struct (E, A): Factors.Pair) =
        let left, right = invert E, invert A

        {
            Inverse = left.Inverse.KroneckerProduct right.Inverse
            LogDet = float A.RowCount * left.LogDet + float E.RowCount * right.LogDet
        }

    let private pi E A =
        let size (M: Matrix<float>) = M.Trace() / float M.RowCount
        let e, a = size E, size A
        if e > 0.0 && a > 0.0 then sqrt (a / e) else 1.0

    let private dampedPair rule (lambda: float) (struct (E, A): Factors.Pair) =
        let root = sqrt lambda

        let factors left right =
            invertPair (struct (Dense.shifted left E, Dense.shifted right A))

        match rule with
        | Damping.Tikhonov -> invert (Dense.shifted lambda (E.KroneckerProduct A))
        | Damping.Heuristic -> factors (root / pi E A) (root * pi E A)
        | Damping.HeuristicInputs ->
            invertPair (struct (Dense.identity E.RowCount, Dense.shifted (root * pi E A) A))
        | Damping.EachFactor -> factors lambda lambda

    /// Kronecker products along the diagonal, damped pair by pair.
    let ofPairs (pairs: Factors.Pair array) = {
        Matrix = Factors.product pairs
        Damped =
            fun rule lambda ->
                let blocks = pairs |> Array.map (dampedPair rule lambda)

                {
                    Inverse = blocks |> Array.map _.Inverse |> Dense.blocks
                    LogDet = blocks |> Array.sumBy _.LogDet
                }
    }
