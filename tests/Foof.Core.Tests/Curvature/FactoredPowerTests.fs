/// Powers of damped curvature and of random matrices, and inverses without damping.
module Foof.Core.Tests.FactoredPowerTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open Foof.Core.Tests.CurvatureOracle
open MathNet.Numerics.LinearAlgebra
open FsCheck.FSharp
open TorchSharp

/// The structures of which powers other than -1 are known.
let powered = invertible |> List.filter (fun (name, _) -> not (name.StartsWith "low rank" || name = "blocks")) |> names

let private vector C = Vectors.random (Curvature.shapes C)

/// Orders of random symmetric matrices.
let private matrices = FsCheck.FSharp.Gen.zip (FsCheck.FSharp.Gen.choose (1, 6)) (FsCheck.FSharp.Gen.choose (1, 3))

[<Tests>]
let tests =
    testList "Curvature.FactoredPower" [
        forEach "powers are those of the damped matrix, and so are their roots" powered (fun _ (C, F) ->
            for power in [ -0.25; -0.5; -1.0; 0.5 ] do
                for lambda in [ 0.01; 1.0 ] do
                    let factored =
                        Factored.attempt Factorization.attempts Damping.Tikhonov power ignore lambda C |> Option.get

                    let expected = CurvatureOracle.powerOf power (Dense.shifted lambda F)
                    let found = Weights.matrix (Curvature.shapes C) (Factored.solve factored)

                    Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) (found.ToRowMajorArray())

                    let R = Weights.matrix (Curvature.shapes C) (Factored.rootSolve factored)

                    Oracle.agrees
                        Tolerance.explicit
                        (expected.ToRowMajorArray())
                        ((R * R.Transpose()).ToRowMajorArray())

                    agreesInLogDet Tolerance.explicit (Dense.shifted lambda F) factored)

        test "without damping, directions that dense matrices and Kronecker factors lack are left out" {
            // Of rank one, where Cholesky of rounding errors would pass for a regular matrix now and then.
            let singular: (string * (Order -> Curvature)) list = [
                "dense",
                fun order ->
                    let p = order.Groups * order.Outputs * order.Inputs
                    let F = (Sides.semidefinite 1 p 1).squeeze 0L
                    Curvature.Dense(F, [| [| int64 (order.Groups * order.Outputs); int64 order.Inputs |] |])
                "units", fun order -> Curvature.Units(Sides.semidefinite order.Outputs order.Inputs 1)
                "identity x full",
                fun order -> Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Full(Sides.semidefinite order.Groups 4 1))
                // Of order two and rank one, every other matrix has a Cholesky factor by rounding alone.
                "one x full, order two",
                fun _ -> Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Full(Sides.semidefinite 1 2 1))
                "full x full, order two",
                fun _ -> Curvature.Kronecker(Side.Full(Sides.semidefinite 1 2 1), Side.Full(Sides.semidefinite 1 2 1))
                "full x full",
                fun order ->
                    Curvature.Kronecker(
                        Side.Full(Sides.semidefinite order.Groups 3 1),
                        Side.Full(Sides.semidefinite order.Groups 4 2)
                    )
            ]

            for rule in [ Damping.Tikhonov; Damping.Heuristic; Damping.EachFactor ] do
                for _, draw in singular do
                    Oracle.forSome 12 orders (fun order ->
                        use _scope = torch.NewDisposeScope()
                        Networks.seeded order.Seed
                        let C = draw order
                        let V = vector C

                        let expected = (Dense.ofTensor (Curvature.dense C)).PseudoInverse() * Weights.flatten V

                        let found = Factored.solve (Factored.make rule 0.0 C) V
                        Oracle.agrees Tolerance.pseudoInverse (expected.ToArray()) (Weights.numbers found))
        }

        Holds.forAll
            "powers of random matrices are those of their eigenvalues, several matrices at once"
            matrices
            (fun (d, count) ->
                use _scope = torch.NewDisposeScope()
                let M = Sides.semidefinite count d (d + 1)

                for power in [ -0.5; -0.25; -1.0; 0.5 ] do
                    let found = (Factorization.power Factorization.attempts power M 0.3 |> Option.get).Inverse

                    for i in 0 .. count - 1 do
                        let damped = Dense.shifted 0.3 (Dense.ofTensor (M.select (0L, int64 i)))

                        Oracle.agreesWith
                            Tolerance.explicit
                            (CurvatureOracle.powerOf power damped)
                            (found.select (0L, int64 i)))

        Holds.forAll
            "the root of a random matrix times its transpose is the matrix, of full rank or not"
            matrices
            (fun (d, count) ->
                use _scope = torch.NewDisposeScope()

                for rank in [ d + 1; 1 ] do
                    let M = Sides.semidefinite count d rank
                    let R = Factorization.root M

                    Oracle.agrees Tolerance.explicit (Dense.values M) (Dense.values (R.matmul (R.transpose (1L, 2L)))))

        Holds.forAll
            "eigenvectors of random matrices rebuild them, and eigenvalues are never negative"
            matrices
            (fun (d, count) ->
                use _scope = torch.NewDisposeScope()
                let M = Sides.semidefinite count d 1
                let struct (s, Q) = Factorization.eigen M |> Option.get

                for value in Dense.values s do
                    Expect.isTrue (value >= 0.0) "no eigenvalue is negative"

                let rebuilt = (Q * s.unsqueeze -2L).matmul(Q.transpose (1L, 2L))
                Oracle.agrees Tolerance.explicit (Dense.values M) (Dense.values rebuilt)

                Expect.isTrue ((Factorization.eigen (M * nan)).IsNone) "NaN has no eigenvalues")
    ]
