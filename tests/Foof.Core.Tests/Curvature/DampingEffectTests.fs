/// What damping rules leave alone, and how damping is adapted.
module Foof.Core.Tests.DampingEffectTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp

[<Tests>]
let tests =
    testList "Curvature.DampingEffect" [
        testList "on other structures every rule is Tikhonov damping" [
            for name, _ in invertible do
                if not (name.StartsWith "Kronecker" || name = "blocks") then
                    forOne name name (fun _ (C, _) ->
                        let V = Vectors.random (Curvature.shapes C)

                        let expected = Weights.numbers (Factored.solve (Factored.make Damping.Tikhonov 0.3 C) V)

                        for rule in Dampings.rules do
                            Expect.equal
                                (Weights.numbers (Factored.solve (Factored.make rule 0.3 C) V))
                                expected
                                "the solution")
        ]

        forOne "in blocks a rule is applied block by block" "blocks" (fun _ (C, _) ->
            match C with
            | Curvature.Blocks parts ->
                let V = Vectors.random (Curvature.shapes C)
                let counts = parts |> Array.map (fun part -> (Curvature.shapes part).Length)
                let starts = Array.scan (+) 0 counts

                for rule in Dampings.rules do
                    let found = Factored.solve (Factored.make rule 0.3 C) V

                    parts
                    |> Array.iteri (fun i part ->
                        let own = Factored.solve (Factored.make rule 0.3 part) V[starts[i] .. starts[i + 1] - 1]

                        Expect.equal
                            (Weights.numbers found[starts[i] .. starts[i + 1] - 1])
                            (Weights.numbers own)
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
                    let before = Curvature.tensors C |> List.map Dense.values
                    let V = Vectors.random (Curvature.shapes C)

                    for rule in Dampings.rules do
                        let solve () = Weights.numbers (Factored.solve (Factored.make rule 0.2 C) V)

                        Expect.equal (solve ()) (solve ()) "the second solution"

                    Expect.equal (Curvature.tensors C |> List.map Dense.values) before "the curvature itself")
        ]
    ]
