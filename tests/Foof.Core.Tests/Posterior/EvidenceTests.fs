/// The evidence in closed form of the eigenvalues, its derivatives and its largest value. (MATH 6)
module Foof.Core.Tests.EvidenceTests

open Expecto
open Foof
open Foof.Core.Tests.Posteriors
open TorchSharp

let private kappas = [| 0.0; 0.003; 0.5; 2.0; 41.0; 1200.0 |]

let private spectrum () = { Kappa = torch.tensor kappas; Weights = 9L }

let private all = Array.append kappas [| 0.0; 0.0; 0.0 |]

let private near (expected: float) (actual: float) = Oracle.agrees Tolerance.rounding [| expected |] [| actual |]

[<Tests>]
let tests =
    testList "Posterior.Evidence" [
        test "every formula is the sum over all eigenvalues" {
            use _scope = torch.NewDisposeScope()

            for delta in [ 1e-4; 0.3; 17.0; 1e6 ] do
                near (all |> Array.sumBy (fun kappa -> log (delta + kappa))) (Evidence.logDet delta (spectrum ()))

                near (all |> Array.sumBy (fun kappa -> 1.0 / (delta + kappa))) (Evidence.trace delta (spectrum ()))

                let gamma = all |> Array.sumBy (fun kappa -> kappa / (delta + kappa))
                near gamma (Evidence.effectiveParameters delta (spectrum ()))
                let gain = all |> Array.sumBy (fun kappa -> log (1.0 + kappa / delta))
                near (-3.0 - 0.5 * (delta * 2.5 + gain)) (Evidence.logEvidence -3.0 2.5 delta (spectrum ()))
                let divergence = 0.5 * (delta * 2.5 - gamma + gain)

                Oracle.agrees Tolerance.rounding [| delta * 2.5 + gain; divergence |] [|
                    delta * 2.5 + gain
                    Evidence.divergence 2.5 delta (spectrum ())
                |]
        }

        test "the slope and its own derivative are those of finite differences in log delta" {
            use _scope = torch.NewDisposeScope()
            let h = 1e-5

            for delta in [ 0.02; 1.0; 50.0 ] do
                let at x = Evidence.logEvidence 0.0 2.5 (delta * exp x) (spectrum ())

                let slopeAt x = (Evidence.slope 2.5 (delta * exp x) (spectrum ())).Slope

                let { Slope = slope; Bend = bend } = Evidence.slope 2.5 delta (spectrum ())
                Oracle.agrees Tolerance.differences [| 1.0; (at h - at -h) / (2.0 * h) |] [| 1.0; slope |]

                Oracle.agrees Tolerance.differences [| 1.0; (slopeAt h - slopeAt -h) / (2.0 * h) |] [| 1.0; bend |]
        }

        testList "the largest evidence is where delta = gamma over the squared distance" [
            for distance in [ 1e-6; 0.3; 2.5; 1e5 ] do
                test $"{distance}" {
                    use _scope = torch.NewDisposeScope()
                    let delta = Evidence.optimum distance (spectrum ())
                    let gamma = Evidence.effectiveParameters delta (spectrum ())
                    Oracle.agrees Tolerance.explicit [| gamma / distance |] [| delta |]

                    let at delta = Evidence.logEvidence 0.0 distance delta (spectrum ())

                    Expect.isTrue
                        (at delta >= at (delta * 1.01) && at delta >= at (delta / 1.01))
                        "the evidence is largest here"
                }
        ]

        test "the curve is the formula at each value" {
            use _scope = torch.NewDisposeScope()
            let deltas = Array.init 1000 (fun i -> 10.0 ** (float i / 100.0 - 5.0))
            let curve = Evidence.curve -3.0 2.5 deltas (spectrum ())

            for i in 0..123..999 do
                near (Evidence.logEvidence -3.0 2.5 deltas[i] (spectrum ())) curve.LogEvidence[i]
                near (Evidence.effectiveParameters deltas[i] (spectrum ())) curve.EffectiveParameters[i]
        }

        testList "the curve holds for eigenvalues of any number and size" [
            for count in [ 1; 7; 64; 1001 ] do
                test $"{count}" {
                    use _scope = torch.NewDisposeScope()
                    let deltas = [| 1e-12; 1e-3; 1.0; 1e12 |]

                    for size in [ 1e-12; 1.0; 1e6; 1e40; 1e200 ] do
                        let kappa = torch.rand (int64 count, dtype = torch.ScalarType.Float64) * size

                        let spectrum = { Kappa = kappa; Weights = int64 count }

                        let curve = Evidence.curve 0.0 1e-12 deltas spectrum

                        for i, delta in Array.indexed deltas do
                            // Tiny gains are rounded relative to 1, so they are compared relative to 1.
                            let one = 1.0

                            near (one - Evidence.logEvidence 0.0 1e-12 delta spectrum) (one - curve.LogEvidence[i])

                            near (Evidence.effectiveParameters delta spectrum) curve.EffectiveParameters[i]
                }
        ]

        test "many eigenvalues are processed in parts" {
            use _scope = torch.NewDisposeScope()
            let kappa = torch.rand (300001L, dtype = torch.ScalarType.Float64)
            let spectrum = { Kappa = kappa; Weights = 400000L }
            let expected = (kappa / (kappa + 0.5)).sum().ToDouble()
            near expected (Evidence.effectiveParameters 0.5 spectrum)
            near expected (Evidence.curve 0.0 1.0 [| 0.1; 0.5 |] spectrum).EffectiveParameters[1]
        }

        test "there is no largest evidence at the prior's mean or without curvature" {
            use _scope = torch.NewDisposeScope()

            let fails action = Oracle.raises<NumericalFailure>(action >> ignore) |> ignore

            fails (fun () -> Evidence.optimum 0.0 (spectrum ()))

            fails (fun () ->
                Evidence.optimum 1.0 { spectrum () with Kappa = torch.zeros (3L, dtype = Networks.double) })
        }

        forEach "the evidence of a posterior with one precision is that of its spectrum" (fun posterior _ ->
            let one = Posterior.withPrecision 0.9 posterior
            let expected = Posterior.logEvidence -4.0 one

            let found = Evidence.logEvidence -4.0 (Posterior.distance one) 0.9 (Posterior.spectrum posterior)

            Oracle.agrees Tolerance.explicit [| expected |] [| found |])

        test "the best precisions, one for each layer, are where all slopes vanish" {
            use _scope = torch.NewDisposeScope()
            let h = 1e-4

            for case in cases () do
                let posterior = posterior case (fun _ -> 0.7)
                let best = LayerEvidence.optimum posterior

                let at (change: int -> float) =
                    Posterior.withPrior
                        (Prior.withPrecision
                            (best |> Array.mapi (fun l delta -> delta * exp (change l)))
                            posterior.Prior)
                        posterior
                    |> Posterior.logEvidence 0.0

                let top = at (fun _ -> 0.0)

                for l in 0 .. best.Length - 1 do
                    let move i = if i = l then h else 0.0
                    let slope = (at move - at (move >> (~-))) / (2.0 * h)
                    Expect.isTrue (abs slope < 1e-6 * (1.0 + abs top)) $"{case.Name}: slope {slope}"
        }
    ]
