/// Damped inverses of every structure, held against the inverted matrix.
[<Seeded>]
module Foof.Core.Tests.FactoredTests

open System
open Foof
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let structures = names invertible
let lambdas = [ 1e-4; 1.0; 1e4 ]

/// The structures of which powers other than -1 are known.
let powered =
    invertible
    |> List.filter (fun (name, _) -> not (name.StartsWith "low rank" || name = "blocks"))
    |> names

let private tikhonov lambda C = Factored.make Damping.Tikhonov lambda C
let private numbers (V: torch.Tensor array) = (Factors.flatten V).ToArray()

let private vector C = Factors.vector (Curvature.shapes C)

let private plus (lambda: float) (F: Matrix<float>) = F + Oracle.identity F.RowCount * lambda

/// F^power of a symmetric positive definite matrix.
let powerOf (power: float) (F: Matrix<float>) : Matrix<float> =
    let found = F.Evd Symmetricity.Symmetric

    found.EigenVectors
    * Matrix<float>.Build.DenseOfDiagonalVector(found.EigenValues.Map(fun value -> value.Real ** power))
    * found.EigenVectors.Transpose()

/// Asserts that log det (C + lambda I) is F's, relative to the sizes of the p logarithms that it is the sum of.
let agreesInLogDet tolerance (F: Matrix<float>) factored =
    let logarithms = (F.Cholesky().Factor.Diagonal().Map log) * 2.0
    let size = float F.RowCount + logarithms.L1Norm()
    let found = Oracle.values (Factored.logDet factored)
    Oracle.agrees tolerance [| size; logarithms.Sum() |] [| size; Assert.Single found |]

/// A property of random curvatures scaled to the trace one, so that the damping bounds the condition number.
let private forScaled name property =
    forSome name (fun order (C, F) ->
        let scale = 1.0 / F.Trace()
        property order (Curvature.scale scale C, F * scale))

[<Theory; MemberData(nameof structures)>]
let ``the solve after the product is the identity, for any damping`` name =
    forScaled name (fun _ (C, _) ->
        for lambda in lambdas do
            let V = vector C
            let product = Weights.axpy lambda V (Curvature.product C V)

            Oracle.agrees
                Tolerance.explicit
                (numbers V)
                (numbers (Factored.solve (tikhonov lambda C) product)))

[<Theory; MemberData(nameof structures)>]
let ``the solve and log det are those of the damped matrix`` name =
    forScaled name (fun _ (C, F) ->
        for lambda in lambdas do
            let V, factored = vector C, tikhonov lambda C
            Assert.Equal<int64 array array>(Curvature.shapes C, Factored.shapes factored)
            let expected = (plus lambda F).Solve(Factors.flatten V)
            let found = Factored.solve factored V
            Assert.Equal<int64 array array>(Curvature.shapes C, Weights.shapes found)
            Oracle.agrees Tolerance.explicit (expected.ToArray()) (numbers found)
            agreesInLogDet Tolerance.explicit (plus lambda F) factored)

[<Theory; MemberData(nameof structures)>]
let ``the inverse is symmetric, positive definite and linear`` name =
    forSome name (fun _ (C, F) ->
        let factored = tikhonov 0.1 C
        let inverse = written (Curvature.shapes C) (Factored.solve factored)
        Oracle.agrees Tolerance.explicit (inverse.ToRowMajorArray()) (inverse.Transpose().ToRowMajorArray())

        Oracle.agrees
            Tolerance.explicit
            ((plus 0.1 F).Inverse().ToRowMajorArray())
            (inverse.ToRowMajorArray())

        Assert.True(
            inverse.Evd(Symmetricity.Symmetric).EigenValues
            |> Seq.forall (fun value -> value.Real > 0.0)
        ))

[<Theory; MemberData(nameof structures)>]
let ``a root times its transpose is the inverse`` name =
    forScaled name (fun _ (C, F) ->
        for lambda in lambdas do
            let factored = tikhonov lambda C
            let R = written (Curvature.shapes C) (Factored.rootSolve factored)
            let expected = (plus lambda F).Inverse()

            Oracle.agrees
                Tolerance.explicit
                (expected.ToRowMajorArray())
                ((R * R.Transpose()).ToRowMajorArray()))

[<Theory; MemberData(nameof structures)>]
let ``c C with damping c lambda has 1/c of the inverse`` name =
    forSome name (fun _ (C, _) ->
        for c in [ 0.01; 30.0 ] do
            let V = vector C
            let expected = Factored.solve (tikhonov 0.1 C) V |> Weights.scale (1.0 / c)
            let found = Factored.solve (tikhonov (0.1 * c) (Curvature.scale c C)) V
            Oracle.agrees Tolerance.explicit (numbers expected) (numbers found))

[<Theory; MemberData(nameof structures)>]
let ``the inverse after a diagonal was added is that of the sum`` name =
    forSome name (fun _ (C, F) ->
        let D = vector C |> Array.map (fun d -> d.square () + 0.1)

        match Curvature.addDiagonal D C with
        | Curvature.Sum _ -> ()
        | Curvature.Blocks parts when parts |> Array.exists _.IsSum -> ()
        | sum ->
            let V = vector C

            let expected =
                F + Matrix<float>.Build.DenseOfDiagonalVector(Factors.flatten D) |> plus 0.1

            let found = Factored.solve (tikhonov 0.1 sum) V
            Oracle.agrees Tolerance.explicit (expected.Solve(Factors.flatten V).ToArray()) (numbers found))

[<Theory; MemberData(nameof powered)>]
let ``powers are those of the damped matrix, and so are their roots`` name =
    forSome name (fun _ (C, F) ->
        for power in [ -0.25; -0.5; -1.0; 0.5 ] do
            for lambda in [ 0.01; 1.0 ] do
                let factored =
                    Factored.attempt Factorization.attempts Damping.Tikhonov power ignore lambda C
                    |> Option.get

                let expected = powerOf power (plus lambda F)
                let found = written (Curvature.shapes C) (Factored.solve factored)
                Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) (found.ToRowMajorArray())
                let R = written (Curvature.shapes C) (Factored.rootSolve factored)

                Oracle.agrees
                    Tolerance.explicit
                    (expected.ToRowMajorArray())
                    ((R * R.Transpose()).ToRowMajorArray())

                agreesInLogDet Tolerance.explicit (plus lambda F) factored)

[<Theory; MemberData(nameof structures)>]
let ``float32 agrees with float64 and stays float32`` name =
    forSome name (fun _ (C, F) ->
        let factored = tikhonov 1.0 (map Factors.single32 C)
        let V = vector C |> Array.map Factors.single32

        for solve, operator in
            [
                Factored.solve, id
                Factored.rootSolve, (fun (R: Matrix<float>) -> R * R.Transpose())
            ] do
            Assert.All(solve factored V, fun found -> Assert.Equal(torch.ScalarType.Float32, found.dtype))

            let found =
                written (Curvature.shapes C) (Array.map Factors.single32 >> solve factored)
                |> operator

            let expected = (plus 1.0 F).Inverse().ToRowMajorArray()
            Oracle.agrees Tolerance.float32AgainstFloat64 expected (found.ToRowMajorArray())

        agreesInLogDet Tolerance.float32AgainstFloat64 (plus 1.0 F) factored)

[<Theory; MemberData(nameof structures)>]
let ``damping is never added in place: a second solve is the first, and the curvature is as it was`` name =
    forSome name (fun _ (C, _) ->
        let before = Curvature.tensors C |> List.map Oracle.values
        let V = vector C
        let first = tikhonov 0.1 C
        let expected = numbers (Factored.solve first V)
        Assert.Equal<float array>(expected, numbers (Factored.solve first V))
        Factored.rootSolve first V |> ignore
        Factored.logDet first |> ignore
        Assert.Equal<float array>(expected, numbers (Factored.solve first V))
        Assert.Equal<float array>(expected, numbers (Factored.solve (tikhonov 0.1 C) V))
        Assert.Equal<float array list>(before, Curvature.tensors C |> List.map Oracle.values))

[<Theory; MemberData(nameof structures)>]
let ``the inverse stays what it is when the caller changes a result`` name =
    forSome name (fun _ (C, _) ->
        let V, factored = vector C, tikhonov 0.1 C
        let expected = numbers (Factored.solve factored V)
        let results = Factored.logDet factored :: List.ofArray (Factored.solve factored V)
        results |> List.iter (fun result -> result.add_ (1.0.ToScalar()) |> ignore)
        Assert.Equal<float array>(expected, numbers (Factored.solve factored V)))

[<Fact>]
let ``without damping, directions that dense matrices and Kronecker factors lack are left out`` () =
    // Of rank one, where Cholesky of rounding errors would pass for a regular matrix now and then.
    let singular: (string * (Order -> Curvature)) list = [
        "dense",
        fun order ->
            let p = order.Groups * order.Outputs * order.Inputs
            let F = (SideTests.semidefinite 1 p 1).squeeze 0L
            Curvature.Dense(F, [| [| int64 (order.Groups * order.Outputs); int64 order.Inputs |] |])
        "units", fun order -> Curvature.Units(SideTests.semidefinite order.Outputs order.Inputs 1)
        "identity x full",
        fun order ->
            Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Full(SideTests.semidefinite order.Groups 4 1))
        "full x full",
        fun order ->
            Curvature.Kronecker(
                Side.Full(SideTests.semidefinite order.Groups 3 1),
                Side.Full(SideTests.semidefinite order.Groups 4 2)
            )
    ]

    for rule in [ Damping.Tikhonov; Damping.Heuristic FactorNorm.Trace; Damping.EachFactor ] do
        for _, draw in singular do
            Oracle.forSome 12 orders (fun order ->
                use _scope = torch.NewDisposeScope()
                Networks.seeded order.Seed
                let C = draw order
                let V = vector C

                let expected =
                    (Oracle.matrix (Curvature.dense C)).PseudoInverse() * Factors.flatten V

                let found = Factored.solve (Factored.make rule 0.0 C) V
                Oracle.agrees Tolerance.pseudoInverse (expected.ToArray()) (numbers found))
