/// A window of gradients that keeps their inner products, beside all products computed again.
module Foof.Core.Tests.GradientWindowTests

open Expecto
open Foof
open TorchSharp

/// The first layer takes several of the chunks that products run through.
let private layersOf (kind: torch.ScalarType) =
    let model = Networks.perceptron true [ 400; 300; 7 ]
    model.``to`` kind |> ignore
    ExplicitCurvature.layersOf model

let private gradients (layers: Layer array) =
    layers
    |> Array.map (fun layer ->
        torch.randn (Layer.outputs layer, Layer.inputs layer, dtype = layer.Weight.dtype) |> ValueSome)

let private numbers (K: torch.Tensor) = K.data<float>().ToArray()

let private requireFullGram (window: GradientWindow) =
    Oracle.agrees Tolerance.rounding (numbers (FisherFactor.gram window.Factor)) (numbers window.Gram)

let types = [ torch.float32; torch.float64 ]

[<Tests>]
let tests =
    testList "Training.GradientWindow" [
        testList "the inner products that are kept are those of all gradients while the window fills and turns" [
            for kind in types do
                test $"{kind}" {
                    use _scope = torch.NewDisposeScope()
                    let layers = layersOf kind
                    use window = new GradientWindow(layers, 3)

                    for _ in 1..7 do
                        window.Add(gradients layers)
                        requireFullGram window
                }
        ]

        test "a layer without a gradient counts as zero in the inner products" {
            use _scope = torch.NewDisposeScope()
            let layers = layersOf torch.float64
            use window = new GradientWindow(layers, 2)
            window.Add(gradients layers)
            window.Add [| ValueNone; (gradients layers)[1] |]
            requireFullGram window
            window.Add [| ValueNone; ValueNone |]
            requireFullGram window
        }

        test "a gradient that is not finite leaves the inner products with the window" {
            use _scope = torch.NewDisposeScope()
            let layers = layersOf torch.float32
            use window = new GradientWindow(layers, 2)
            let bad = gradients layers
            bad[0].Value.fill_ nan |> ignore
            window.Add bad
            Expect.isFalse (Numbers.isFinite window.Gram) "the inner products hold what is not finite"
            window.Add(gradients layers)
            window.Add(gradients layers)
            requireFullGram window
        }

        test "a snapshot restores the inner products from before one more gradient" {
            use _scope = torch.NewDisposeScope()
            let layers = layersOf torch.float64
            use window = new GradientWindow(layers, 2)
            window.Add(gradients layers)
            window.Add(gradients layers)
            let before = numbers window.Gram

            let restore = window.Snapshot()
            window.Add(gradients layers)
            Expect.notEqual (numbers window.Gram) before "the inner products after another gradient"
            restore ()
            Expect.equal (numbers window.Gram) before "the gram of window"
            requireFullGram window
        }

        testList "an inverse by known inner products is the one by products computed again" [
            for kind in types do
                test $"{kind}" {
                    use _scope = torch.NewDisposeScope()
                    let layers = layersOf kind
                    use window = new GradientWindow(layers, 4)

                    for _ in 1..6 do
                        window.Add(gradients layers)

                    let again =
                        Factored.attempt
                            Factorization.attempts
                            Damping.Tikhonov
                            -1.0
                            ignore
                            0.1
                            (Curvature.LowRank window.Factor)

                    let known = Factored.attemptKnowing window.Gram Factorization.attempts -1.0 ignore 0.1 window.Factor

                    match again, known with
                    | Some(Factored.Woodbury(_, _, L, logDet)), Some(Factored.Woodbury(_, _, L', logDet')) ->
                        Oracle.agrees Tolerance.rounding (numbers L) (numbers L')
                        Oracle.agrees Tolerance.rounding (numbers logDet) (numbers logDet')
                    | _ -> failtest "Both must be low-rank inverses."
                }
        ]
    ]
