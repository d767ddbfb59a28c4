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

    let private size norm (M: Matrix<float>) =
        let d = float M.RowCount

        match norm with
        | FactorNorm.Trace -> M.Trace() / d
        | FactorNorm.Frobenius -> M.FrobeniusNorm() / sqrt d
        | FactorNorm.LargestEigenvalue -> M.Evd(Symmetricity.Symmetric).EigenValues.Real().Maximum()

    let private pi norm E A =
        let e, a = size norm E, size norm A
        if e > 0.0 && a > 0.0 then sqrt (a / e) else 1.0

    /// (1 - share) M + share tr M / d I.
    let private blend share (M: Matrix<float>) =
        Dense.shifted (share * M.Trace() / float M.RowCount) (M * (1.0 - share))

    let private dampedPair rule (lambda: float) (struct (E, A): Factors.Pair) =
        let root = sqrt lambda

        let factors left right =
            invertPair (struct (Dense.shifted left E, Dense.shifted right A))

        match rule with
        | Damping.Tikhonov -> invert (Dense.shifted lambda (E.KroneckerProduct A))
        | Damping.Heuristic norm -> factors (root / pi norm E A) (root * pi norm E A)
        | Damping.HeuristicInputs norm ->
            invertPair (struct (Dense.identity E.RowCount, Dense.shifted (root * pi norm E A) A))
        | Damping.SquareRoot -> factors root root
        | Damping.EachFactor -> factors lambda lambda
        | Damping.Blend share ->
            invert (Dense.shifted lambda ((blend share E).KroneckerProduct(blend share A)))

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
