/// Data precisions in float32 at real sizes, put together and compressed, where a layer saw nothing.
module Foof.Core.Tests.PosteriorUpdateFloat32Tests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.RealSizes
open TorchSharp

let private condition = 1e6

let private kronecker change (scale: float) =
    let side d = Side.Full(change (moments condition 1L d))
    Curvature.scale scale (Curvature.Kronecker(side outputs, side inputs))

/// Two layers, of which the second saw nothing: its errors were below what float32 holds.
let private halfDead seed change =
    Networks.fromSeed seed (fun () -> Curvature.Blocks [| kronecker change 1.0; kronecker change 0.0 |])
    |> DataPrecision.ofCurvature 1.0

let private single (x: torch.Tensor) = x.alias ()

let private variances change (data: DataPrecision) =
    let mean = DataPrecision.shapes data |> Array.map (fun shape -> change (torch.zeros shape))
    Posterior.variances (Posterior.make mean data (Prior.isotropic mean.Length (1.0 / condition)))

[<Tests>]
let tests =
    testList "Posterior.PosteriorUpdateFloat32" [
        test "Kronecker products of two data sets merge as in float64, and a layer without curvature stays without" {
            use _scope = torch.NewDisposeScope()
            let merged change = PosteriorUpdate.add (halfDead 1 change) (halfDead 2 change)
            let found, expected = variances single (merged single), variances wide (merged wide)
            agree (Tolerance.ofCondition condition) expected found
            Oracle.agrees Tolerance.roundingSingle [| condition |] [| found[1].max().ToDouble() |]
        }

        test "a data precision is the curvature that it came from, layers without curvature too" {
            use _scope = torch.NewDisposeScope()
            let data = halfDead 1 single
            let V = vector (DataPrecision.shapes data)
            let expected = Networks.fromSeed 1 (fun () -> Curvature.Blocks [| kronecker wide 1.0; kronecker wide 0.0 |])
            let product = Curvature.product expected (Array.map wide V)
            agree Tolerance.roundingSingle product (Curvature.product (DataPrecision.toCurvature data) V)
        }

        test "leading columns keep the trace and the products that they keep in float64" {
            use _scope = torch.NewDisposeScope()
            let G = factor condition
            let most = 40
            let found, expected = Compression.leading most G, Compression.leading most (ChangedFactors.map wide G)
            Oracle.agrees Tolerance.roundingSingle [| expected.Discarded |] [| found.Discarded |]
            let V = vector G.Shapes
            let product (G: FisherFactor) V = Curvature.product (Curvature.LowRank G) V
            agree Tolerance.roundingSingle (product expected.Factor (Array.map wide V)) (product found.Factor V)
            let kept change = PosteriorUpdate.compress most (DataPrecision.ofFactor (ChangedFactors.map change G))
            agree
                (Tolerance.ofCondition condition)
                (variances wide (kept wide).Kept)
                (variances single (kept single).Kept)
        }
    ]
