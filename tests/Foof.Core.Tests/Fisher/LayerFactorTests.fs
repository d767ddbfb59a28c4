module Foof.Core.Tests.LayerFactorTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private forAll sentence generator property =
    Holds.forAll sentence generator (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property sizes (layer sizes))

/// The gradients as rows of one matrix [m; d_out d_in].
let private rows factor : Matrix<float> =
    gradients factor |> Seq.map (fun P -> Weights.ofMatrices [ P ]) |> Matrix<float>.Build.DenseOfRowVectors

let private vectorOf (x: torch.Tensor) = Vector<float>.Build.Dense(Dense.values x)

/// Two factors of one layer: other numbers of data points, columns and positions.
let private pair sizes =
    Networks.seeded sizes.Seed
    let only = sizes.Layers.Head

    layerFactor sizes.Points sizes.PerPoint only.Positions only,
    layerFactor (sizes.Points + 1) (4 - sizes.PerPoint) (only.Positions + 1) only

[<Tests>]
let tests =
    testList "Fisher.LayerFactor" [
        forAll "columns, shape and positions are those of the gradients written out" single (fun sizes factor ->
            let all = gradients factor
            Expect.equal (LayerFactor.columns factor) (int64 all.Length) "the columns of factor"

            Expect.equal
                (LayerFactor.shape factor)
                [| int64 all[0].RowCount; int64 all[0].ColumnCount |]
                "the shape of factor"

            Expect.equal (LayerFactor.positions factor) (int64 sizes.Layers.Head.Positions) "the positions of factor")

        forAll "gradients written out are sum_r e_jr a_ir^T, c-major" single (fun _ factor ->
            let P = LayerFactor.written Networks.double factor

            Expect.equal
                P.shape
                (Array.append [| LayerFactor.columns factor |] (LayerFactor.shape factor))
                "the shape of P"

            Oracle.agreesWith Tolerance.rounding (rows factor) (P.flatten 1L))

        forAll "gradients written chunk by chunk are all there, each once" single (fun _ factor ->
            let expected = rows factor
            let bytes = 8L * int64 expected.ColumnCount

            for budget in [ 1L; 2L * bytes; 1000L * bytes ] do
                let found = torch.zeros_like (Dense.toTensor expected)

                LayerFactor.forEachWrittenWithin budget Networks.double factor (fun start P ->
                    Expect.isTrue (P.size 0 <= max 1L (budget / bytes)) "a chunk is larger than the budget"

                    found.narrow(0L, start, P.size 0).add_(P.flatten 1L) |> ignore)

                Oracle.agreesWith Tolerance.rounding expected found)

        Holds.forAll
            "both routes give the inner products of the gradients written out, whatever the budget"
            single
            (fun sizes ->
                use _scope = torch.NewDisposeScope()
                let x, y = pair sizes
                let expected = rows x * (rows y).Transpose()

                for route in [ GramRoute.Pairs; GramRoute.Explicit ] do
                    for budget in [ 1L; 2000L; LayerFactor.budget ] do
                        let K = torch.zeros_like (Dense.toTensor expected)
                        LayerFactor.addGramWithin budget route x y K
                        Oracle.agreesWith Tolerance.rounding expected K)

        forAll "the inner products are added to what is there, in place" single (fun _ factor ->
            let G = rows factor
            let K = torch.ones_like (Dense.toTensor (G * G.Transpose()))

            LayerFactor.addGram factor factor K
            LayerFactor.addGramBy GramRoute.Explicit factor factor K
            Oracle.agreesWith Tolerance.rounding (2.0 * G * G.Transpose() + 1.0) K)

        forAll
            "the route is pairs where R^2 (d_in + d_out) < d_in d_out or R = 1, and explicit otherwise"
            single
            (fun sizes factor ->
                let only = sizes.Layers.Head
                let R, d_in, d_out = only.Positions, only.Inputs, only.Outputs

                let pairs =
                    match only.Form with
                    | Written
                    | Weighted -> false
                    | _ -> R = 1 || R * R * (d_in + d_out) < d_in * d_out

                Expect.equal
                    (LayerFactor.route factor)
                    (if pairs then GramRoute.Pairs else GramRoute.Explicit)
                    "the route of factor")

        test "both sides of the route's switch point are among the random factors" {
            let mutable seen = Set.empty

            Oracle.forAll single (fun sizes ->
                use _scope = torch.NewDisposeScope()

                if sizes.Layers.Head.Positions > 1 then seen <- seen.Add(LayerFactor.route (layer sizes)))

            Expect.equal seen (set [ GramRoute.Pairs; GramRoute.Explicit ]) "the routes seen"
        }

        forAll "g_j . v and sum_j w_j g_j are those of the gradients written out" single (fun _ factor ->
            let G, shape = rows factor, LayerFactor.shape factor

            let v, w = torch.randn (shape, dtype = Networks.double), Networks.normal [ G.RowCount ]

            let products = LayerFactor.transposeTimes v factor
            Expect.equal products.shape [| int64 G.RowCount |] "the shape of products"
            Oracle.agrees Tolerance.rounding ((G * vectorOf v).ToArray()) (Dense.values products)
            let sum = LayerFactor.times w factor
            Expect.equal sum.shape shape "the shape of sum"
            Oracle.agrees Tolerance.rounding ((vectorOf w * G).ToArray()) (Dense.values sum))

        test "g_j . v of errors that are taken piece by piece are those of the gradients written out" {
            use _scope = torch.NewDisposeScope()

            let normal (shape: int64 array) = torch.randn (shape, dtype = Networks.double)
            // 1.4 MB of errors, of 37 data points with three columns each: a piece has 1 MB.
            let A, E = normal [| 2L; 37L; 2L; 3L |], normal [| 2L; 111L; 2L; 400L |]
            let factor, v = LayerFactor.Product(Activations.rows A, E), normal [| 800L; 3L |]

            Oracle.agrees
                Tolerance.rounding
                ((rows factor * vectorOf v).ToArray())
                (Dense.values (LayerFactor.transposeTimes v factor))
        }

        forAll "a v that is not contiguous makes no difference" single (fun _ factor ->
            let v = torch.randn(LayerFactor.shape factor |> Array.rev, dtype = Networks.double).t()

            Oracle.agrees
                Tolerance.rounding
                (Dense.values (LayerFactor.transposeTimes (v.contiguous ()) factor))
                (Dense.values (LayerFactor.transposeTimes v factor)))

        forAll "norms and the weighted diagonal are those of the gradients written out" single (fun _ factor ->
            let G = rows factor
            let squares = G.PointwiseMultiply G
            let w = Networks.normal [ G.RowCount ]

            Oracle.agrees
                Tolerance.rounding
                ((squares.RowSums()).ToArray())
                (Dense.values (LayerFactor.squaredNorms factor))

            let diagonal = LayerFactor.diagonal w factor
            Expect.equal diagonal.shape (LayerFactor.shape factor) "the shape of diagonal"
            Oracle.agrees Tolerance.rounding ((vectorOf w * squares).ToArray()) (Dense.values diagonal))

        forAll
            "weights multiply every gradient element by element, and one number multiplies all"
            single
            (fun _ factor ->
                let S, c = torch.randn (LayerFactor.shape factor, dtype = Networks.double), Networks.normal [ 1; 1 ]

                for S in [ S; c ] do
                    let all = S.expand (LayerFactor.shape factor)

                    let expected = gradients factor |> Array.map (fun P -> P.PointwiseMultiply(Dense.ofTensor all))

                    let weighted = LayerFactor.weighted factor S

                    Oracle.agrees
                        Tolerance.rounding
                        (expected |> Array.collect _.ToRowMajorArray())
                        (Dense.values (LayerFactor.written Networks.double weighted)))
    ]
