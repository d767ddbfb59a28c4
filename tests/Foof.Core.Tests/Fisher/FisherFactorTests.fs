module Foof.Core.Tests.FisherFactorTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open Foof.Core.Tests.ChangedFactors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private forAll sentence property =
    Holds.forAll sentence sizes (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property (factor sizes))

let private numbers (x: torch.Tensor) = Vector<float>.Build.Dense(Dense.values x)

[<Tests>]
let tests =
    testList "Fisher.FisherFactor" [
        forAll "m columns, p rows and the layers' shapes are counted over all parts" (fun G ->
            let C = columns G
            Expect.equal (FisherFactor.columns G) (int64 C.RowCount) "the columns of G"
            Expect.equal (FisherFactor.rows G) (int64 C.ColumnCount) "the rows of G"

            for part in G.Parts do
                Expect.equal G.Shapes (part.Layers |> Array.map LayerFactor.shape) "the shapes of G")

        forAll "the Gram matrix is G^T G, in float64 even of float32 factors" (fun G ->
            let C = columns G
            let expected = C * C.Transpose()
            Oracle.agreesWith Tolerance.rounding expected (FisherFactor.gram G)
            let K = FisherFactor.gram (map single32 G)
            Expect.equal K.dtype Networks.double "the type of K"
            Oracle.agreesWith Tolerance.float32AgainstFloat64 expected K)

        Holds.forAll "the cross Gram matrix of two factors is G^T G'" sizes (fun sizes ->
            use _scope = torch.NewDisposeScope()
            let G = factor sizes

            let other =
                factor { sizes with Seed = sizes.Seed + 1; Points = sizes.Points + 1; Parts = 3 - sizes.Parts % 3 }

            let expected = columns G * (columns other).Transpose()
            Oracle.agreesWith Tolerance.rounding expected (FisherFactor.crossGram G other))

        forAll "G^T v, G w and G G^T v are those of the columns written out" (fun G ->
            let C, v = columns G, Vectors.random G.Shapes
            let w = Networks.normal [ C.RowCount ]

            Oracle.agrees
                Tolerance.rounding
                ((C * Weights.flatten v).ToArray())
                (Dense.values (FisherFactor.transposeTimes v G))

            let product = FisherFactor.times w G
            Expect.equal (WeightVector.shapes product) G.Shapes "the shapes of product"

            Oracle.agrees Tolerance.rounding ((numbers w * C).ToArray()) ((Weights.flatten product).ToArray())

            let whole = FisherFactor.times (FisherFactor.transposeTimes v G) G

            Oracle.agrees
                Tolerance.rounding
                ((dense G * Weights.flatten v).ToArray())
                ((Weights.flatten whole).ToArray()))

        forAll "norms, diagonal and the dense matrix are those of the columns written out" (fun G ->
            let C, F = columns G, dense G
            let norms = (C * C.Transpose()).Diagonal().ToArray()
            Oracle.agrees Tolerance.rounding norms (Dense.values (FisherFactor.squaredNorms G))
            let diagonal = FisherFactor.diagonal G
            Expect.equal (WeightVector.shapes diagonal) G.Shapes "the shapes of diagonal"
            Oracle.agrees Tolerance.rounding (F.Diagonal().ToArray()) ((Weights.flatten diagonal).ToArray())
            Oracle.agreesWith Tolerance.rounding F (FisherFactor.dense G))

        forAll "float32 agrees with float64 and stays float32" (fun G ->
            let v = Vectors.random G.Shapes
            let G', v' = map single32 G, v |> Array.map single32
            let w = Networks.normal [ int (FisherFactor.columns G) ]

            let pairs = [
                FisherFactor.transposeTimes v G, FisherFactor.transposeTimes v' G'
                yield! Seq.zip (FisherFactor.times w G) (FisherFactor.times w G')
                FisherFactor.squaredNorms G, FisherFactor.squaredNorms G'
                yield! Seq.zip (FisherFactor.diagonal G) (FisherFactor.diagonal G')
                FisherFactor.dense G, FisherFactor.dense G'
            ]

            for expected, found in pairs do
                Expect.equal found.dtype torch.ScalarType.Float32 "the type of found"

                Oracle.agrees Tolerance.float32AgainstFloat64 (Dense.values expected) (Dense.values found))

        forAll "joined factors have the sum of both matrices" (fun G ->
            let joined = FisherFactor.join [| G; FisherFactor.scale 0.3 G; G |]
            Oracle.agreesWith Tolerance.rounding (dense G * 2.3) (FisherFactor.dense joined)

            Expect.equal (FisherFactor.columns joined) (3L * FisherFactor.columns G) "the columns of joined")

        forAll "a scaled factor has the scaled matrix, and zero makes zero" (fun G ->
            for c in [ 0.0; 0.25; 7.0 ] do
                let scaled = FisherFactor.scale c G
                Oracle.agreesWith Tolerance.rounding (dense G * c) (FisherFactor.dense scaled)
                let C = columns G
                Oracle.agreesWith Tolerance.rounding (C * C.Transpose() * c) (FisherFactor.gram scaled))

        forAll "one layer's factor has that layer's block" (fun G ->
            let sizes = G.Shapes |> Array.map (fun shape -> int (shape[0] * shape[1]))
            let starts = Array.scan (+) 0 sizes

            for l in 0 .. sizes.Length - 1 do
                let block = (dense G).SubMatrix(starts[l], sizes[l], starts[l], sizes[l])
                Oracle.agreesWith Tolerance.rounding block (FisherFactor.dense (FisherFactor.layer l G)))

        forAll "a weighted factor has the matrix S F S, for matrices and for numbers" (fun G ->
            let S =
                G.Shapes
                |> Array.mapi (fun l shape ->
                    if l = 1 then Networks.normal [ 1; 1 ] else torch.randn (shape, dtype = Networks.double))

            let all = Array.map2 (fun (S: torch.Tensor) (shape: int64 array) -> S.expand shape) S G.Shapes

            let D = Dense.diagonal (Weights.numbers all)
            let weighted = FisherFactor.weighted S G
            Oracle.agreesWith Tolerance.rounding (D * dense G * D) (FisherFactor.dense weighted)
            let C = columns G * D
            Oracle.agreesWith Tolerance.rounding (C * C.Transpose()) (FisherFactor.gram weighted)
            let v = Vectors.random G.Shapes

            Oracle.agrees
                Tolerance.rounding
                ((C * Weights.flatten v).ToArray())
                (Dense.values (FisherFactor.transposeTimes v weighted)))

        Holds.forAll "data points in another order make the same matrix" products (fun sizes ->
            use _scope = torch.NewDisposeScope()
            let G = factor { sizes with Parts = 1 }
            Oracle.agreesWith Tolerance.rounding (dense G) (FisherFactor.dense (permuted G)))

        Holds.forAll "a batch in two joined parts is the whole batch" products (fun sizes ->
            use _scope = torch.NewDisposeScope()
            let G = factor { sizes with Parts = 1; Points = 5 }
            let halves = split 2L G
            Expect.equal halves.Parts.Length 2 "the number of parts of halves"
            Oracle.agreesWith Tolerance.rounding (dense G) (FisherFactor.dense halves)
            let v = Vectors.random G.Shapes

            Oracle.agrees
                Tolerance.rounding
                ((dense G * Weights.flatten v).ToArray())
                ((Weights.flatten (FisherFactor.times (FisherFactor.transposeTimes v halves) halves)).ToArray()))
    ]
