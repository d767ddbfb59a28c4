/// Inverses and roots of ill-conditioned and singular float32 matrices of order 280, whose dead units are zero rows.
module Foof.Core.Tests.FactorizationFloat32Tests

open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

let private invert attempts (M: torch.Tensor) (damping: float) = (Factorization.inverse attempts M damping).Value

/// (M + damping I)^-1 by LU in float64.
let private exact (M: torch.Tensor) (damping: float) =
    torch.linalg.inv (wide M + torch.eye (M.size 0, dtype = torch.float64) * damping)

let private matrix condition = (moments condition 1L inputs).squeeze 0L

[<Tests>]
let tests =
    testList "Curvature.FactorizationFloat32" [
        for condition in conditions do
            test $"every attempt alone inverts a matrix of condition {condition}" {
                use _scope = torch.NewDisposeScope()
                let M = matrix condition

                for how in Factorization.attempts do
                    let found = invert [ how ] M (1.0 / condition)
                    agree (Tolerance.ofCondition condition) [ exact M found.Damping ] [ found.Inverse ]
            }

        test "with damping below rounding no direction counts for more than the damping allows" {
            use _scope = torch.NewDisposeScope()
            let M, damping = matrix 1e6, 1e-10
            let found = invert Factorization.attempts M damping
            Expect.isNonEmpty found.Failed "the failed attempts"
            let values = torch.linalg.eigvalsh (wide found.Inverse)
            let rounding = Tolerance.roundingSingle / found.Damping
            Expect.isLessThanOrEqual (values.max().ToDouble()) (1.0 / found.Damping + rounding) "the largest eigenvalue"
            Expect.isGreaterThanOrEqual (values.min().ToDouble()) -rounding "the least eigenvalue"
            // A dead unit has the damping and nothing else.
            let dead = found.Inverse[3L, 3L].ToDouble() * found.Damping
            Expect.isTrue (abs (dead - 1.0) <= Tolerance.roundingSingle) $"a dead unit has {dead}"
        }

        test "without damping a matrix of fewer data points than inputs has float64's pseudo-inverse" {
            use _scope = torch.NewDisposeScope()
            let condition = 1e2
            let X = rows condition points inputs
            let expected = invert Factorization.attempts ((wide X).t().mm(wide X)) 0.0
            let found = invert Factorization.attempts (X.t().mm X) 0.0
            // The rounding of X^T X over the smallest eigenvalue that counts.
            agree (Tolerance.ofCondition (10.0 * condition)) [ expected.Inverse ] [ found.Inverse ]
            let logDets = expected.LogDet.ToDouble(), found.LogDet.ToDouble()
            Expect.isTrue (abs (fst logDets - snd logDets) <= 1e-3 * float points) $"log det {logDets}"
        }

        test "a root of a singular matrix times its transpose is the matrix" {
            use _scope = torch.NewDisposeScope()
            let M = matrix 1e6
            let R = Factorization.root M
            agree Tolerance.roundingSingle [ wide M ] [ R.mm (R.t ()) ]
        }
    ]
