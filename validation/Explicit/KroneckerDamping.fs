namespace Foof.Explicit

open Foof
open MathNet.Numerics.LinearAlgebra

/// A damped matrix's inverse and log det.
[<ReferenceEquality>]
type internal Damped = { Inverse: Matrix<float>; LogDet: float }

/// What a structure stands for: the matrix written out, and its inverses by every damping rule.
[<ReferenceEquality>]
type internal Expected = { Matrix: Matrix<float>; Damped: Damping -> float -> Damped }

/// The formulas of the damping rules.
[<RequireQualifiedAccess>]
module internal KroneckerDamping =

    let private pi E A =
        let size (M: Matrix<float>) = M.Trace() / float M.RowCount
        let e, a = size E, size A
        if e > 0.0 && a > 0.0 then sqrt (a / e) else 1.0

    /// The factors whose Kronecker product is E (x) A, damped by a rule: one factor where the whole product is damped.
    let factors rule (lambda: float) (struct (E, A): KroneckerFactors.Pair) =
        let root = sqrt lambda

        match rule with
        | Damping.Tikhonov -> [ Dense.shifted lambda (E.KroneckerProduct A) ]
        | Damping.Heuristic -> [ Dense.shifted (root / pi E A) E; Dense.shifted (root * pi E A) A ]
        | Damping.HeuristicInputs -> [ Dense.identity E.RowCount; Dense.shifted (root * pi E A) A ]
        | Damping.EachFactor -> [ Dense.shifted lambda E; Dense.shifted lambda A ]

    let private product (factors: Matrix<float> list) = factors |> List.reduce (fun E A -> E.KroneckerProduct A)

    /// The matrix that a rule inverts.
    let matrix rule lambda pair = product (factors rule lambda pair)

    /// (E (x) A)^-1 = E^-1 (x) A^-1 and log det (E (x) A) = sum over factors of p / order log det. Each factor is
    /// inverted alone, since the condition number of the product is the product of theirs.
    let private invert (factors: Matrix<float> list) =
        let order = factors |> List.fold (fun order M -> order * M.RowCount) 1

        {
            Inverse = factors |> List.map (fun M -> M.Cholesky().Solve(Dense.identity M.RowCount)) |> product
            LogDet = factors |> List.sumBy (fun M -> float (order / M.RowCount) * Dense.logDet M)
        }

    /// A matrix that every rule damps by lambda I.
    let ofMatrix (M: Matrix<float>) = { Matrix = M; Damped = fun _ lambda -> invert [ Dense.shifted lambda M ] }

    /// Kronecker products along the diagonal, damped pair by pair.
    let ofPairs (pairs: KroneckerFactors.Pair array) = {
        Matrix = KroneckerFactors.product pairs
        Damped =
            fun rule lambda ->
                let blocks = pairs |> Array.map (factors rule lambda >> invert)

                { Inverse = blocks |> Array.map _.Inverse |> Dense.blocks; LogDet = blocks |> Array.sumBy _.LogDet }
    }
