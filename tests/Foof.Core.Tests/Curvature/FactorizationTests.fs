module Foof.Core.Tests.FactorizationTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Matrices
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let single = torch.ScalarType.Float32

let sizes = Gen.zip3 (Gen.choose (1, 8)) (Gen.choose (1, 10)) (Gen.elements [ 1e-2; 1.0; 1e2 ])

let invert attempts (matrix: torch.Tensor) damping =
    match Factorization.inverse attempts matrix damping with
    | Some inverse -> inverse
    | None -> failwith "no attempt succeeded"

[<Tests>]
let tests =
    testList "Curvature.Factorization" [
        Holds.forAll "a damped inverse is the inverse of the damped matrix" sizes (fun (d, r, damping) ->
            use _scope = torch.NewDisposeScope()
            let M = semidefinite d r
            let expected = (Dense.shifted damping (Dense.ofTensor M)).Inverse()
            let found = invert Factorization.attempts M damping
            Expect.isEmpty found.Failed "the failed attempts"
            Expect.equal found.Damping damping "the damping of found"
            Oracle.agreesWith Tolerance.explicit expected found.Inverse)

        Holds.forAll "every attempt alone gives the same inverse where it succeeds" sizes (fun (d, r, damping) ->
            use _scope = torch.NewDisposeScope()
            let M = semidefinite d r

            for attempt in Factorization.attempts do
                let found = invert [ attempt ] M damping
                Expect.equal found.Damping (damping * attempt.Growth) "the damping of found"
                let expected = (Dense.shifted found.Damping (Dense.ofTensor M)).Inverse()
                Oracle.agreesWith Tolerance.explicit expected found.Inverse)

        Holds.forAll "float32 agrees with float64 and stays float32" sizes (fun (d, r, damping) ->
            use _scope = torch.NewDisposeScope()
            let M = (semidefinite d r).``to`` single
            let expected = (Dense.shifted damping (Dense.ofTensor M)).Inverse()
            let found = (invert Factorization.attempts M damping).Inverse
            Expect.equal found.dtype single "the type of found"
            Oracle.agreesWith Tolerance.float32AgainstFloat64 expected found)

        test "damping leaves its argument as it is" {
            use _scope = torch.NewDisposeScope()
            let M = semidefinite 3 4
            let before = Dense.ofTensor M

            Oracle.agreesWith Tolerance.rounding (Dense.shifted 2.0 before) (Factorization.damped M 2.0)

            invert Factorization.attempts M 2.0 |> ignore
            Oracle.agreesWith 0.0 before M
        }

        test "attempts are ordered: the type's own Cholesky, float64, ten times the damping, eigenvalues" {
            let expected = [
                Route.Cholesky, false, 1.0
                Route.Cholesky, true, 1.0
                Route.Cholesky, true, 10.0
                Route.Eigen, true, 1.0
            ]

            Expect.equal
                (Factorization.attempts |> List.map (fun a -> a.Route, a.Double, a.Growth))
                expected
                "the attempts by default"
        }

        test "what float32 cannot factor float64 does" {
            use _scope = torch.NewDisposeScope()
            // 1 + 1e-9 rounds to 1 in float32: the damped matrix is exactly singular there.
            let M = torch.ones (2L, 2L, dtype = single)
            let found = invert Factorization.attempts M 1e-9
            Expect.equal found.Failed [ Factorization.attempts[0] ] "the failed attempts"
            let expected = (Dense.shifted 1e-9 (Dense.ofTensor M)).Inverse()
            Oracle.agreesWith Tolerance.float32AgainstFloat64 expected found.Inverse
        }

        test "a slightly indefinite matrix needs more damping, which is reported" {
            use _scope = torch.NewDisposeScope()
            let M = rotated [ 2.0; -0.05; 1.0 ]
            let found = invert Factorization.attempts (Dense.toTensor M) 0.01
            Expect.equal found.Failed (List.take 2 Factorization.attempts) "the failed attempts"
            Expect.equal found.Damping 0.1 "the damping of found"
            Oracle.agreesWith Tolerance.explicit ((Dense.shifted 0.1 M).Inverse()) found.Inverse
        }

        test "an indefinite matrix loses its negative eigenvalues at last" {
            use _scope = torch.NewDisposeScope()

            let found = invert Factorization.attempts (Dense.toTensor (rotated [ 2.0; -5.0; 1.0 ])) 0.01

            Expect.equal found.Failed (List.take 3 Factorization.attempts) "the failed attempts"
            Expect.equal found.Damping 0.01 "the damping of found"
            let expected = (Dense.shifted 0.01 (rotated [ 2.0; 0.0; 1.0 ])).Inverse()
            Oracle.agreesWith Tolerance.explicit expected found.Inverse
        }

        test "a matrix that is not finite fails every attempt" {
            for bad in [ nan; infinity ] do
                use _scope = torch.NewDisposeScope()
                let M = Dense.toTensor (rotated [ 1.0; 2.0 ])
                M[1L, 1L] <- torch.tensor bad

                Expect.isTrue ((Factorization.inverse Factorization.attempts M 1.0).IsNone) "there is no inverse"
        }

        test "beyond the range of its type there is no inverse" {
            use _scope = torch.NewDisposeScope()
            let M = torch.eye (2L, dtype = single) * 1e-39

            Expect.isTrue
                ((Factorization.inverse Factorization.attempts M 0.0).IsNone)
                "NaN has no inverse without damping"
        }

        test "without attempts nothing is inverted" {
            use _scope = torch.NewDisposeScope()

            Expect.isTrue
                ((Factorization.inverse [] (semidefinite 2 3) 1.0).IsNone)
                "without an attempt there is no inverse"
        }

        Holds.forAll
            "without damping a singular matrix gets its pseudo-inverse"
            (Gen.zip (Gen.choose (2, 8)) (Gen.choose (1, 6)))
            (fun (d, r) ->
                use _scope = torch.NewDisposeScope()
                let M = semidefinite d (min r (d - 1))
                let expected = (Dense.ofTensor M).PseudoInverse()

                Oracle.agreesWith Tolerance.pseudoInverse expected (invert Factorization.attempts M 0.0).Inverse)

        Holds.forAll
            "without damping a singular float32 matrix gets its pseudo-inverse too"
            (Gen.zip (Gen.choose (2, 8)) (Gen.choose (1, 3)))
            (fun (d, r) ->
                use _scope = torch.NewDisposeScope()
                // Small whole numbers above zero: the product is exact in float32, and never the zero matrix.
                let X = torch.randint (1L, 5L, [| int64 (min r (d - 1)); int64 d |], dtype = single)
                let M = X.t().mm X
                let expected = (Dense.ofTensor M).PseudoInverse()

                Oracle.agreesWith
                    Tolerance.float32AgainstFloat64
                    expected
                    (invert Factorization.attempts (M / 3.0) 0.0 |> fun found -> found.Inverse / 3.0))

        test "a root of what is not finite is refused" {
            use _scope = torch.NewDisposeScope()
            let M = Networks.normal [ 3; 3 ]
            let failure = Oracle.raises<NumericalFailure>(fun () -> Factorization.root (M * nan) |> ignore)
            Expect.stringContains failure.Message "9 of 9 elements" "the message"
        }
    ]
