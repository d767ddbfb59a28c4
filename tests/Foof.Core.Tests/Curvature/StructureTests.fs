/// Structures from Fisher factors, against what is kept of the matrix F itself.
module Foof.Core.Tests.StructureTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Factors
open Foof.Core.Tests.LayerBlocks
open Foof.Core.Tests.WrittenFactors
open Foof.Core.Tests.ChangedFactors
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Every structure by name.
let private all: (string * (FisherFactor -> Curvature)) list = [
    "low rank", Structure.lowRank
    "low rank by layer", Structure.layerwiseLowRank
    "dense", Structure.dense
    "dense by layer", Structure.layerwiseDense
    "diagonal", Structure.diagonal
    "units", Structure.units
    "TKFAC", Structure.traceKronecker
    for E in ways do
        for A in ways do
            $"Kronecker, {E}, {A}", Structure.kronecker E A
]

/// The sides of Kronecker products, layer by layer.
let private sides curvature =
    match curvature with
    | Curvature.Blocks parts -> [
        for part in parts do
            match part with
            | Curvature.Kronecker(E, A) -> E, A
            | _ -> failwith "no product"
      ]
    | _ -> failwith "no blocks"

[<Tests>]
let tests =
    testList "Curvature.Structure" [
        forAll "F itself, its blocks, its diagonal and its units are parts of the matrix" (fun G ->
            let F = dense G

            for C in [ Structure.lowRank G; Structure.dense G ] do
                Oracle.agreesWith Tolerance.rounding F (Curvature.dense C)

            for C in [ Structure.layerwiseLowRank G; Structure.layerwiseDense G ] do
                agreesByLayer G (ofLayer G) C

            let diagonal = Dense.onlyDiagonal F
            Oracle.agreesWith Tolerance.rounding diagonal (Curvature.dense (Structure.diagonal G))
            let sameRow (struct (o, _)) (struct (o', _)) = o = o'
            agreesByLayer G (masked G sameRow) (Structure.units G))

        test "F is made of each column's own square, not of the squared mean gradient" {
            use _scope = torch.NewDisposeScope()
            // Two data points with opposite gradients: the mean is zero, F is not.
            let A = torch.ones (1L, 2L, 1L, 3L, dtype = Networks.double)

            let E =
                torch.cat (
                    [|
                        torch.ones (1L, 1L, 1L, 2L, dtype = Networks.double)
                        torch.full (1L, 1L, 1L, 2L, -1.0, dtype = Networks.double)
                    |],
                    1L
                )

            let G = FisherFactor.ofColumns { Layers = [| LayerFactor.Product(Activations.rows A, E) |]; Weight = 0.5 }

            let mean = FisherFactor.times (torch.ones (2L, dtype = Networks.double)) G
            Oracle.agreesWith 0.0 (Dense.build 2 3 (fun _ _ -> 0.0)) mean[0]
            let one = Dense.build 6 6 (fun _ _ -> 1.0)

            for name, make in all do
                let found = Curvature.dense (make G)
                Oracle.agrees Tolerance.rounding [| 6.0 |] (Dense.values (Curvature.trace (make G)))

                if name <> "diagonal" && name <> "units" then Oracle.agreesWith Tolerance.rounding one found
        }

        Holds.forSome
            "a running average of factors averages inputs and errors by its weights, and weight zero is no NaN"
            10
            products
            (fun sizes ->
                use _scope = torch.NewDisposeScope()

                let draw seed = factor { sizes with Parts = 1; Seed = seed }

                let G, G' = draw sizes.Seed, draw (sizes.Seed + 1)

                let average = FisherFactor.join [| FisherFactor.scale 0.9 G; FisherFactor.scale 0.1 G' |]

                let kfac = Structure.kronecker Positions.Summed Positions.Summed >> sides

                for (E, A), (E', A'), (found, found') in List.zip3 (kfac G) (kfac G') (kfac average) do
                    for group in 0 .. int (Side.groups E) - 1 do
                        let mean x y = Sides.matrix group x * 0.9 + Sides.matrix group y * 0.1

                        Oracle.agreesWith Tolerance.rounding (mean E E') (Dense.toTensor (Sides.matrix group found))

                        Oracle.agreesWith Tolerance.rounding (mean A A') (Dense.toTensor (Sides.matrix group found'))

                for _, make in all do
                    let nothing = Curvature.dense (make (FisherFactor.scale 0.0 average))

                    Oracle.agreesWith
                        0.0
                        (Dense.build (int (nothing.size 0)) (int (nothing.size 0)) (fun _ _ -> 0.0))
                        nothing)

        Holds.forSome
            "data points in another order, and a batch in two joined parts, make the same curvature"
            10
            products
            (fun sizes ->
                use _scope = torch.NewDisposeScope()
                let G = factor { sizes with Parts = 1; Points = 5 }

                // Pooled factors have a null space in which gradients lie, and whose basis is arbitrary.
                let bases = [
                    for positions in [ Positions.Summed; Positions.Averaged ] do
                        $"eigenbasis, {positions}", Structure.eigenbasis positions positions
                ]

                for _, make in all @ bases do
                    let expected = Dense.ofTensor (Curvature.dense (make G))
                    Oracle.agreesWith Tolerance.explicit expected (Curvature.dense (make (permuted G)))
                    Oracle.agreesWith Tolerance.explicit expected (Curvature.dense (make (split 2L G))))
    ]
