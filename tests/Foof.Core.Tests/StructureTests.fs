/// Structures from Fisher factors, against what is kept of the matrix F itself.
[<Seeded>]
module Foof.Core.Tests.StructureTests

open Foof
open Foof.Core.Tests.Factors
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let private forAll property =
    Oracle.forSome 20 products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property (factor sizes))

let private ways = [ Positions.Summed; Positions.Averaged; Positions.Pooled ]

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

let private ofLayer (G: FisherFactor) l : Matrix<float> = dense (FisherFactor.layer l G)

/// F with what does not belong to `keep` of a layer's block, a row of W and an input each, left out.
let private masked
    (G: FisherFactor)
    (keep: struct (int * int) -> struct (int * int) -> bool)
    l
    : Matrix<float> =
    let inputs = int (Array.last G.Shapes[l])
    let place i = struct (i / inputs, i % inputs)
    (ofLayer G l).MapIndexed(fun i j value -> if keep (place i) (place j) then value else 0.0)

let private agreesByLayer (G: FisherFactor) (expected: int -> Matrix<float>) curvature =
    match curvature with
    | Curvature.Blocks parts ->
        Assert.Equal(G.Shapes.Length, parts.Length)

        parts
        |> Array.iteri (fun l part ->
            Oracle.agreesWith Tolerance.rounding (expected l) (Curvature.dense part))
    | _ -> Assert.Fail "no blocks"

[<Fact>]
let ``F itself, its blocks, its diagonal and its units are parts of the matrix`` () =
    forAll (fun G ->
        let F = dense G

        for C in [ Structure.lowRank G; Structure.dense G ] do
            Oracle.agreesWith Tolerance.rounding F (Curvature.dense C)

        for C in [ Structure.layerwiseLowRank G; Structure.layerwiseDense G ] do
            agreesByLayer G (ofLayer G) C

        let diagonal = Matrix<float>.Build.DenseOfDiagonalVector(F.Diagonal())
        Oracle.agreesWith Tolerance.rounding diagonal (Curvature.dense (Structure.diagonal G))
        let sameRow (struct (o, _)) (struct (o', _)) = o = o'
        agreesByLayer G (masked G sameRow) (Structure.units G))

[<Fact>]
let ``for one data point and one position KFAC is the matrix itself, for each group`` () =
    Oracle.forSome 20 products (fun sizes ->
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

[<Fact>]
let ``K-FAC-reduce is the matrix itself where a data point's inputs are the same everywhere`` () =
    // Summed instead of averaged inputs would make it R^2 times too large.
    Oracle.forSome 20 products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        Networks.seeded sizes.Seed

        let only = {
            sizes.Layers.Head with
                Form = Rows
                Groups = 1
        }

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

[<Fact>]
let ``F is made of each column's own square, not of the squared mean gradient`` () =
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

    let G =
        FisherFactor.ofColumns {
            Layers = [| LayerFactor.Product(Activations.Rows A, E) |]
            Weight = 0.5
        }

    let mean = FisherFactor.times (torch.ones (2L, dtype = Networks.double)) G
    Oracle.agreesWith 0.0 (Oracle.build 2 3 (fun _ _ -> 0.0)) mean[0]
    let one = Oracle.build 6 6 (fun _ _ -> 1.0)

    for name, make in all do
        let found = Curvature.dense (make G)
        Oracle.agrees Tolerance.rounding [| 6.0 |] (Oracle.values (Curvature.trace (make G)))

        if name <> "diagonal" && name <> "units" then
            Oracle.agreesWith Tolerance.rounding one found

[<Fact>]
let ``TKFAC has the trace of F, layer by layer, whatever positions, columns and groups`` () =
    forAll (fun G ->
        match Structure.traceKronecker G with
        | Curvature.Blocks parts ->
            parts
            |> Array.iteri (fun l part ->
                Oracle.agrees
                    Tolerance.rounding
                    [| (ofLayer G l).Trace() |]
                    (Oracle.values (Curvature.trace part)))
        | _ -> Assert.Fail "no blocks")

[<Fact>]
let ``EKFAC has the trace of F, the diagonal of F in its basis, and is closer to F than KFAC`` () =
    forAll (fun G ->
        for E in ways do
            for A in ways do
                match Structure.eigenbasis E A G, Structure.kronecker E A G with
                | Curvature.Blocks bases, Curvature.Blocks products ->
                    for l in 0 .. bases.Length - 1 do
                        let F = ofLayer G l
                        let found = Oracle.matrix (Curvature.dense bases[l])

                        Oracle.agrees
                            Tolerance.rounding
                            [| F.Trace() |]
                            (Oracle.values (Curvature.trace bases[l]))

                        match bases[l] with
                        | Curvature.Eigenbasis(Side.Full Q_E, Side.Full Q_A, S) ->
                            let Q =
                                Oracle.matrix (
                                    Curvature.dense (Curvature.Kronecker(Side.Full Q_E, Side.Full Q_A))
                                )

                            let inBasis = (Q.Transpose() * F * Q).Diagonal()
                            Oracle.agrees Tolerance.rounding (inBasis.ToArray()) (Oracle.values S)
                        | _ -> Assert.Fail "no eigenbasis"

                        let apart (M: Matrix<float>) = (F - M).FrobeniusNorm()
                        let kfac = Oracle.matrix (Curvature.dense products[l])
                        Assert.True(apart found <= apart kfac + Tolerance.rounding * F.FrobeniusNorm())
                | _ -> Assert.Fail "no blocks")

[<Fact>]
let ``KFAC's products of E_bar and A_bar are those of the statistics`` () =
    Oracle.forSome 20 products (fun sizes ->
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
                                (SideTests.matrix group E).KroneckerProduct(SideTests.matrix group A)
                        ]
                        |> Structures.diagonalOf
                    | _ -> failwith "no product"

                agreesByLayer G expected (Structure.kronecker E A G))

[<Fact>]
let ``data points in another order, and a batch in two joined parts, make the same curvature`` () =
    Oracle.forSome 10 products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        let G = factor { sizes with Parts = 1; Points = 5 }

        // Pooled factors have a null space in which gradients lie, and whose basis is arbitrary.
        let bases = [
            for positions in [ Positions.Summed; Positions.Averaged ] do
                $"eigenbasis, {positions}", Structure.eigenbasis positions positions
        ]

        for _, make in all @ bases do
            let expected = Oracle.matrix (Curvature.dense (make G))
            Oracle.agreesWith Tolerance.explicit expected (Curvature.dense (make (permuted G)))
            Oracle.agreesWith Tolerance.explicit expected (Curvature.dense (make (split 2L G))))

[<Fact>]
let ``Eva's matrix is b b^T x a a^T of the means`` () =
    Oracle.forSome 20 singleProduct (fun sizes ->
        use _scope = torch.NewDisposeScope()

        match layer sizes with
        | LayerFactor.Product(activations, E) ->
            let b, a =
                Statistic.meanError E, Statistic.meanActivation Networks.double activations

            let column = (b.unsqueeze 2L * a.unsqueeze 1L).flatten()
            let found = Structure.rankOne b a

            Oracle.agreesWith
                Tolerance.rounding
                (Oracle.matrix (column.unsqueeze 1L * column))
                (Curvature.dense found)
        | _ -> Assert.Fail "no product")
