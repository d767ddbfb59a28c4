/// Importance by the path of training, against loops.
module Foof.Core.Tests.SynapticIntelligenceTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private shapes = [| [| 2L; 3L |]; [| 1L; 4L |] |]
let private vector () = Vectors.random shapes

let private zeros () = WeightVector.zeros shapes (Networks.normal [ 1 ])

[<Tests>]
let tests =
    testList "Continual.SynapticIntelligence" [
        test "the path sums minus gradient times step" {
            use _scope = torch.NewDisposeScope()
            let omega = zeros ()
            let steps = List.init 4 (fun _ -> vector (), vector (), vector ())

            for g, before, after in steps do
                SynapticIntelligence.accumulate omega g before after

            let expected =
                steps
                |> List.map (fun (g, before, after) ->
                    (Weights.flatten g).PointwiseMultiply(Weights.flatten before - Weights.flatten after))
                |> List.reduce (+)

            Oracle.agrees Tolerance.rounding (expected.ToArray()) (Weights.numbers omega)
        }

        test "importance is the path's positive part over the squared way and xi" {
            use _scope = torch.NewDisposeScope()
            let omega, start, finish = vector (), vector (), vector ()
            let importance = SynapticIntelligence.importance 0.1 omega start finish
            let way = Weights.flatten finish - Weights.flatten start

            let expected =
                Array.map2 (fun omega way -> max omega 0.0 / (way * way + 0.1)) (Weights.numbers omega) (way.ToArray())

            Oracle.agrees Tolerance.rounding expected (Weights.numbers importance)
            // Without the positive part some would be negative, and the penalty not bounded below.
            Expect.exists (Weights.numbers omega) (fun omega -> omega < 0.0) "an omega below zero"

            for omega in Weights.numbers importance do
                Expect.isTrue (omega >= 0.0) "no omega is negative"
        }

        test "along gradient descent the path sums up to what the loss lost" {
            use _scope = torch.NewDisposeScope()
            let C = vector () |> Array.map (fun x -> x.square () + 0.1)

            let loss (theta: torch.Tensor array) =
                0.5 * ((Weights.flatten theta).PointwiseMultiply(Weights.flatten C) * Weights.flatten theta)

            let omega, start = zeros (), vector ()

            let finish =
                Seq.init 2000 id
                |> Seq.fold
                    (fun theta _ ->
                        let g = Array.map2 (fun (c: torch.Tensor) (x: torch.Tensor) -> c * x) C theta
                        let next = WeightVector.axpy -1e-3 g theta
                        SynapticIntelligence.accumulate omega g theta next
                        next)
                    start

            // To first order in the rate, here 1e-3.
            let lost = loss start - loss finish
            Oracle.agrees Tolerance.firstOrder [| lost |] [| Array.sum (Weights.numbers omega) |]
        }

        test "the penalty's strength is the factor c of the paper" {
            use _scope = torch.NewDisposeScope()

            let importance, centre, theta = vector () |> Array.map _.square(), vector (), vector ()

            let rule = { Gathering = Gathering.Online 1.0; Merge = false; Columns = ValueNone }

            let learnt =
                Consolidation.remember rule (SynapticIntelligence.curvature importance) centre Consolidation.nothing

            let { Value = value; Gradient = gradient } = Consolidation.penalty 0.3 theta learnt
            let d = Weights.flatten theta - Weights.flatten centre
            let weighted = (Weights.flatten importance).PointwiseMultiply d
            Oracle.agrees Tolerance.explicit [| 0.3 * (weighted * d) |] (Dense.values value)
            Oracle.agrees Tolerance.explicit ((weighted * 0.6).ToArray()) (Weights.numbers gradient)
        }

        test "shapes that do not fit and an xi of zero are refused" {
            use _scope = torch.NewDisposeScope()
            let omega, wrong = zeros (), [| Networks.normal [ 2; 3 ] |]

            Oracle.refused [ "gradient must hold 2 matrices, one per layer; got 1." ] (fun () ->
                SynapticIntelligence.accumulate omega wrong omega omega)

            Oracle.refused [ "xi must be a positive number; got 0." ] (fun () ->
                SynapticIntelligence.importance 0.0 omega omega omega)
        }
    ]
