/// What does not fit a curvature, or cannot be written out: one sentence each.
module Foof.Core.Tests.CurvatureMistakeTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open Foof.Core.Tests.CurvatureOracle
open TorchSharp

let structures = names all

let private vector curvature = Vectors.random (Curvature.shapes curvature)

[<Tests>]
let tests =
    testList "Curvature.CurvatureMistake" [
        forEach "vectors and curvatures that do not fit are refused with both shapes" structures (fun _ (C, _) ->
            let V = vector C
            let wide = V |> Array.map (fun V -> torch.cat ([| V; V |], 1L))

            let text (x: torch.Tensor) = "[" + (x.shape |> Seq.map string |> String.concat "; ") + "]"

            let other = Curvature.Diagonal wide

            let both action = Oracle.refused [ text V[0]; text wide[0] ] action

            both (fun () -> Curvature.product C wide)
            both (fun () -> Curvature.addDiagonal wide C)
            both (fun () -> Curvature.add C other)
            both (fun () -> Curvature.merge C other)
            Oracle.refused [ "got 0" ] (fun () -> Curvature.product C [||])
            Oracle.refused [ "-1" ] (fun () -> Curvature.scale -1.0 C)
            let single = V |> Array.map ChangedFactors.single32
            Oracle.refused [ "Float64"; "Float32" ] (fun () -> Curvature.product C single)
            Oracle.refused [ "Float64"; "Float32" ] (fun () -> Curvature.addDiagonal single C)

            Oracle.refused [ "Float64"; "Float32" ] (fun () -> Curvature.add C (map ChangedFactors.single32 C)))

        test "a matrix beyond 4 GB is not written out, and the sentence tells its bytes" {
            use _scope = torch.NewDisposeScope()

            let side (d: int64) = Side.Diagonal(torch.ones (1L, d, dtype = Networks.double))

            for C in
                [
                    Curvature.Kronecker(side 300L, side 100L)
                    Curvature.Diagonal [| torch.ones (300L, 100L, dtype = Networks.double) |]
                ] do
                Oracle.refused [ "30000 weights"; "7200000000 bytes"; "4 GB"; "products" ] (fun () -> Curvature.dense C)
        }

        test "two identities make a product that fits any vector, and cannot be written out" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Kronecker(Side.Identity(2L, 3.0), Side.Identity(4L, 0.5))

            for kind in [ Networks.double; torch.ScalarType.Float32 ] do
                let V = [| (Networks.normal [ 2; 4 ]).``to`` kind |]
                let product = Curvature.product C V
                Oracle.agreesWith Tolerance.float32AgainstFloat64 (Dense.ofTensor V[0] * 1.5) product[0]

            Oracle.refused [ "no type and no device"; "Curvature.Diagonal" ] (fun () -> Curvature.dense C)
        }
    ]
