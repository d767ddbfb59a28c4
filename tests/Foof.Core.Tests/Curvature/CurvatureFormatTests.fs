/// Descriptions of curvature for files: the same bits come back.
module Foof.Core.Tests.CurvatureFormatTests

open System.Collections.Generic
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open TorchSharp

let structures = names all

let private written curvature =
    let tensors = Dictionary<string, torch.Tensor>()
    let text = CurvatureFormat.describe tensors "c" curvature
    tensors, text

[<Tests>]
let tests =
    testList "Curvature.CurvatureFormat" [
        forEach "every structure is restored with the same tensors and numbers" structures (fun _ (C, F) ->
            let tensors, text = written C
            let found = CurvatureFormat.read tensors text
            Expect.equal (Curvature.shapes found) (Curvature.shapes C) "the shapes of found"

            for expected, actual in List.zip (Curvature.tensors C) (Curvature.tensors found) do
                Oracle.isSame actual expected "the result"

            Expect.equal (Dense.values (Curvature.dense found)) (Dense.values (Curvature.dense C)) "the matrix"

            Expect.equal (int (Curvature.size found)) F.RowCount "the size of found"
            // Described again it is the same text.
            Expect.equal (snd (written found)) text "the second text")

        Holds.forSome "factors of every form are restored" 20 Factors.sizes (fun sizes ->
            use _scope = torch.NewDisposeScope()
            let C = Curvature.LowRank(Factors.factor sizes)
            let tensors, text = written C
            let found = CurvatureFormat.read tensors text

            Expect.equal (Dense.values (Curvature.dense found)) (Dense.values (Curvature.dense C)) "the matrix")

        test "what is no description, lacks a tensor or does not fit is refused" {
            use _scope = torch.NewDisposeScope()

            let tensors, text =
                written (Curvature.Kronecker(Side.Identity(2L, 1.0), Side.Full(Sides.semidefinite 1 3 4)))

            let refused parts (text: string) = Oracle.refused parts (fun () -> CurvatureFormat.read tensors text)

            refused [ "be JSON" ] "{"
            refused [ "have 'kind'" ] "{}"
            refused [ "have 'kind'" ] "[]"
            refused [ "know curvature of kind 'cubic'" ] """{"kind":"cubic"}"""
            refused [ "'c.B' is not" ] (text.Replace("c.A", "c.B"))
            refused [ "hold a Int64" ] (text.Replace("\"size\":2", "\"size\":\"two\""))
            refused [ "know sides of kind 'half'" ] (text.Replace("full", "half"))
            refused [ "a side of 2 dimensions" ] (text.Replace("full", "diagonal"))
            refused [ "hold a list" ] """{"kind":"blocks","parts":3}"""
        }

        test "tensors that do not fit their structure are refused" {
            use _scope = torch.NewDisposeScope()

            for curvature in
                [
                    Curvature.Dense(Networks.normal [ 5; 5 ], [| [| 2L; 3L |] |])
                    Curvature.Units(Networks.normal [ 2; 3; 4 ])
                    Curvature.Kronecker(Side.Full(Networks.normal [ 1; 2; 3 ]), Side.Identity(2L, 1.0))
                    Curvature.Eigenbasis(
                        Side.Full(Networks.normal [ 1; 2; 2 ]),
                        Side.Full(Networks.normal [ 1; 3; 3 ]),
                        Networks.normal [ 1; 3; 2 ]
                    )
                ] do
                for curvature in [ curvature; Curvature.Blocks [| curvature |]; Curvature.Sum [| curvature |] ] do
                    let tensors, text = written curvature
                    Oracle.refused [ "The description must name" ] (fun () -> CurvatureFormat.read tensors text)
        }
    ]
