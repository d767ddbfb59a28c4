/// Arguments that do not fit a Fisher factor: one sentence each, with both shapes.
module Foof.Core.Tests.FisherFactorMistakeTests

open Expecto
open Foof
open Foof.Core.Tests.Factors
open Foof.Core.Tests.ChangedFactors
open TorchSharp

/// A factor of one layer [4; 3] with 5 data points and 3 columns each.
let private some () =
    factor {
        Seed = 1
        Points = 5
        PerPoint = 3
        Parts = 1
        Layers = [ { Form = Rows; Groups = 2; Outputs = 2; Inputs = 3; Positions = 2 } ]
    }

[<Tests>]
let tests =
    testList "Fisher.FisherFactorMistake" [
        test "what does not fit is refused with both shapes" {
            use _scope = torch.NewDisposeScope()
            let G = some ()
            let v = [| Networks.normal [ 3; 4 ] |]

            let one factor = FisherFactor.ofColumns { Layers = [| factor |]; Weight = 1.0 }

            let other = one (LayerFactor.Columns(Networks.normal [ 2; 4; 4 ]))
            Oracle.refused [ "v must"; "[4; 3]"; "[3; 4]" ] (fun () -> FisherFactor.transposeTimes v G)

            Oracle.refused [ "1 matrices"; "got 2" ] (fun () -> FisherFactor.transposeTimes [| v[0]; v[0] |] G)

            Oracle.refused [ "w must be [15]"; "[14]" ] (fun () -> FisherFactor.times (Networks.normal [ 14 ]) G)

            Oracle.refused [ "[4; 3]"; "[4; 4]" ] (fun () -> FisherFactor.join [| G; other |])
            Oracle.refused [ "[4; 3]"; "[4; 4]" ] (fun () -> FisherFactor.crossGram G other)

            Oracle.refused [ "[4; 3]"; "[3; 3]" ] (fun () -> FisherFactor.weighted [| Networks.normal [ 3; 3 ] |] G)

            Oracle.refused [ "1 matrices"; "got 0" ] (fun () -> FisherFactor.weighted [||] G)
            Oracle.refused [ "of 1 layers"; "got 1" ] (fun () -> FisherFactor.layer 1 G)
            Oracle.refused [ "at least 1" ] (fun () -> FisherFactor.join [||])
            Oracle.refused [ "at least 1" ] (fun () -> FisherFactor.ofColumns { Layers = [||]; Weight = 1.0 })
            Oracle.refused [ "-1" ] (fun () -> FisherFactor.scale -1.0 G)
        }

        test "layers whose columns do not fit one another are refused" {
            use _scope = torch.NewDisposeScope()
            let A = Activations.rows (Networks.normal [ 2; 5; 3; 4 ])

            let product (shape: int list) = LayerFactor.Product(A, Networks.normal shape)

            let of' layers () = FisherFactor.ofColumns { Layers = layers; Weight = 1.0 } |> box

            let good = product [ 2; 5; 3; 1 ]
            of' [| good; product [ 2; 5; 3; 2 ] |] () |> ignore

            for bad in [ [ 1; 5; 3; 1 ]; [ 2; 7; 3; 1 ]; [ 2; 5; 2; 1 ]; [ 2; 5; 3 ] ] do
                let text = bad |> List.map string |> String.concat "; "

                Oracle.refused [ "layer 1"; "[2; c n; 3; d_out/g]"; "n = 5"; text ] (of' [| good; product bad |])

            Oracle.refused [ "5 columns"; "got 10"; "layer 1" ] (of' [| good; product [ 2; 10; 3; 1 ] |])

            Oracle.refused [ "[m; d_out; d_in]"; "[5; 3]" ] (of' [| LayerFactor.Columns(Networks.normal [ 5; 3 ]) |])

            Oracle.refused
                [ "Float64"; "Float32" ]
                (of' [| LayerFactor.Product(A, (Networks.normal [ 2; 5; 3; 1 ]).``to`` torch.ScalarType.Float32) |])
        }

        test "types are not mixed" {
            use _scope = torch.NewDisposeScope()
            let G = some ()
            let single = map single32 G

            Oracle.refused [ "Float64"; "Float32" ] (fun () ->
                FisherFactor.transposeTimes (Vectors.random G.Shapes) single)

            Oracle.refused [ "Float64"; "Float32" ] (fun () -> FisherFactor.join [| G; single |])
            Oracle.refused [ "Float64"; "Float32" ] (fun () -> FisherFactor.crossGram G single)

            Oracle.refused [ "Float64"; "Float32" ] (fun () ->
                FisherFactor.weighted [| single32 (Networks.normal [ 4; 3 ]) |] G)
        }

        test "a dense matrix beyond 4 GB is refused with the bytes that it would take" {
            use _scope = torch.NewDisposeScope()

            let A, E = Networks.normal [ 1; 1; 1; 30000 ], Networks.normal [ 1; 1; 1; 1 ]

            let G = FisherFactor.ofColumns { Layers = [| LayerFactor.Product(Activations.rows A, E) |]; Weight = 1.0 }

            Oracle.refused [ "30000 weights"; "7200000000 bytes"; "4 GB"; "products" ] (fun () -> FisherFactor.dense G)
        }

        test "layers of different types and no data points are refused" {
            use _scope = torch.NewDisposeScope()
            let single = Networks.normal([ 2; 4; 3 ]).``to`` torch.ScalarType.Float32
            let layers = [| LayerFactor.Columns(Networks.normal [ 2; 4; 3 ]); LayerFactor.Columns single |]

            Oracle.refused [ "the factor of layer 1"; "Float32" ] (fun () ->
                FisherFactor.ofColumns { Layers = layers; Weight = 1.0 })

            let none =
                LayerFactor.Product(Activations.rows (torch.empty (1L, 0L, 1L, 3L)), torch.empty (1L, 0L, 1L, 4L))
            Oracle.refused [ "n = 0" ] (fun () -> FisherFactor.ofColumns { Layers = [| none |]; Weight = 1.0 })
        }
    ]
