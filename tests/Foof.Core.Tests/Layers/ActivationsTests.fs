module Foof.Core.Tests.ActivationsTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open FsCheck.FSharp
open TorchSharp

/// Two sets of activations of one layer with n and n + 1 data points, R and R + 1 positions, and the sizes.
let private drawn sizes =
    Networks.seeded sizes.Seed
    let layer, n = sizes.Layers.Head, sizes.Points
    let R = layer.Positions
    layer, activations n R layer, activations (n + 1) (R + 1) layer

let private forAll sentence property =
    Holds.forAll sentence singleProduct (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property sizes (drawn sizes))

/// A tensor [g; ...] of a function of its four indices, flat.
let private flat4 g a b c (element: int -> int -> int -> int -> float) = [|
    for group in 0 .. g - 1 do
        for i in 0 .. a - 1 do
            for j in 0 .. b - 1 do
                for k in 0 .. c - 1 -> element group i j k
|]

[<Tests>]
let tests =
    testList "Layers.Activations" [
        forAll "sizes and tensors are those of what is held" (fun sizes (layer, x, _) ->
            Expect.equal (Activations.dataPoints x) (int64 sizes.Points) "the data points of x"
            Expect.equal (Activations.positions x) (int64 layer.Positions) "the positions of x"
            Expect.equal (Activations.groups x) (int64 layer.Groups) "the groups of x"
            Expect.equal (Activations.width x) (int64 layer.Inputs) "the width of x"

            match x with
            | Activations.Rows(A, _) -> Oracle.isSame (Oracle.only (Activations.tensors x)) A "the only element"
            | Activations.Indices(index, _) ->
                Oracle.isSame (Oracle.only (Activations.tensors x)) index "the only element")

        forAll "one-hot rows written out are one at their index and zero elsewhere" (fun sizes (layer, x, _) ->
            let expected = flat4 layer.Groups sizes.Points layer.Positions layer.Inputs (entry x)

            for kind in [ Networks.double; torch.ScalarType.Float32 ] do
                let dense = Activations.dense kind x
                Expect.equal dense.dtype kind "the type of dense"

                Expect.equal
                    dense.shape
                    ([| layer.Groups; sizes.Points; layer.Positions; layer.Inputs |] |> Array.map int64)
                    "the shape of dense"

                Oracle.agrees Tolerance.float32AgainstFloat64 expected (Dense.values dense))

        forAll "another type changes rows and leaves indices whole numbers" (fun _ (_, x, _) ->
            match x, Activations.ofType torch.ScalarType.Float32 x with
            | Activations.Rows(A, _), Activations.Rows(A', _) ->
                Expect.equal A'.dtype torch.ScalarType.Float32 "the type of A"
                Oracle.agrees Tolerance.float32AgainstFloat64 (Dense.values A) (Dense.values A')
            | Activations.Indices(index, _), Activations.Indices(index', _) -> Oracle.isSame index' index "the index"
            | _ -> failtest "the form changed")

        forAll "all pairs of rows have their inner product, of two different sets too" (fun _ (layer, x, y) ->
            let a, b = entry x, entry y
            let R, R' = int (Activations.positions x), int (Activations.positions y)

            let rows, columns = R * int (Activations.dataPoints x), R' * int (Activations.dataPoints y)

            let expected =
                flat4 layer.Groups rows columns 1 (fun group i j _ ->
                    Seq.sum (
                        seq {
                            for q in 0 .. layer.Inputs - 1 -> a group (i / R) (i % R) q * b group (j / R') (j % R') q
                        }
                    ))

            let gram = Activations.gram x y Networks.double

            Expect.equal gram.shape [| int64 layer.Groups; int64 rows; int64 columns |] "the shape of gram"

            Oracle.agrees Tolerance.rounding expected (Dense.values gram)

            // One-hot rows against the same rows written out, on either side.
            let written = Activations.rows (Activations.dense Networks.double y)

            Oracle.agrees Tolerance.rounding expected (Dense.values (Activations.gram x written Networks.double)))

        forAll "outputs are the rows times V^T" (fun sizes (layer, x, _) ->
            let V = Networks.normal [ layer.Groups; layer.Outputs; layer.Inputs ]
            let v, a = Dense.values V, entry x

            let expected =
                flat4 layer.Groups sizes.Points layer.Positions layer.Outputs (fun group i r o ->
                    Seq.sum (
                        seq {
                            for q in 0 .. layer.Inputs - 1 ->
                                a group i r q * v[(group * layer.Outputs + o) * layer.Inputs + q]
                        }
                    ))

            let outputs = Activations.times V x

            Expect.equal
                outputs.shape
                ([| layer.Groups; sizes.Points; layer.Positions; layer.Outputs |] |> Array.map int64)
                "the shape of outputs"

            Oracle.agrees Tolerance.rounding expected (Dense.values outputs))

        forAll "the gradient sums e a^T over data points and positions" (fun sizes (layer, x, _) ->
            let E = Networks.normal [ layer.Groups; sizes.Points; layer.Positions; layer.Outputs ]

            let expected = gradients (LayerFactor.Product(x, E)) |> Array.reduce (+) |> _.ToRowMajorArray()

            let gradient = Activations.gradient E x

            Expect.equal
                gradient.shape
                ([| layer.Groups; layer.Outputs; layer.Inputs |] |> Array.map int64)
                "the shape of gradient"

            Oracle.agrees Tolerance.rounding expected (Dense.values gradient))

        forAll "runs of data points and joined sets are the same rows in their order" (fun sizes (layer, x, _) ->
            let n, R = sizes.Points, layer.Positions
            let a, y = entry x, activations n (R + 2) layer
            let last = entry (Activations.points (int64 n - 1L) 1L x)
            let twice = entry (Activations.joinDataPoints [| x; x |])
            let wide = Activations.joinPositions [| x; y; x |]
            Expect.equal (Activations.positions wide) (int64 (3 * R + 2)) "the positions of wide"
            let b, wide = entry y, entry wide

            for group in 0 .. layer.Groups - 1 do
                for q in 0 .. layer.Inputs - 1 do
                    for r in 0 .. R - 1 do
                        Expect.equal (last group 0 r q) (a group (n - 1) r q) "the last data point"

                        for i in 0 .. n - 1 do
                            Expect.equal (twice group i r q) (a group i r q) "the first half of the data points"

                            Expect.equal (twice group (n + i) r q) (a group i r q) "the second half of the data points"

                            Expect.equal (wide group i r q) (a group i r q) "the first call"

                            Expect.equal (wide group i (R + r + 2) q) (b group i (r + 2) q) "the second call"

                            Expect.equal (wide group i (2 * R + 2 + r) q) (a group i r q) "the third call")

        forAll "one set joined is that set" (fun _ (_, x, _) ->
            Oracle.isSame (Activations.joinPositions [| x |]) x "one call"
            Oracle.isSame (Activations.joinDataPoints [| x |]) x "one part")
    ]
