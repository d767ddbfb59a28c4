/// Mistakes that published implementations make, planted: the right penalty is unlike each.
module Foof.Core.Tests.ConsolidationMistakeTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.WrittenFactors
open Foof.Core.Tests.Quadratics
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private apart (expected: Matrix<float>) (actual: Matrix<float>) =
    (actual - expected).FrobeniusNorm() / expected.FrobeniusNorm()

let private side d = Sides.semidefinite 1 d (d + 2)

let private written (E: torch.Tensor) (A: torch.Tensor) =
    (Dense.ofTensor (E.squeeze 0L)).KroneckerProduct(Dense.ofTensor (A.squeeze 0L))

let private merged (E, A) (E', A') =
    Curvature.merge (Curvature.Kronecker(Side.Full E, Side.Full A)) (Curvature.Kronecker(Side.Full E', Side.Full A'))
    |> Curvature.dense
    |> Dense.ofTensor

/// A network, its batch, and the per-example gradients at the labels as rows [n; p].
let private example () =
    let model = Networks.perceptron true [ 3; 4; 2 ]
    let input = Networks.normal [ 8; 3 ]
    let target = Networks.normal [ 8; 2 ]
    let layers = (Coverage.survey model Networks.everything).Layers
    let batch = { Input = input; Target = target }
    model, layers, batch

let private empirical model layers batch =
    Fisher.factor { Problem.OfModel(model, Networks.gaussian) with Layers = layers } Fisher.Empirical batch

[<Tests>]
let tests =
    testList "Continual.ConsolidationMistake" [
        test "factors added plainly, or with pi and no trace correction, count twice; merged ones do not" {
            use _scope = torch.NewDisposeScope()
            let E, A, E', A' = side 3, side 4, side 3, side 4
            let sum = written E A + written E' A'

            let trace (M: torch.Tensor) = (Dense.ofTensor (M.squeeze 0L)).Trace()

            let pi = sqrt (trace E * trace A' / (trace E' * trace A))
            let plain = written (E + E') (A + A')
            let nearest = written (E + E' * pi) (A + A' / pi)
            let ratio (F: Matrix<float>) = F.Trace() / sum.Trace()
            Expect.isTrue (1.8 <= ratio plain && ratio plain <= 2.2) $"{ratio plain} must lie in [1.8, 2.2]"

            Expect.isTrue (1.8 <= ratio nearest && ratio nearest <= 2.2) $"{ratio nearest} must lie in [1.8, 2.2]"

            let found = merged (E, A) (E', A')
            Oracle.agrees Tolerance.explicit [| sum.Trace() |] [| found.Trace() |]

            Expect.isTrue (apart sum found < apart sum nearest / 2.0) "the merged product is nearer to the sum"
        }

        test "the square of a mini-batch's mean gradient is no Fisher: it is several times too small" {
            use _scope = torch.NewDisposeScope()
            let model, layers, batch = example ()
            let G = empirical model layers batch

            // As in a public implementation: the gradient of the batch's mean loss, squared.
            (Likelihood.loss Networks.gaussian (model.call batch.Input) batch.Target).backward()

            let squared = Weights.flatten (WeightPenalty.gradients layers) |> fun g -> g.PointwiseMultiply g

            let diagonal = Weights.flatten (Curvature.diagonal (Structure.diagonal G))
            let perExample = (columns G).PointwisePower(2.0).ColumnSums()
            Oracle.agrees Tolerance.explicit (perExample.ToArray()) (diagonal.ToArray())
            Expect.isTrue (diagonal.Sum() > 1.5 * squared.Sum()) $"{diagonal.Sum()} and {squared.Sum()}"
        }

        test "the gradient is that of the value: a half too many or too few is found by differences" {
            use _scope = torch.NewDisposeScope()
            let model, layers, batch = example ()
            let C = Structure.lowRank (empirical model layers batch)
            let centre, theta, step = vectorOf C, vectorOf C, vectorOf C

            let learnt =
                Consolidation.remember
                    { Gathering = Gathering.Separate; Merge = false; Columns = ValueNone }
                    C
                    centre
                    Consolidation.nothing

            let valueAt (h: float) =
                let value = (Consolidation.penalty 1.5 (WeightVector.axpy h step theta) learnt).Value

                (Dense.values value)[0]

            let gradient = (Consolidation.penalty 1.5 theta learnt).Gradient
            let slope = Weights.flatten gradient * Weights.flatten step
            let h = 1e-4
            let difference = (valueAt h - valueAt -h) / (2.0 * h)
            Oracle.agrees Tolerance.differences [| slope |] [| difference |]

            Expect.isFalse (Dense.distance [| slope |] [| 2.0 * difference |] < 0.1) "twice the slope passes"
        }

        test "the curvature is a mean over data points: repeating the batch changes nothing" {
            use _scope = torch.NewDisposeScope()
            let model, layers, batch = example ()
            let twice (x: torch.Tensor) = torch.cat ([| x; x |], 0L)
            let once = Structure.diagonal (empirical model layers batch)

            let doubled =
                Structure.diagonal (empirical model layers { Input = twice batch.Input; Target = twice batch.Target })

            Oracle.agrees
                Tolerance.rounding
                (Weights.numbers (Curvature.diagonal once))
                (Weights.numbers (Curvature.diagonal doubled))
        }

        test "a decay that is applied at use and again at accumulation is another penalty" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Diagonal [| Networks.normal([ 2; 3 ]).square() |]
            let F = Dense.ofTensor (Curvature.dense C)
            let centre, theta = vectorOf C, vectorOf C

            let rule = { Gathering = Gathering.Online 0.5; Merge = false; Columns = ValueNone }

            let once = Consolidation.remember rule C centre Consolidation.nothing
            // One task has not decayed yet; after a second one the first counts a half.
            agreesWith (explicit F centre theta) (Consolidation.penalty 1.0 theta once)
            let twice = Consolidation.remember rule C centre once
            agreesWith (explicit (F * 1.5) centre theta) (Consolidation.penalty 1.0 theta twice)
        }

        test "Kronecker factors of batches are averaged as factors, other curvature as matrices" {
            use _scope = torch.NewDisposeScope()
            let model, layers, batch = example ()

            let part (start: int64) count =
                empirical model layers {
                    Input = batch.Input.narrow (0L, start, count)
                    Target = batch.Target.narrow (0L, start, count)
                }

            let whole = empirical model layers batch
            let first, second = part 0L 2L, part 2L 6L

            for structure in
                [
                    Structure.kronecker Positions.Summed Positions.Averaged
                    Structure.diagonal
                    Structure.lowRank
                    Structure.dense
                    Structure.units
                ] do
                let mean = DataCurvature.average 0.75 (structure first) (structure second)

                Oracle.agreesWith
                    Tolerance.explicit
                    (Dense.ofTensor (Curvature.dense (structure whole)))
                    (Curvature.dense mean)

            let kronecker = Structure.kronecker Positions.Summed Positions.Averaged

            let meanOfProducts =
                Dense.ofTensor (Curvature.dense (kronecker first)) * 0.25
                + Dense.ofTensor (Curvature.dense (kronecker second)) * 0.75

            let mean =
                Dense.ofTensor (Curvature.dense (DataCurvature.average 0.75 (kronecker first) (kronecker second)))

            Expect.isTrue (apart mean meanOfProducts > 0.01) "the two means differ"
        }

        test "shares outside of 0 to 1, eigenbases and different sides are refused" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Diagonal [| Networks.normal([ 2; 3 ]).square() |]
            Oracle.refused [ "share must lie in [0, 1]; got 1.5." ] (fun () -> DataCurvature.average 1.5 C C)
            let model, layers, batch = example ()
            let G = empirical model layers batch
            let basis = Structure.eigenbasis Positions.Summed Positions.Averaged G
            Oracle.refused [ "Two eigenbases have no mean" ] (fun () -> DataCurvature.average 0.5 basis basis)

            let kronecker side = Curvature.Kronecker(Side.Full(Sides.semidefinite 1 2 3), side)

            Oracle.refused [ "must be of one kind" ] (fun () ->
                DataCurvature.average
                    0.5
                    (kronecker (Side.Identity(3L, 1.0)))
                    (kronecker (Side.Full(Sides.semidefinite 1 3 4))))
        }
    ]
