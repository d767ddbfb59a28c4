/// Covariances of outputs in float32 at real sizes against float64, at points where the data leave almost no variance.
module Foof.Core.Tests.PredictiveFloat32Tests

open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

/// How many times the data's largest precision is the prior's.
let private condition = 1e6

let private single (x: torch.Tensor) = x.alias ()

let private n, classes = 6L, 5L

/// The Jacobian of one-row gradients over a layer, c-major: half of the points have the inputs that columns have.
let private jacobian (inputsOf: torch.Tensor) (d_out: int64) =
    let d_in = inputsOf.size 1
    let A = torch.cat ([| inputsOf.narrow (0L, 0L, n / 2L); torch.randn (n - n / 2L, d_in) |], 0L)
    LayerFactor.Product(Activations.rows (A.view (1L, n, 1L, d_in)), torch.randn (1L, classes * n, 1L, d_out))

/// Columns for all outputs of each data point: nothing of these outputs is left to the prior.
let private small: (string * (torch.Tensor -> int64 -> Curvature)) list =
    let factor (A: torch.Tensor) (d_out: int64) =
        let m, d_in = A.size 0, A.size 1
        let layer =
            LayerFactor.Product(Activations.rows (A.view (1L, m, 1L, d_in)), torch.randn (1L, classes * m, 1L, d_out))
        FisherFactor.ofColumns { Layers = [| layer |]; Weight = 1.0 }

    [
        "low rank", fun A d_out -> Structure.lowRank (factor A d_out)
        "dense", fun A d_out -> Structure.layerwiseDense (factor A d_out)
        "Kronecker", fun A d_out -> Structure.kronecker Positions.Summed Positions.Averaged (factor A d_out)
        "EKFAC", fun A d_out -> Structure.eigenbasis Positions.Summed Positions.Averaged (factor A d_out)
        "diagonal", fun A d_out -> Structure.diagonal (factor A d_out)
    ]

/// Posteriors over a layer of 1,400 weights [5; 280], whose largest data precision is 1e6 times the prior's.
let private posteriors change (C: Curvature) =
    let single = DataPrecision.ofCurvature 1.0 (CurvatureOracle.map change C)
    let largest =
        (single.Parts |> Array.map (fun part -> (PrecisionPart.spectrum part).Kappa.max().ToDouble()) |> Array.max)
    let mean = Curvature.shapes C |> Array.map (fun shape -> change (torch.zeros shape))
    Posterior.make mean single (Prior.isotropic mean.Length (largest / condition))

[<Tests>]
let tests =
    testList "Posterior.PredictiveFloat32" [
        for name, draw in small do
            test $"covariances of outputs are those of float64 and positive semi-definite: {name}" {
                use _scope = torch.NewDisposeScope()
                let A = rows 1e2 points inputs
                let C = draw A classes
                let layer = jacobian A classes
                let J = FisherFactor.ofColumns { Layers = [| layer |]; Weight = 1.0 }
                let found, expected = posteriors single C, posteriors wide C
                let wideJ = ChangedFactors.map wide J

                for covariance in
                    [
                        Predictive.covariance n
                        Predictive.jointCovariance n
                        fun J posterior -> Predictive.covarianceOf (Predictive.prepare n J posterior) posterior
                    ] do
                    let found, expected = covariance J found, covariance wideJ expected
                    let apart = (found - expected).norm().ToDouble() / expected.norm().ToDouble()
                    Expect.isTrue (apart <= Tolerance.ofCondition condition) $"relative distance {apart}"
                    let variances (covariance: torch.Tensor) = torch.diagonal (covariance, 0L, -2L, -1L)
                    // Where the data leave little of a variance, too.
                    let ratios = variances found / variances expected
                    Expect.isTrue
                        ((ratios - 1.0).abs().max().ToDouble() <= 0.5)
                        $"ratios of variances {ratios.min().ToDouble()} to {ratios.max().ToDouble()}"
                    let least = torch.linalg.eigvalsh(found).min().ToDouble()
                    Expect.isTrue (least >= -1e-6 * found.abs().max().ToDouble()) $"the least eigenvalue {least}"
            }
    ]
