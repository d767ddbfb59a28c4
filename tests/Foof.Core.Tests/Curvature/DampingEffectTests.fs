/// What damping rules leave alone, and how damping is adapted.
module Foof.Core.Tests.DampingEffectTests

open Expecto
open Foof
open Foof.Core.Tests.Structures
open Foof.Core.Tests.WrittenFactors
open Foof.Core.Tests.CurvatureOracle
open MathNet.Numerics.LinearAlgebra
open TorchSharp

[<Tests>]
let tests =
    testList "Curvature.DampingEffect" [
        testList "on other structures every rule is Tikhonov damping" [
            for name, _ in invertible do
                if not (name.StartsWith "Kronecker" || name = "blocks") then
                    forOne name name (fun _ (C, _) ->
                        let V = WrittenFactors.vector (Curvature.shapes C)
                        let expected = numbers (Factored.solve (Factored.make Damping.Tikhonov 0.3 C) V)

                        for rule in Dampings.rules do
                            Expect.equal
                                (numbers (Factored.solve (Factored.make rule 0.3 C) V))
                                expected
                                "the solution")
        ]

        forOne "in blocks a rule is applied block by block" "blocks" (fun _ (C, _) ->
            match C with
            | Curvature.Blocks parts ->
                let V = WrittenFactors.vector (Curvature.shapes C)
                let counts = parts |> Array.map (fun part -> (Curvature.shapes part).Length)
                let starts = Array.scan (+) 0 counts

                for rule in Dampings.rules do
                    let found = Factored.solve (Factored.make rule 0.3 C) V

                    parts
                    |> Array.iteri (fun i part ->
                        let own =
                            Factored.solve (Factored.make rule 0.3 part) V[starts[i] .. starts[i + 1] - 1]

                        Expect.equal
                            (numbers found[starts[i] .. starts[i + 1] - 1])
                            (numbers own)
                            "the block's part")
            | _ -> failtest "no blocks")

        testList "no rule changes the factors, and a second inverse is the first to the bit" [
            for left, right in Dampings.kinds do
                Holds.forSome $"{left} x {right}" 4 orders (fun order ->
                    use _scope = torch.NewDisposeScope()
                    Networks.seeded order.Seed
                    let E = Sides.side left order.Groups order.Outputs
                    let A = Sides.side right order.Groups order.Inputs
                    let C = Curvature.Kronecker(E, A)
                    let before = Curvature.tensors C |> List.map Oracle.values
                    let V = WrittenFactors.vector (Curvature.shapes C)

                    for rule in Dampings.rules do
                        let solve () =
                            numbers (Factored.solve (Factored.make rule 0.2 C) V)

                        Expect.equal (solve ()) (solve ()) "the second solution"

                    Expect.equal
                        (Curvature.tensors C |> List.map Oracle.values)
                        before
                        "the curvature itself")
        ]

        test "damping is adapted by the Levenberg-Marquardt rule" {
            let adapted rho = Damping.adapted 0.8 rho 2.0
            Expect.equal (adapted 0.9) 1.6 "the damping after a share of 0.9"
            Expect.equal (adapted 0.75) 2.0 "the damping after a share of 0.75"
            Expect.equal (adapted 0.5) 2.0 "the damping after a share of 0.5"
            Expect.equal (adapted 0.25) 2.0 "the damping after a share of 0.25"
            Expect.equal (adapted 0.2) 2.5 "the damping after a share of 0.2"
            Expect.equal (adapted -3.0) 2.5 "the damping after a share of -3.0"
            Expect.equal (adapted nan) 2.5 "the damping after a share of nan"
            Expect.equal (adapted -infinity) 2.5 "the damping after a share of -infinity"

            for omega in [ 0.0; 1.0; 1.5; -0.5; nan ] do
                let error =
                    Oracle.raises<System.ArgumentException>(fun () -> Damping.adapted omega 0.5 1.0 |> ignore)

                Expect.stringContains error.Message "omega" "the message"
        }

        test "a share outside 0 and 1 is refused" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Diagonal [| torch.ones (2L, 2L, dtype = Networks.double) |]

            for share in [ -0.1; 1.1; nan ] do
                let error =
                    Oracle.raises<System.ArgumentException>(fun () ->
                        Factored.make (Damping.Blend share) 0.1 C |> ignore)

                Expect.stringContains error.Message "share must lie in [0, 1]" "the message"
        }
    ]
