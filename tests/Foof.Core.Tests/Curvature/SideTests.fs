module Foof.Core.Tests.SideTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Sides
open FsCheck
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private cases =
    Gen.zip3 (Gen.elements [ One; Identity; Diagonal; Full; Inverse ]) (Gen.choose (1, 3)) (Gen.choose (1, 5))

let private like = lazy (torch.zeros (1L, dtype = Networks.double) |> Scope.detach)

let private forAll sentence property =
    Holds.forAll sentence cases (fun (kind, g, d) ->
        use _scope = torch.NewDisposeScope()
        let side = side kind g d
        // The identity has one group, whatever it is used with.
        property g d side (fun group -> matrix group side))

/// Asserts that each group of a tensor is what it should be.
let private agrees (g: int) (expected: int -> Matrix<float>) (found: torch.Tensor) =
    for group in 0 .. g - 1 do
        Oracle.agreesWith Tolerance.rounding (expected group) (found.select (0L, min (int64 group) (found.size 0 - 1L)))

[<Tests>]
let tests =
    testList "Curvature.Side" [
        test "a statistic of three dimensions is a full side, and one of two dimensions is a diagonal" {
            use _scope = torch.NewDisposeScope()
            let M, d = Networks.normal [ 2; 3; 3 ], Networks.normal [ 2; 3 ]

            match Side.ofTensor M, Side.ofTensor d with
            | Side.Full M', Side.Diagonal d' ->
                Oracle.isSame M' M "the M"
                Oracle.isSame d' d "the d"
            | _ -> failtest "the wrong side"
        }

        forAll "size, groups, tensors, matrix, diagonal and trace are those of the matrix" (fun g d side expected ->
            Expect.equal (Side.size side) (int64 d) "the size of side"

            Expect.equal
                (Side.isOne side)
                (expected 0 = Dense.identity d && (Side.tensors side).IsEmpty)
                "whether the side is one"

            match side with
            | Side.Identity _ ->
                Expect.equal (Side.groups side) 1L "the groups of side"
                Expect.isEmpty (Side.tensors side) "the tensors of side"
            | Side.Diagonal x
            | Side.Full x
            | Side.Inverse x ->
                Expect.equal (Side.groups side) (int64 g) "the groups of side"
                Oracle.isSame (Oracle.only (Side.tensors side)) x "the only element"

            let like = like.Value
            agrees g expected (Side.dense like side)
            let row (values: Vector<float>) = values.ToRowMatrix()

            agrees g (fun group -> row ((expected group).Diagonal())) ((Side.diagonal like side).unsqueeze 1L)

            for group in 0 .. int (Side.groups side) - 1 do
                Oracle.agrees Tolerance.rounding [| (expected group).Trace() |] [|
                    (Dense.values (Side.trace like side))[group]
                |])

        forAll "a side multiplies rows from the right, and columns from the left" (fun g d side expected ->
            let X = Networks.normal [ g; 4; d ]
            let group i = Dense.ofTensor (X.select (0L, int64 i))
            agrees g (fun i -> group i * expected i) (side |> Side.times X)
            let columns = side |> Side.timesColumns (X.transpose (1L, 2L))
            agrees g (fun i -> expected i * (group i).Transpose()) columns)

        forAll "a side is transposed, squared and scaled element by element" (fun g _ side expected ->
            let asymmetric =
                match side with
                | Side.Full M -> Side.Full(M + torch.randn_like M)
                | _ -> side

            let dense side = Side.dense like.Value side
            agrees g (fun i -> (matrix i asymmetric).Transpose()) (dense (Side.transpose asymmetric))
            agrees g (fun i -> (expected i).PointwiseMultiply(expected i)) (dense (Side.square side))
            agrees g (fun i -> expected i * 0.3) (dense (Side.scale 0.3 side)))

        forAll "damping adds a number by group to the diagonal, of a fresh matrix" (fun g _ side expected ->
            let mu = (Networks.normal [ g ]).square()
            let before = [ for group in 0 .. g - 1 -> expected group ]

            for mu in [ mu; mu.narrow (0L, 0L, 1L) ] do
                let by i = (Dense.values mu)[min i (int (mu.size 0) - 1)]

                let damped = Side.damped mu side
                agrees g (fun i -> Dense.shifted (by i) before[i]) (Side.dense like.Value damped)
                // In place on the result: the side itself must not change.
                Side.tensors damped
                |> List.iter (fun x -> if x.is_contiguous () then x.add_ (1.0.ToScalar()) |> ignore)

                Expect.equal [ for group in 0 .. g - 1 -> expected group ] before "the side itself")

        forAll "a root times its transpose is the matrix, without full rank too" (fun g d side expected ->
            let R = Side.dense like.Value (Side.root side)
            agrees g expected (R.matmul (R.transpose (1L, 2L)))

            let singular = Side.Full(semidefinite g d 1)
            let R = Side.dense like.Value (Side.root singular)

            for i in 0 .. g - 1 do
                let R = R.select (0L, int64 i)
                Oracle.agreesWith Tolerance.explicit (matrix i singular) (R.mm (R.t ())))

        test "products of sides that lie by rows and by columns are written out" {
            use _scope = torch.NewDisposeScope()
            let E, A = side Full 2 3, side Inverse 2 4

            for E, A in [ E, A; Side.transpose E, A; A, E; Side.Identity(3L, 1.0), A ] do
                let groups = int (Kronecker.groups E A)
                let like = Kronecker.like E A
                let group (M: torch.Tensor) i = Dense.ofTensor (M.select (0L, min (int64 i) (M.size 0 - 1L)))

                let expected =
                    List.init groups (fun i ->
                        (group (Side.dense like E) i).KroneckerProduct(group (Side.dense like A) i))

                let found = Curvature.dense (Curvature.Kronecker(E, A))
                Oracle.agreesWith Tolerance.rounding (Dense.blocks expected) found
        }

        test "nothing is left of a product that is multiplied by zero" {
            use _scope = torch.NewDisposeScope()
            let product = Curvature.Kronecker(side Inverse 1 3, side Full 1 2)
            let found = Curvature.product (Curvature.scale 0.0 product) [| Networks.normal [ 3; 2 ] |]
            Expect.equal (Dense.values found[0]) (Array.zeroCreate 6) "the product"
        }

        test "one matrix with several dampings becomes as many groups" {
            use _scope = torch.NewDisposeScope()
            let mu = torch.tensor [| 0.5; 2.0 |]

            for kind in [ Full; Inverse; Diagonal ] do
                let M = side kind 1 3
                let found = Side.dense mu (Side.damped mu M)
                let written = Dense.ofTensor ((Side.dense mu M).select(0L, 0L))
                agrees 2 (fun group -> Dense.shifted (if group = 0 then 0.5 else 2.0) written) found
        }
    ]
