/// Damped inverses and powers where rounding matters: real orders, small dampings and both types, against float64
/// eigenvalues of the very matrix that was given.
module Foof.Core.Tests.FactorizationPrecisionTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private single, double = torch.ScalarType.Float32, torch.ScalarType.Float64

/// Directions may be off by this many roundings of the matrix, times its condition number.
let private mostRoundings = 50.0

let private epsilon kind = if kind = single then 1.2e-7 else 2.3e-16

/// Q diag(s) Q^T of order d, s falling from 1 to 1/condition in equal ratios.
let private withSpectrum (d: int) (condition: float) (kind: torch.ScalarType) =
    let struct (Q, _) = torch.linalg.qr (Networks.normal [ d; d ])
    let s = torch.logspace (0.0, -(log10 condition), int64 d, dtype = double)
    let M = (Q * s).mm(Q.t ())
    ((M + M.t ()) / 2.0).``to`` kind

/// (M + lambda I)^-1 b by Gauss elimination in float64, which is faster than eigenvalues.
let private solved (M: torch.Tensor) (lambda: float) (b: torch.Tensor) =
    torch.linalg.solve (Factorization.damped (M.``to`` double) lambda, b.``to`` double)

/// (M + lambda I)^power b by float64 eigenvalues, cut off at zero.
let private expected (M: torch.Tensor) lambda (power: float) (b: torch.Tensor) =
    let struct (s, Q) = torch.linalg.eigh (M.``to`` double)
    let damped: torch.Tensor = s.clamp_min (0.0.ToScalar()) + (lambda: float)
    Q.mm (Q.t().mm(b.``to`` double) * damped.pow(power.ToScalar()).unsqueeze 1L)

let private distance (expected: torch.Tensor) (found: torch.Tensor) =
    ((found.``to`` double - expected).norm() / expected.norm ()).ToDouble()

[<Tests>]
let tests =
    testList "Curvature.FactorizationPrecision" [
        testList "a direction is exact to the condition number, at every order" [
            for kind in [ single; double ] do
                for d in [ 16; 255; 256; 257; 785; 1001 ] do
                    test $"{kind}, {d}" {
                        use _scope = torch.NewDisposeScope()
                        Networks.seeded 1

                        for condition in [ 1e2; 1e4; 1e6; 1e8; 1e10 ] do
                            use _each = torch.NewDisposeScope()
                            let lambda = 1.0 / condition
                            let M = withSpectrum d condition kind
                            let b = (Networks.normal [ d; 1 ]).``to`` kind
                            let found = (Factorization.inverse Factorization.attempts M lambda).Value

                            // Eigenvalues come last, for matrices that are not positive definite.
                            let expected =
                                if found.Failed.Length = 3 then expected M lambda -1.0 b else solved M found.Damping b

                            Expect.isLessThan
                                (distance expected (found.Inverse.mm b))
                                (mostRoundings * epsilon kind * condition)
                                $"condition {condition}, after {found.Failed.Length} failed attempts"

                            // Rounding makes some of these matrices indefinite: float32 can then not pass unnoticed.
                            if kind = single && condition = 1e10 && d > 16 then
                                Expect.isNonEmpty found.Failed "the failed attempts"
                    }
        ]

        testList "powers keep small directions, at every order" [
            for power in [ -0.25; -0.5; -1.0 ] do
                for d in [ 16; 257 ] do
                    test $"{power}, {d}" {
                        use _scope = torch.NewDisposeScope()
                        Networks.seeded 2
                        let M = withSpectrum d 1e9 single
                        let b = (Networks.normal [ d; 1 ]).``to`` single
                        let found = (Factorization.power [ List.last Factorization.attempts ] power M 1e-5).Value

                        Expect.isLessThan
                            (distance (expected M 1e-5 power b) (found.Inverse.mm b))
                            Tolerance.roundingSingle
                            "the distance"
                    }
        ]

        test "a power of damped factors comes from their undamped eigenvalues" {
            use _scope = torch.NewDisposeScope()
            let s = torch.tensor [| 1000.0f; 1e-4f; 0.0f |]
            let M = Side.Full((torch.diag s).unsqueeze 0L)

            let curvature = Curvature.Kronecker(Side.Identity(1L, 1.0), M)

            let factored =
                (Factored.attempt Factorization.attempts Damping.EachFactor -0.25 ignore 1e-4 curvature).Value

            Oracle.agrees
                Tolerance.roundingSingle
                [| 1000.0001 ** -0.25; 2e-4 ** -0.25; 1e-4 ** -0.25 |]
                (Weights.numbers (Factored.solve factored [| torch.ones (1L, 3L) |]))
        }

        test "a factorisation that does not solve does not count" {
            use _scope = torch.NewDisposeScope()
            Networks.seeded 3
            let M = withSpectrum 300 10.0 single
            // Cholesky's factors see what is left of the diagonal only, and solve another matrix.
            M.narrow(0L, 0L, 1L).narrow(1L, 1L, 299L).mul_(1.01.ToScalar()) |> ignore
            let solve = { Factorization.attempts.Head with Route = Route.Solve }
            let struct (L, _) = Factorization.factor [ solve ] M (torch.tensor 1e-3)
            Expect.isNone L "the factor"

            Expect.isNone
                (Factorization.inverse (List.take 3 Factorization.attempts) M 1e-3)
                "the inverse by three factorisations"
        }

        testList "ten times the damping is ten times what the rule adds" [
            for rule in [ Damping.Heuristic; Damping.HeuristicInputs; Damping.EachFactor ] do
                test $"{rule}" {
                    use _scope = torch.NewDisposeScope()
                    Networks.seeded 4
                    let side (d: int) =
                        Side.Full((Networks.normal [ 1; d; 2 * d ]) |> fun X -> X.bmm (X.transpose (1L, 2L)))
                    let curvature = Curvature.Kronecker(side 3, side 4)
                    let reports = ResizeArray<string>()

                    let attempts = [
                        // Nothing is positive definite once so much is taken away.
                        { Route = Route.Cholesky; Double = true; Growth = -1e12 }
                        { Route = Route.Cholesky; Double = true; Growth = 10.0 }
                    ]

                    let grown = (Factored.attempt attempts rule -1.0 reports.Add 0.5 curvature).Value
                    // The heuristic rules add multiples of sqrt lambda.
                    let lambda = if rule = Damping.EachFactor then 5.0 else 50.0
                    let direct = Factored.make rule lambda curvature
                    let V = [| Networks.normal [ 3; 4 ] |]

                    Oracle.agrees
                        Tolerance.explicit
                        (Weights.numbers (Factored.solve direct V))
                        (Weights.numbers (Factored.solve grown V))

                    Expect.stringContains reports[0] "the damping used is 5" "the first report"
                }
        ]
    ]
