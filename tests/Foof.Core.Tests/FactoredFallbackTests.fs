/// Damped inverses that do not come about at the first attempt, or not at all, and what cannot be asked for.
[<Seeded>]
module Foof.Core.Tests.FactoredFallbackTests

open System
open Foof
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let structures = FactoredTests.structures

let private refused (parts: string list) (action: unit -> obj) =
    let error = Oracle.raises<ArgumentException>(action >> ignore)

    for part in parts do
        Assert.Contains(part, error.Message)

let private tikhonov lambda C = Factored.make Damping.Tikhonov lambda C

/// Puts a number in the place of a tensor's last element.
let private spoil (value: float) (tensor: torch.Tensor) =
    let last =
        Seq.fold (fun (x: torch.Tensor) _ -> x.select (0L, x.size 0 - 1L)) tensor tensor.shape

    last.fill_ (value.ToScalar()) |> ignore

[<Theory; MemberData(nameof structures)>]
let ``a NaN or an infinity in any tensor makes no inverse, and a sentence`` name =
    Oracle.forSome 3 orders (fun order ->
        for bad in [ nan; infinity ] do
            use _scope = torch.NewDisposeScope()
            let count = draw name order |> fst |> Curvature.tensors |> List.length

            for spoilt in 0 .. count - 1 do
                let C, _ = draw name order
                Curvature.tensors C |> List.item spoilt |> spoil bad

                for rule in [ Damping.Tikhonov; Damping.Heuristic FactorNorm.Trace; Damping.SquareRoot ] do
                    Assert.True(
                        (Factored.attempt Factorization.attempts rule -1.0 ignore 0.1 C).IsNone,
                        $"{name}: {bad} in tensor {spoilt} passed"
                    )

                let failure = Oracle.raises<NumericalFailure>(fun () -> tikhonov 0.1 C |> ignore)
                Assert.Contains("C + 0.1 I could not be factored by any attempt", failure.Message)
                Assert.Contains($"{Curvature.size C} weights", failure.Message)
                Assert.Contains("check the batch for NaN or raise the damping", failure.Message))

[<Theory; MemberData(nameof structures)>]
let ``negative and infinite damping is refused`` name =
    forSome name (fun _ (C, _) ->
        for lambda in [ -1e-3; nan; infinity ] do
            refused [ "damping must be a number of at least 0"; string lambda ] (fun () -> tikhonov lambda C))

[<Fact>]
let ``a low-rank matrix needs damping, and has no other power than the inverse`` () =
    for name in [ "low rank"; "blocks" ] do
        forSome name (fun _ (C, _) ->
            refused [ "damping must be a positive number"; "got 0" ] (fun () -> tikhonov 0.0 C))

    for name in [ "low rank"; "low rank plus diagonal"; "blocks" ] do
        forSome name (fun _ (C, _) ->
            refused [ "power must be -1 for a low-rank curvature"; "got -0.5" ] (fun () ->
                Factored.attempt Factorization.attempts Damping.Tikhonov -0.5 ignore 0.1 C))

[<Fact>]
let ``a sum of structures has no inverse, and the sentence tells what to do`` () =
    for name, _ in sums do
        forSome name (fun _ (C, _) -> refused [ "merge"; "ConjugateGradients" ] (fun () -> tikhonov 0.1 C))

[<Fact>]
let ``without damping a diagonal with zeros has no inverse, and a positive one has`` () =
    use _scope = torch.NewDisposeScope()
    let D = torch.ones (2L, 3L, dtype = Networks.double)

    let solved =
        Factored.solve (tikhonov 0.0 (Curvature.Diagonal [| D * 4.0 |])) [| D |]

    Oracle.agrees Tolerance.rounding (Array.create 6 0.25) (Oracle.values solved[0])
    D.select(0L, 0L).zero_() |> ignore

    for C in
        [
            Curvature.Diagonal [| D |]
            Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Diagonal D)
            Curvature.Kronecker(Side.Identity(2L, 0.0), Side.Full(SideTests.semidefinite 1 3 4))
            Curvature.Eigenbasis(Side.Identity(1L, 1.0), Side.Identity(3L, 1.0), D.unsqueeze 1L)
        ] do
        let failure = Oracle.raises<NumericalFailure>(fun () -> tikhonov 0.0 C |> ignore)
        Assert.Contains("raise the damping", failure.Message)

/// An attempt that fails, and then eigenvalues.
let private second = [ List.head Networks.hopeless; List.last Factorization.attempts ]

[<Fact>]
let ``a fallback gives the same inverse and is reported once for each matrix`` () =
    let reports name expected =
        forSome name (fun _ (C, F) ->
            let found = ResizeArray<string>()

            let factored =
                Factored.attempt second Damping.Tikhonov -1.0 found.Add 0.1 C |> Option.get

            Assert.Equal(expected, found.Count)

            Assert.All(
                found,
                fun report -> Assert.Contains("1 attempts failed; the damping used is", report)
            )

            let V = Factors.vector (Curvature.shapes C)

            let expected = (F + Oracle.identity F.RowCount * 0.1).Solve(Factors.flatten V)
            let solved = Factored.solve factored V
            Oracle.agrees Tolerance.explicit (expected.ToArray()) ((Factors.flatten solved).ToArray()))

    reports "dense" 1
    reports "units" 1
    reports "Kronecker, one x full" 1
    // These have eigenvalues at once.
    reports "Kronecker, full x full" 0
    reports "diagonal" 0

[<Fact>]
let ``a low-rank matrix whose columns are beyond float64 fails, and more damping is reported where it helps``
    ()
    =
    use _scope = torch.NewDisposeScope()

    let G =
        Factors.factor {
            Factors.Seed = 3
            Points = 2
            PerPoint = 1
            Parts = 1
            Layers = [
                {
                    Form = Factors.Written
                    Groups = 1
                    Outputs = 2
                    Inputs = 3
                    Positions = 1
                }
            ]
        }

    let huge = Curvature.LowRank(FisherFactor.scale 1e300 G)
    let found = ResizeArray<string>()

    let attempts = [
        {
            Route = Route.Cholesky
            Double = true
            Growth = 1e-20
        }
        {
            Route = Route.Cholesky
            Double = true
            Growth = 10.0
        }
    ]

    let factored = Factored.attempt attempts Damping.Tikhonov -1.0 found.Add 1.0 huge
    Assert.True factored.IsSome
    Assert.Contains("the damping used is 10 times as large", Assert.Single found)
    Assert.True (Factored.attempt [] Damping.Tikhonov -1.0 ignore 1.0 huge).IsNone
    Assert.True (Factored.attempt (List.take 1 attempts) Damping.Tikhonov -1.0 ignore 1.0 huge).IsNone

[<Theory; MemberData(nameof structures)>]
let ``vectors that do not fit an inverse are refused with both shapes`` name =
    forSome name (fun _ (C, _) ->
        let factored = tikhonov 0.1 C
        let V = Factors.vector (Curvature.shapes C)
        let wide = V |> Array.map (fun V -> torch.cat ([| V; V |], 1L))

        let text (x: torch.Tensor) =
            "[" + (x.shape |> Seq.map string |> String.concat "; ") + "]"

        for solve in [ Factored.solve; Factored.rootSolve ] do
            refused [ text V[0]; text wide[0] ] (fun () -> solve factored wide)
            refused [ "got 0" ] (fun () -> solve factored [||])
            refused [ "Float64"; "Float32" ] (fun () -> solve factored (Array.map Factors.single32 V)))

/// Orders of random symmetric matrices.
let private matrices =
    FsCheck.FSharp.Gen.zip (FsCheck.FSharp.Gen.choose (1, 6)) (FsCheck.FSharp.Gen.choose (1, 3))

[<Fact>]
let ``powers of random matrices are those of their eigenvalues, several matrices at once`` () =
    Oracle.forAll matrices (fun (d, count) ->
        use _scope = torch.NewDisposeScope()
        let M = SideTests.semidefinite count d (d + 1)

        for power in [ -0.5; -0.25; -1.0; 0.5 ] do
            let found =
                (Factorization.power Factorization.attempts power M 0.3 |> Option.get).Inverse

            for i in 0 .. count - 1 do
                let damped = Oracle.matrix (M.select (0L, int64 i)) + Oracle.identity d * 0.3

                Oracle.agreesWith
                    Tolerance.explicit
                    (FactoredTests.powerOf power damped)
                    (found.select (0L, int64 i)))

[<Fact>]
let ``the root of a random matrix times its transpose is the matrix, of full rank or not`` () =
    Oracle.forAll matrices (fun (d, count) ->
        use _scope = torch.NewDisposeScope()

        for rank in [ d + 1; 1 ] do
            let M = SideTests.semidefinite count d rank
            let R = Factorization.root M

            Oracle.agrees
                Tolerance.explicit
                (Oracle.values M)
                (Oracle.values (R.matmul (R.transpose (1L, 2L)))))

[<Fact>]
let ``eigenvectors of random matrices rebuild them, and eigenvalues are never negative`` () =
    Oracle.forAll matrices (fun (d, count) ->
        use _scope = torch.NewDisposeScope()
        let M = SideTests.semidefinite count d 1
        let struct (s, Q) = Factorization.eigen M |> Option.get
        Assert.All(Oracle.values s, fun value -> Assert.True(value >= 0.0))
        let rebuilt = (Q * s.unsqueeze -2L).matmul(Q.transpose (1L, 2L))
        Oracle.agrees Tolerance.explicit (Oracle.values M) (Oracle.values rebuilt)
        Assert.True (Factorization.eigen (M * nan)).IsNone)
