/// Kronecker products merged into one, as for tasks in sequence.
module Foof.Core.Tests.CurvatureMergeTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private kroneckers = ofOneLayer |> List.filter (fun (name, _) -> name.StartsWith "Kronecker")

[<Tests>]
let tests =
    testList "Curvature.CurvatureMerge" [
        testList "merged Kronecker products are one product with the trace of the sum, by group" [
            for name, _ in kroneckers do
                for other, _ in kroneckers do
                    Holds.forSome $"{name}; {other}" 5 orders (fun order ->
                        use _scope = torch.NewDisposeScope()

                        let (x, F), (y, F') = draw name order, draw other { order with Seed = order.Seed + 1 }

                        let merged = Curvature.merge x y

                        match merged with
                        | Curvature.Kronecker _ -> ()
                        | _ -> failtest $"{name} and {other} are no product"

                        let found, p = Dense.ofTensor (Curvature.dense merged), F.RowCount / order.Groups

                        for group in 0 .. order.Groups - 1 do
                            let block (M: Matrix<float>) = M.SubMatrix(group * p, p, group * p, p)
                            let expected = (block F).Trace() + (block F').Trace()
                            Oracle.agrees Tolerance.rounding [| expected |] [| (block found).Trace() |])
        ]

        testList "T equal tasks merged one after the other count T-fold, not more" [
            for name, _ in kroneckers do
                forOne name name (fun _ (C, F) ->
                    let merged = Seq.fold (fun sum _ -> Curvature.merge sum C) C [ 2..4 ]
                    Oracle.agreesWith Tolerance.explicit (F * 4.0) (Curvature.dense merged))
        ]

        test "merged factors are those of the formula" {
            use _scope = torch.NewDisposeScope()
            let side d = Sides.semidefinite 1 d (d + 1)
            let E, A, E', A' = side 2, side 3, side 2, side 3
            let of' (M: torch.Tensor) = Dense.ofTensor (M.squeeze 0L)

            let expected = KroneckerFactors.merged (struct (of' E, of' A)) (struct (of' E', of' A'))

            let merged =
                Curvature.merge
                    (Curvature.Kronecker(Side.Full E, Side.Full A))
                    (Curvature.Kronecker(Side.Full E', Side.Full A'))

            Oracle.agreesWith Tolerance.rounding expected (Curvature.dense merged)
        }

        test "merging with a product that is zero leaves the other one, and no NaN" {
            for name, _ in kroneckers do
                forSome name (fun order (C, F) ->
                    let zero d = Side.Full(torch.zeros (order.Groups, d, d, dtype = Networks.double))

                    let E, A = zero order.Outputs, Sides.side Sides.Full order.Groups order.Inputs

                    let nothing = Curvature.Kronecker(E, A)
                    Oracle.agreesWith Tolerance.rounding F (Curvature.dense (Curvature.merge C nothing))
                    Oracle.agreesWith Tolerance.rounding F (Curvature.dense (Curvature.merge nothing C))
                    Oracle.agreesWith 0.0 (F * 0.0) (Curvature.dense (Curvature.merge nothing nothing)))
        }
    ]
