/// Posteriors of every structure in float32 at real sizes against float64: what the data fix far beyond the prior, layers
/// that saw nothing, and the evidence.
module Foof.Core.Tests.PosteriorFloat32Tests

open System
open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

/// How many times the data's largest precision is the prior's.
let private condition = 1e6

let private kept = [
    "dense"
    "diagonal"
    "Kronecker, full x full"
    "Kronecker, groups"
    "Kronecker, one x full"
    "Kronecker, full x diagonal"
    "eigenbasis"
    "low rank"
]

/// The posterior of a curvature whose largest eigenvalue is about one, in its type, with prior precisions around 1e-6.
let private ofCurvature (change: torch.Tensor -> torch.Tensor) (precision: int -> float) C =
    let C = CurvatureOracle.map change C
    let shapes = Curvature.shapes C
    let mean = Networks.fromSeed 9 (fun () -> vector shapes) |> Array.map change
    let prior = Prior.perLayer (Array.init shapes.Length precision)
    Posterior.make mean (DataPrecision.ofCurvature 1.0 C) prior

let private isotropic (_: int) = 1.0 / condition

let private layered (l: int) = (1.0 + 2.0 * float l) / condition

/// 400 columns of 300 weights, some of dead inputs; the largest eigenvalue is one.
let private determined () =
    let n, d_out, d_in = 400L, 10L, 30L
    let A = (rows 1.0 n d_in).view(1L, n, 1L, d_in)
    let layer = LayerFactor.Product(Activations.rows A, torch.randn (1L, n, 1L, d_out))
    let G = FisherFactor.ofColumns { Layers = [| layer |]; Weight = 1.0 }
    Curvature.LowRank(FisherFactor.scale (1.0 / torch.linalg.eigvalsh(FisherFactor.gram G).max().ToDouble()) G)

/// A test for the posteriors of each structure, in float32 and in float64.
let private forEach sentence (check: Posterior -> Posterior -> unit) =
    testList sentence [
        for name, draw in structures do
            if List.contains name kept then
                for precisions, precision in [ "one precision", isotropic; "one each", layered ] do
                    if precisions = "one precision" || name = "low rank" then
                        test $"{name}, {precisions}" {
                            use _scope = torch.NewDisposeScope()
                            let C = draw condition
                            check (ofCurvature id precision C) (ofCurvature wide precision C)
                        }
    ]

let private close (tolerance: float) (size: float) what (expected: float) (found: float) =
    let apart = abs (found - expected) / size
    Expect.isTrue (apart <= tolerance) $"{what}: {found} where {expected} was wanted, {apart} of {size}"

/// log(1 + kappa / delta) of a weight moves by no more than the share by which kappa + delta does.
let private tolerance = Tolerance.ofCondition condition

[<Tests>]
let tests =
    testList "Posterior.PosteriorFloat32" [
        forEach "products with the covariance are those of float64" (fun found expected ->
            let v = vector (Posterior.shapes found)
            let wideV = Array.map wide v
            agree tolerance (Posterior.covarianceProduct wideV expected) (Posterior.covarianceProduct v found)
            // Along the columns, too, where nearly all of the vector is taken away again.
            let prior = Array.map2 (fun (v: torch.Tensor) (delta: float) -> v * delta) wideV found.Prior.Precision
            let data = Curvature.product (DataPrecision.toCurvature expected.Data) wideV
            let image = WeightVector.add prior data |> Array.map ChangedFactors.single32
            agree tolerance wideV (Posterior.covarianceProduct image found))

        forEach "every variance is positive, no larger than the prior's, and that of float64" (fun found expected ->
            let variances = Posterior.variances found
            agree tolerance (Posterior.variances expected) variances

            for l in 0 .. variances.Length - 1 do
                let least, largest = variances[l].min().ToDouble(), variances[l].max().ToDouble()
                let prior = 1.0 / found.Prior.Precision[l]
                Expect.isGreaterThan least 0.0 "the least variance"
                Expect.isLessThanOrEqual largest (prior * (1.0 + Tolerance.roundingSingle)) "the largest variance")

        testList "low-rank columns that fix every living weight leave positive variances of the right size" [
            for condition in [ 1e6; 1e8 ] do
                test $"{condition}" {
                    use _scope = torch.NewDisposeScope()
                    let C = determined ()
                    let posterior change = ofCurvature change (fun _ -> 1.0 / condition) C
                    let found, expected = Posterior.variances (posterior id), Posterior.variances (posterior wide)
                    // Of 1/delta (1 - sum), 1e-6 or 1e-8 is left; what the sum rounds to must not make it negative.
                    agree (Tolerance.ofCondition condition) expected found
                    let least = (wide found[0] / expected[0]).min().ToDouble()
                    Expect.isGreaterThan least 0.1 "the least variance beside float64's"
                }
        ]

        forEach
            "log det, trace, effective parameters, divergence and evidence are those of float64"
            (fun found expected ->
                let p = float (Posterior.weights expected)
                let numbers = [
                    "log det", Posterior.logDet, p
                    "trace", Posterior.trace, Posterior.trace expected
                    "effective parameters", Posterior.effectiveParameters, p
                    "divergence", Posterior.divergence, p
                    "log evidence", Posterior.logEvidence -1000.0, p
                ]

                for what, number, size in numbers do
                    close tolerance size what (number expected) (number found))

        forEach "the evidence has its largest value at the precision of float64" (fun found expected ->
            let optimum posterior = Evidence.optimum (Posterior.distance posterior) (Posterior.spectrum posterior)

            let best = optimum expected
            close 1e-2 best "the precision" best (optimum found)
            let logEvidence (delta: float) = Posterior.logEvidence 0.0 (Posterior.withPrecision delta expected)
            Expect.isGreaterThan
                (logEvidence best)
                (max (logEvidence (1.1 * best)) (logEvidence (best / 1.1)))
                "the evidence"
            let byLayer, wanted = LayerEvidence.optimum found, LayerEvidence.optimum expected
            Array.iter2 (fun wanted found -> close 1e-2 wanted "a layer's precision" wanted found) wanted byLayer)

        forEach "the squared distances of samples are chi-squared, all in all and along the data" (fun found expected ->
            let p, gamma = float (Posterior.weights expected), Posterior.effectiveParameters expected
            let samples = Sampling.draw 4 (new torch.Generator(7UL)) found

            for s in 0L .. 3L do
                let theta = samples |> Array.map (fun sample -> wide (sample.select (0L, s)))
                let squared = Posterior.squaredDistance theta expected
                close (Tolerance.monteCarlo * sqrt (2.0 / p)) p "x^T (P + N F) x" p squared
                let distances = Prior.distances theta { expected.Prior with Mean = expected.Mean }
                let along = squared - Array.sum (Array.map2 (*) expected.Prior.Precision distances)
                close (Tolerance.monteCarlo * sqrt (2.0 / gamma)) gamma "x^T N F x" gamma along)
    ]
