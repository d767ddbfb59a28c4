/// Inverses of low-rank matrices in float32, where their inner products may be float32 sums and where they may not.
module Foof.Core.Tests.WoodburyTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.WrittenFactors
open TorchSharp

let private points, inputs, outputs = 40L, 300L, 200L

/// Two layers of gradients in float32, half of the data points multiples of the others, so that half of the
/// eigenvalues of K are zero; the largest squared norm of a column is `largest`.
let private columns (largest: float) =
    let rows (width: int64) =
        let half = torch.randn (1L, points / 2L, 1L, width)
        torch.cat ([| half; half * 1.3 |], 1L)

    let layer () = LayerFactor.Product(Activations.rows (rows inputs), rows outputs)

    let layers = [| layer (); layer () |]
    let parts weight = [| { Layers = layers; Weight = weight } |]
    let shapes = [| [| outputs; inputs |]; [| outputs; inputs |] |]
    let unscaled = { Shapes = shapes; Parts = parts 1.0 }
    let norm = FisherFactor.gram(unscaled).diagonal().max().ToDouble()

    { unscaled with Parts = parts (largest / norm) }

let private double (G: FisherFactor) = ChangedFactors.map _.``to``(torch.float64) G

let private solved lambda G = Factored.make Damping.Tikhonov lambda (Structure.lowRank G)

/// Sizes on both sides of the limit at which the products' type changes.
let sizes = [ 1e-3; 1.0; 99.0; 101.0; 1e4; 1e7 ]

[<Tests>]
let tests =
    testList "Curvature.Woodbury" [
        testList "log det is that of float64 products, however large the columns beside the damping" [
            for size in sizes do
                test $"{size}" {
                    use _scope = torch.NewDisposeScope()
                    // The root of lambda is exact in float32.
                    let lambda = 0.25
                    let G = columns (size * lambda)
                    let expected = Factored.logDet(solved lambda (double G)).ToDouble()
                    let found = Factored.logDet(solved lambda G).ToDouble()
                    // log det (lambda I) is nearly all of the value: without it, the columns' share is compared.
                    let constant = float (2L * outputs * inputs) * System.Math.Log lambda

                    Oracle.agrees Tolerance.roundingSingle [| expected - constant |] [| found - constant |]
                }
        ]

        testList "a solve in float32 is that of float64" [
            for size in sizes do
                test $"{size}" {
                    use _scope = torch.NewDisposeScope()
                    let G = columns size
                    let w = torch.randn points
                    let V = [| torch.randn (outputs, inputs); torch.randn (outputs, inputs) |]
                    // V has a part within the span of the columns, and one beyond it.
                    let V = WeightVector.axpy 1.0 V (FisherFactor.times (w / w.norm ()) G)
                    let wide = V |> Array.map _.``to``(torch.float64)
                    let expected = Weights.numbers (Factored.solve (solved 1.0 (double G)) wide)

                    Oracle.agrees
                        Tolerance.float32AgainstFloat64
                        expected
                        (Weights.numbers (Factored.solve (solved 1.0 G) V))
                }
        ]
    ]
