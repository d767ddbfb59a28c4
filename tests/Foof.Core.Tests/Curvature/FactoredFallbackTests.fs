/// Damped inverses that do not come about at the first attempt, or not at all, and what cannot be asked for.
module Foof.Core.Tests.FactoredFallbackTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let structures = names invertible

let private tikhonov lambda C = Factored.make Damping.Tikhonov lambda C

/// Puts a number in the place of a tensor's last element.
let private spoil (value: float) (tensor: torch.Tensor) =
    let last = Seq.fold (fun (x: torch.Tensor) _ -> x.select (0L, x.size 0 - 1L)) tensor tensor.shape

    last.fill_ (value.ToScalar()) |> ignore

/// An attempt that fails, and then eigenvalues.
let private second = [ List.head Networks.hopeless; List.last Factorization.attempts ]

[<Tests>]
let tests =
    testList "Curvature.FactoredFallback" [
        for name in structures do
            Holds.forSome
                $"a NaN or an infinity in any tensor makes no inverse, and a sentence: {name}"
                3
                orders
                (fun order ->
                    for bad in [ nan; infinity ] do
                        use _scope = torch.NewDisposeScope()
                        let count = draw name order |> fst |> Curvature.tensors |> List.length

                        for spoilt in 0 .. count - 1 do
                            let C, _ = draw name order
                            Curvature.tensors C |> List.item spoilt |> spoil bad

                            for rule in [ Damping.Tikhonov; Damping.Heuristic; Damping.EachFactor ] do
                                Expect.isTrue
                                    ((Factored.attempt Factorization.attempts rule -1.0 ignore 0.1 C).IsNone)
                                    $"{name}: {bad} in tensor {spoilt} passed"

                            let failure = Oracle.raises<NumericalFailure>(fun () -> tikhonov 0.1 C |> ignore)

                            Expect.stringContains
                                failure.Message
                                "C + 0.1 I could not be factored by any attempt"
                                "the message"

                            Expect.stringContains failure.Message $"{Curvature.size C} weights" "the message"

                            Expect.stringContains
                                failure.Message
                                "check the batch for NaN or raise the damping"
                                "the message")

        test "without damping a diagonal with zeros has no inverse, and a positive one has" {
            use _scope = torch.NewDisposeScope()
            let D = torch.ones (2L, 3L, dtype = Networks.double)

            let solved = Factored.solve (tikhonov 0.0 (Curvature.Diagonal [| D * 4.0 |])) [| D |]

            Oracle.agrees Tolerance.rounding (Array.create 6 0.25) (Dense.values solved[0])
            D.select(0L, 0L).zero_() |> ignore

            for C in
                [
                    Curvature.Diagonal [| D |]
                    Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Diagonal D)
                    Curvature.Kronecker(Side.Identity(2L, 0.0), Side.Full(Sides.semidefinite 1 3 4))
                    Curvature.Eigenbasis(Side.Identity(1L, 1.0), Side.Identity(3L, 1.0), D.unsqueeze 1L)
                ] do
                let failure = Oracle.raises<NumericalFailure>(fun () -> tikhonov 0.0 C |> ignore)
                Expect.stringContains failure.Message "raise the damping" "the message"
        }

        test "a fallback gives the same inverse and is reported once for each matrix" {
            let reports name expected =
                forSome name (fun _ (C, F) ->
                    let found = ResizeArray<string>()

                    let factored = Factored.attempt second Damping.Tikhonov -1.0 found.Add 0.1 C |> Option.get

                    Expect.equal found.Count expected "the number of found"

                    for report in found do
                        Expect.stringContains report "1 attempts failed; the damping used is" "the report"

                    let V = Vectors.random (Curvature.shapes C)

                    let expected = (Dense.shifted 0.1 F).Solve(Weights.flatten V)

                    let solved = Factored.solve factored V

                    Oracle.agrees Tolerance.explicit (expected.ToArray()) ((Weights.flatten solved).ToArray()))

            reports "dense" 1
            reports "units" 1
            reports "Kronecker, one x full" 1
            // These structures need no attempt: their inverse comes from eigenvalues.
            reports "Kronecker, full x full" 0
            reports "diagonal" 0
        }

        test "a low-rank matrix whose columns are beyond float64 fails, and more damping is reported where it helps" {
            use _scope = torch.NewDisposeScope()

            let G =
                Factors.factor {
                    Factors.Seed = 3
                    Points = 2
                    PerPoint = 1
                    Parts = 1
                    Layers = [ { Form = Factors.Written; Groups = 1; Outputs = 2; Inputs = 3; Positions = 1 } ]
                }

            let huge = Curvature.LowRank(FisherFactor.scale 1e300 G)
            let found = ResizeArray<string>()

            let attempts = [
                { Route = Route.Cholesky; Double = true; Growth = 1e-20 }
                { Route = Route.Cholesky; Double = true; Growth = 10.0 }
            ]

            let factored = Factored.attempt attempts Damping.Tikhonov -1.0 found.Add 1.0 huge
            Expect.isTrue factored.IsSome "factored is some"
            Expect.stringContains (Oracle.only found) "10 times the damping is used" "the only element"

            Expect.isTrue
                ((Factored.attempt [] Damping.Tikhonov -1.0 ignore 1.0 huge).IsNone)
                "without an attempt there is no inverse"

            Expect.isTrue
                ((Factored.attempt (List.take 1 attempts) Damping.Tikhonov -1.0 ignore 1.0 huge).IsNone)
                "one attempt fails"
        }
    ]
