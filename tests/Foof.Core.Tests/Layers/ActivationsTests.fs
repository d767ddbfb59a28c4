[<Seeded>]
module Foof.Core.Tests.ActivationsTests

open Foof
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open FsCheck.FSharp
open TorchSharp
open Xunit

/// Two sets of activations of one layer with n and n + 1 data points, R and R + 1 positions, and the sizes.
let private drawn sizes =
    Networks.seeded sizes.Seed
    let layer, n = sizes.Layers.Head, sizes.Points
    let R = layer.Positions
    layer, activations n R layer, activations (n + 1) (R + 1) layer

let private forAll property =
    Oracle.forAll singleProduct (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property sizes (drawn sizes))

/// A tensor [g; ...] of a function of its four indices, flat.
let private flat4 g a b c (element: int -> int -> int -> int -> float) = [|
    for group in 0 .. g - 1 do
        for i in 0 .. a - 1 do
            for j in 0 .. b - 1 do
                for k in 0 .. c - 1 -> element group i j k
|]

[<Fact>]
let ``sizes and tensors are those of what is held`` () =
    forAll (fun sizes (layer, x, _) ->
        Assert.Equal(int64 sizes.Points, Activations.dataPoints x)
        Assert.Equal(int64 layer.Positions, Activations.positions x)
        Assert.Equal(int64 layer.Groups, Activations.groups x)
        Assert.Equal(int64 layer.Inputs, Activations.width x)

        match x with
        | Activations.Rows A -> Assert.Same(A, Assert.Single(Activations.tensors x))
        | Activations.Indices(index, _) -> Assert.Same(index, Assert.Single(Activations.tensors x)))

[<Fact>]
let ``one-hot rows written out are one at their index and zero elsewhere`` () =
    forAll (fun sizes (layer, x, _) ->
        let expected =
            flat4 layer.Groups sizes.Points layer.Positions layer.Inputs (entry x)

        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            let dense = Activations.dense kind x
            Assert.Equal(kind, dense.dtype)

            Assert.Equal<int64 array>(
                [| layer.Groups; sizes.Points; layer.Positions; layer.Inputs |]
                |> Array.map int64,
                dense.shape
            )

            Oracle.agrees Tolerance.float32AgainstFloat64 expected (Oracle.values dense))

[<Fact>]
let ``another type changes rows and leaves indices whole`` () =
    forAll (fun _ (_, x, _) ->
        match x, Activations.ofType torch.ScalarType.Float32 x with
        | Activations.Rows A, Activations.Rows A' ->
            Assert.Equal(torch.ScalarType.Float32, A'.dtype)
            Oracle.agrees Tolerance.float32AgainstFloat64 (Oracle.values A) (Oracle.values A')
        | Activations.Indices(index, _), Activations.Indices(index', _) -> Assert.Same(index, index')
        | _ -> Assert.Fail "the form changed")

[<Fact>]
let ``all pairs of rows have their inner product, of two different sets too`` () =
    forAll (fun _ (layer, x, y) ->
        let a, b = entry x, entry y
        let R, R' = int (Activations.positions x), int (Activations.positions y)

        let rows, columns =
            R * int (Activations.dataPoints x), R' * int (Activations.dataPoints y)

        let expected =
            flat4 layer.Groups rows columns 1 (fun group i j _ ->
                Seq.sum (
                    seq {
                        for q in 0 .. layer.Inputs - 1 ->
                            a group (i / R) (i % R) q * b group (j / R') (j % R') q
                    }
                ))

        let gram = Activations.gram x y Networks.double
        Assert.Equal<int64 array>([| int64 layer.Groups; int64 rows; int64 columns |], gram.shape)
        Oracle.agrees Tolerance.rounding expected (Oracle.values gram)

        // One-hot rows against the same rows written out, on either side.
        let written = Activations.Rows(Activations.dense Networks.double y)

        Oracle.agrees
            Tolerance.rounding
            expected
            (Oracle.values (Activations.gram x written Networks.double)))

[<Fact>]
let ``outputs are the rows times V^T`` () =
    forAll (fun sizes (layer, x, _) ->
        let V = Networks.normal [ layer.Groups; layer.Outputs; layer.Inputs ]
        let v, a = Oracle.values V, entry x

        let expected =
            flat4 layer.Groups sizes.Points layer.Positions layer.Outputs (fun group i r o ->
                Seq.sum (
                    seq {
                        for q in 0 .. layer.Inputs - 1 ->
                            a group i r q * v[(group * layer.Outputs + o) * layer.Inputs + q]
                    }
                ))

        let outputs = Activations.times V x

        Assert.Equal<int64 array>(
            [| layer.Groups; sizes.Points; layer.Positions; layer.Outputs |]
            |> Array.map int64,
            outputs.shape
        )

        Oracle.agrees Tolerance.rounding expected (Oracle.values outputs))

[<Fact>]
let ``the gradient sums e a^T over data points and positions`` () =
    forAll (fun sizes (layer, x, _) ->
        let E =
            Networks.normal [ layer.Groups; sizes.Points; layer.Positions; layer.Outputs ]

        let expected =
            gradients (LayerFactor.Product(x, E)) |> Array.reduce (+) |> _.ToRowMajorArray()

        let gradient = Activations.gradient E x

        Assert.Equal<int64 array>(
            [| layer.Groups; layer.Outputs; layer.Inputs |] |> Array.map int64,
            gradient.shape
        )

        Oracle.agrees Tolerance.rounding expected (Oracle.values gradient))

[<Fact>]
let ``runs of data points and joined sets are the same rows in their order`` () =
    forAll (fun sizes (layer, x, _) ->
        let n, R = sizes.Points, layer.Positions
        let a, y = entry x, activations n (R + 2) layer
        let last = entry (Activations.points (int64 n - 1L) 1L x)
        let twice = entry (Activations.joinDataPoints [| x; x |])
        let wide = Activations.joinPositions [| x; y; x |]
        Assert.Equal(int64 (3 * R + 2), Activations.positions wide)
        let b, wide = entry y, entry wide

        for group in 0 .. layer.Groups - 1 do
            for q in 0 .. layer.Inputs - 1 do
                for r in 0 .. R - 1 do
                    Assert.Equal(a group (n - 1) r q, last group 0 r q)

                    for i in 0 .. n - 1 do
                        Assert.Equal(a group i r q, twice group i r q)
                        Assert.Equal(a group i r q, twice group (n + i) r q)
                        Assert.Equal(a group i r q, wide group i r q)
                        Assert.Equal(b group i (r + 2) q, wide group i (R + r + 2) q)
                        Assert.Equal(a group i r q, wide group i (2 * R + 2 + r) q))

[<Fact>]
let ``one set joined is that set`` () =
    forAll (fun _ (_, x, _) ->
        Assert.Same(x, Activations.joinPositions [| x |])
        Assert.Same(x, Activations.joinDataPoints [| x |]))
