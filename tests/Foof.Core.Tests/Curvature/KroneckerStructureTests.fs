/// Kronecker-factored structures: where they are exact, and what they keep of the matrix.
module Foof.Core.Tests.KroneckerStructureTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Factors
open Foof.Core.Tests.LayerBlocks
open MathNet.Numerics.LinearAlgebra
open TorchSharp

[<Tests>]
let tests =
    testList "Curvature.KroneckerStructure" [
        Holds.forSome
            "for one data point and one position KFAC is the matrix itself, for each group"
            20
            products
            (fun sizes ->
                use _scope = torch.NewDisposeScope()

                let G =
                    factor {
                        sizes with
                            Points = 1
                            PerPoint = 1
                            Parts = 1
                            Layers = sizes.Layers |> List.map (fun layer -> { layer with Positions = 1 })
                    }

                let sameGroup l =
                    let groups = sizes.Layers[l].Groups
                    let height = int (Array.head G.Shapes[l]) / groups
                    fun (struct (o, _)) (struct (o', _)) -> o / height = o' / height

                for E in ways do
                    for A in ways do
                        agreesByLayer G (fun l -> masked G (sameGroup l) l) (Structure.kronecker E A G))

        // Summed instead of averaged inputs would make it R^2 times too large.
        Holds.forSome
            "K-FAC-reduce is the matrix itself where a data point's inputs are the same everywhere"
            20
            products
            (fun sizes ->
                use _scope = torch.NewDisposeScope()
                Networks.seeded sizes.Seed

                let only = { sizes.Layers.Head with Form = Rows; Groups = 1 }

                let same = activations 1 1 only

                let G =
                    FisherFactor.ofColumns {
                        Layers = [|
                            LayerFactor.Product(
                                Activations.joinPositions (Array.create 5 same),
                                Networks.normal [ 1; sizes.PerPoint; 5; only.Outputs ]
                            )
                        |]
                        Weight = 1.0
                    }

                agreesByLayer G (ofLayer G) (Structure.kronecker Positions.Pooled Positions.Pooled G))

        forAll "TKFAC has the trace of F, layer by layer, whatever positions, columns and groups" (fun G ->
            match Structure.traceKronecker G with
            | Curvature.Blocks parts ->
                parts
                |> Array.iteri (fun l part ->
                    Oracle.agrees Tolerance.rounding [| (ofLayer G l).Trace() |] (Dense.values (Curvature.trace part)))
            | _ -> failtest "no blocks")

        forAll "EKFAC has the trace of F, the diagonal of F in its basis, and is closer to F than KFAC" (fun G ->
            for E in ways do
                for A in ways do
                    match Structure.eigenbasis E A G, Structure.kronecker E A G with
                    | Curvature.Blocks bases, Curvature.Blocks products ->
                        for l in 0 .. bases.Length - 1 do
                            let F = ofLayer G l
                            let found = Dense.ofTensor (Curvature.dense bases[l])

                            Oracle.agrees Tolerance.rounding [| F.Trace() |] (Dense.values (Curvature.trace bases[l]))

                            match bases[l] with
                            | Curvature.Eigenbasis(Side.Full Q_E, Side.Full Q_A, S) ->
                                let Q =
                                    Dense.ofTensor (
                                        Curvature.dense (Curvature.Kronecker(Side.Full Q_E, Side.Full Q_A))
                                    )

                                let inBasis = (Q.Transpose() * F * Q).Diagonal()
                                Oracle.agrees Tolerance.rounding (inBasis.ToArray()) (Dense.values S)
                            | _ -> failtest "no eigenbasis"

                            let apart (M: Matrix<float>) = (F - M).FrobeniusNorm()
                            let kfac = Dense.ofTensor (Curvature.dense products[l])

                            Expect.isTrue
                                (apart found <= apart kfac + Tolerance.rounding * F.FrobeniusNorm())
                                "the eigenbasis is at least as near as K-FAC"
                    | _ -> failtest "no blocks")

        Holds.forSome "KFAC's products of E_bar and A_bar are those of the statistics" 20 products (fun sizes ->
            use _scope = torch.NewDisposeScope()
            let G = factor { sizes with Parts = 1 }

            for E in ways do
                for A in ways do
                    let expected l =
                        match G.Parts[0].Layers[l] with
                        | LayerFactor.Product(activations, errors) ->
                            let E = Side.ofTensor (Statistic.errors E G.Parts[0].Weight errors)
                            let A = Side.ofTensor (Statistic.activations A Networks.double activations)

                            [
                                for group in 0 .. int (Side.groups E) - 1 ->
                                    (Sides.matrix group E).KroneckerProduct(Sides.matrix group A)
                            ]
                            |> Dense.blocks
                        | _ -> failwith "no product"

                    agreesByLayer G expected (Structure.kronecker E A G))

        Holds.forSome "Eva's matrix is b b^T x a a^T of the means" 20 singleProduct (fun sizes ->
            use _scope = torch.NewDisposeScope()

            match layer sizes with
            | LayerFactor.Product(activations, E) ->
                let b, a = Statistic.meanError E, Statistic.meanActivation Networks.double activations

                let column = (b.unsqueeze 2L * a.unsqueeze 1L).flatten()
                let found = Structure.rankOne b a

                Oracle.agreesWith
                    Tolerance.rounding
                    (Dense.ofTensor (column.unsqueeze 1L * column))
                    (Curvature.dense found)
            | _ -> failtest "no product")
    ]
