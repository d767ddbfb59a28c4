/// Linearised predictions against dense Jacobians and covariances, and what follows for class probabilities. (MATH 6)
module Foof.Core.Tests.PredictiveTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Posteriors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Posteriors of a network's layers, with their matrices N F.
let private cases (model: Networks.Network) =
    let layers = ExplicitCurvature.layersOf model

    let batch = { Input = Networks.normal [ 6; 3 ]; Target = null }

    let G = Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) Fisher.Ggn batch

    [
        Structure.lowRank G
        Structure.layerwiseLowRank G
        Structure.kronecker Positions.Summed Positions.Averaged G
        Structure.eigenbasis Positions.Summed Positions.Averaged G
        Structure.diagonal G
        Structure.dense G
        Structure.layerwiseDense G
    ]
    |> List.map (fun curvature ->
        let mean = WeightPenalty.copied layers
        let data = DataPrecision.ofCurvature N curvature

        Posterior.make mean data (Prior.isotropic layers.Length 0.4) |> Posterior.withTemperature 0.7,
        Dense.ofTensor (Curvature.dense curvature) * N)

let private network () = Networks.perceptron true [ 3; 4; 3 ]

let private outputs () =
    let f = Networks.normal [ 4; 3 ]
    let root = Networks.normal [ 4; 3; 3 ]
    f, root.matmul (root.transpose (1L, 2L))

[<Tests>]
let tests =
    testList "Posterior.Predictive" [
        test "the Jacobian's columns are autograd's" {
            use _scope = torch.NewDisposeScope()
            let model, input = network (), Networks.normal [ 5; 3 ]

            let { Output = output; Jacobian = J } =
                Jacobian.factor (Problem.OfModel(model, Likelihood.Categorical)) input

            Oracle.agrees Tolerance.rounding (Dense.values (model.call input)) (Dense.values output)

            let written, expected = WrittenFactors.columns J, ExplicitCurvature.jacobian model input

            for i in 0..4 do
                for c in 0..2 do
                    Oracle.agrees
                        Tolerance.explicit
                        (expected.Row(i * 3 + c).ToArray())
                        (written.Row(c * 5 + i).ToArray())
        }

        test "the mean gradient is that of the loss" {
            use _scope = torch.NewDisposeScope()
            let model, input = network (), Networks.normal [ 5; 3 ]
            let target = torch.tensor [| 0L; 1L; 2L; 1L; 1L |]
            let layers = ExplicitCurvature.layersOf model

            let G =
                Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) Fisher.Empirical {
                    Input = input
                    Target = target
                }

            let loss = torch.nn.functional.cross_entropy (model.call input, target)
            loss.backward ()

            Oracle.agrees
                Tolerance.explicit
                (Weights.numbers (WeightPenalty.gradients layers))
                (Weights.numbers (Jacobian.meanGradient G))
        }

        test "covariances of outputs are J Sigma J^T, point by point and together" {
            use _scope = torch.NewDisposeScope()
            let model, input = network (), Networks.normal [ 5; 3 ]

            let factor = (Jacobian.factor (Problem.OfModel(model, Likelihood.Categorical)) input).Jacobian

            let J = ExplicitCurvature.jacobian model input

            for posterior, matrix in cases model do
                let expected = J * (precision posterior matrix).Inverse() * J.Transpose() * 0.7
                let joint = Predictive.jointCovariance 5L factor posterior
                Oracle.agreesWith Tolerance.explicit expected joint
                let blocks = Predictive.covariance 5L factor posterior

                for i in 0..4 do
                    let expected = expected.SubMatrix(i * 3, 3, i * 3, 3)
                    Oracle.agreesWith Tolerance.explicit expected (blocks.select (0L, int64 i))
        }

        test "covariances of layers with groups, positions and one-hot rows are those of their written columns" {
            use _scope = torch.NewDisposeScope()

            let U, J = grouped (), Networks.fromSeed 5 (fun () -> FisherFactor.scale 2.0 (grouped ()))

            let J = FisherFactor.ofColumns { J.Parts[0] with Weight = 1.0 }
            let columns = WrittenFactors.columns J

            for data in
                [
                    DataPrecision.ofFactor U
                    DataPrecision.ofCurvature 1.0 (Structure.kronecker Positions.Summed Positions.Averaged U)
                    DataPrecision.ofCurvature 1.0 (Structure.diagonal U)
                    DataPrecision.ofCurvature 1.0 (Structure.dense U)
                ] do
                let matrix = Dense.ofTensor (Curvature.dense (DataPrecision.toCurvature data))

                let posterior = Posterior.make (Vectors.random U.Shapes) data (Prior.isotropic 2 0.4)

                let expected = columns * (precision posterior matrix).Inverse() * columns.Transpose()

                let blocks = Predictive.covariance 3L J posterior

                for i in 0..2 do
                    for c in 0..1 do
                        for c' in 0..1 do
                            Oracle.agrees Tolerance.explicit [| expected[c * 3 + i, c' * 3 + i] |] [|
                                blocks[int64 i, int64 c, int64 c'].ToDouble()
                            |]
        }

        test "a Jacobian of other layers is refused" {
            use _scope = torch.NewDisposeScope()
            let model = network ()
            let posterior, _ = List.head (cases model)
            let other = Networks.perceptron true [ 3; 5; 3 ]

            let J =
                (Jacobian.factor (Problem.OfModel(other, Likelihood.Categorical)) (Networks.normal [ 5; 3 ])).Jacobian

            Oracle.refused [ "J must be of the posterior's layers" ] (fun () -> Predictive.covariance 5L J posterior)
        }

        test "without variance every approximation is the softmax" {
            use _scope = torch.NewDisposeScope()
            let f, covariance = outputs ()
            let expected = Dense.values (f.softmax 1L)
            let none = torch.zeros_like covariance
            Oracle.agrees Tolerance.rounding expected (Dense.values (Predictive.probit f none))
            Oracle.agrees Tolerance.rounding expected (Dense.values (Predictive.sampled 3 null f none))
        }

        test "probit and bridge are their formulas" {
            use _scope = torch.NewDisposeScope()
            let f, covariance = outputs ()
            let probit, bridge = Predictive.probit f covariance, Predictive.bridge f covariance

            for i in 0..3 do
                let f = Dense.values f[int64 i]
                let S = Dense.ofTensor (covariance.select (0L, int64 i))

                let scaled = f |> Array.mapi (fun c f -> exp (f / sqrt (1.0 + Math.PI / 8.0 * S[c, c])))

                Oracle.agrees
                    Tolerance.rounding
                    (scaled |> Array.map (fun x -> x / Array.sum scaled))
                    (Dense.values probit[int64 i])

                let rows = S.RowSums()
                let all = rows.Sum()
                let mean = f |> Array.mapi (fun c f' -> f' - rows[c] * Array.sum f / all)
                let v = Array.init 3 (fun c -> S[c, c] - rows[c] * rows[c] / all)

                let alpha =
                    Array.init 3 (fun c ->
                        (1.0 - 2.0 / 3.0 + exp mean[c] / 9.0 * (mean |> Array.sumBy (fun m -> exp -m))) / v[c])

                Oracle.agrees
                    Tolerance.explicit
                    (alpha |> Array.map (fun x -> x / Array.sum alpha))
                    (Dense.values bridge[int64 i])
        }

        test "sampled outputs have the mean and the covariance" {
            use _scope = torch.NewDisposeScope()
            let f, covariance = outputs ()
            let count = 40000
            let samples = Predictive.sampleOutputs count null f covariance

            for i in 0..3 do
                let S = Dense.ofTensor (covariance.select (0L, int64 i))
                let own = samples.select (1L, int64 i) - f[int64 i]
                let found = Dense.ofTensor (own.t().mm own / float count)
                let mean = Dense.values (own.mean [| 0L |])

                for c in 0..2 do
                    Expect.isTrue
                        (abs mean[c] <= Tolerance.monteCarlo * sqrt (S[c, c] / float count))
                        "the mean is zero"

                    for c' in 0..2 do
                        let error = sqrt ((S[c, c] * S[c', c'] + S[c, c'] * S[c, c']) / float count)

                        Expect.isTrue
                            (abs (found[c, c'] - S[c, c']) <= Tolerance.monteCarlo * error)
                            "the covariance lies within its error"
        }

        test "a written-out posterior's covariance is the same with and without kept features" {
            use _scope = torch.NewDisposeScope()

            for model, width in [ network (), 3; Networks.perceptron false [ 4; 3 ], 4 ] do
                let J =
                    (Jacobian.factor (Problem.OfModel(model, Likelihood.Categorical)) (Networks.normal [ 5; width ]))
                        .Jacobian

                let p = J.Shapes |> Array.sumBy (Array.fold (*) 1L)
                let M = torch.randn (p, p + 2L, dtype = torch.ScalarType.Float64)
                let precision = M.mm (M.t ())

                let data = DataPrecision.ofCurvature 1.0 (Curvature.Dense(precision, J.Shapes))

                let part = Array.exactlyOne data.Parts

                let covariance (prepared: PreparedPart) = OutputCovariance.blocks 3L [| 0.4; 0.4 |] part prepared

                let kept = OutputCovariance.prepareWithin (5L * 3L * p) 3L part J
                let whole = OutputCovariance.prepareWithin (5L * 3L * p - 1L) 3L part J

                Expect.isTrue (kept.IsFeatures && whole.IsWhole) "one keeps features, the other the whole network"

                let sigma = (Dense.shifted 0.4 (Dense.ofTensor precision)).Inverse()
                let columns = WrittenFactors.columns J

                for found in [ covariance kept; covariance whole ] do
                    for i in 0..4 do
                        let rows = Matrix<float>.Build.Dense(3, int p, fun c q -> columns[c * 5 + i, q])

                        Oracle.agreesWith
                            Tolerance.explicit
                            (rows * sigma * rows.Transpose())
                            (found.select (0L, int64 i))
        }

        test "what was prepared for a low-rank posterior is refused for a posterior of other data" {
            use _scope = torch.NewDisposeScope()

            let case = Posteriors.cases () |> List.find (fun case -> case.Name = "low rank with few columns")

            let own = Posteriors.posterior case (fun _ -> 0.7)
            let J = narrow ()
            use prepared = Predictive.prepare 3L J own
            Predictive.covarianceOf prepared (Posterior.withPrecision 2.0 own) |> ignore
            let scaled = Posterior.make own.Mean (DataPrecision.scale 4.0 own.Data) own.Prior

            Oracle.refused [ "another posterior" ] (fun () -> Predictive.covarianceOf prepared scaled |> ignore)
        }

        test "what was prepared in one Kronecker eigenbasis is refused in another" {
            use _scope = torch.NewDisposeScope()
            let model = network ()
            let layers = ExplicitCurvature.layersOf model

            let posterior () =
                let batch = { Input = Networks.normal [ 6; 3 ]; Target = null }
                let G = Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) Fisher.Ggn batch
                let data = Structure.kronecker Positions.Summed Positions.Averaged G |> DataPrecision.ofCurvature N
                Posterior.make (WeightPenalty.copied layers) data (Prior.isotropic layers.Length 0.4)

            let own, other = posterior (), posterior ()
            let at = Jacobian.factor (Problem.OfModel(model, Likelihood.Categorical)) (Networks.normal [ 5; 3 ])
            let expected = Dense.values (Predictive.covariance 5L at.Jacobian (Posterior.withPrecision 2.0 own))
            use prepared = Predictive.prepare 5L at.Jacobian own

            Oracle.agrees
                Tolerance.rounding
                expected
                (Dense.values (Predictive.covarianceOf prepared (Posterior.withPrecision 2.0 own)))

            Oracle.refused [ "another posterior" ] (fun () -> Predictive.covarianceOf prepared other |> ignore)
        }

        test "a covariance in float32 is sampled as it is in float64" {
            use _scope = torch.NewDisposeScope()
            let f, covariance = outputs ()
            let draw covariance = Networks.fromSeed 3 (fun () -> Predictive.sampled 5 null f covariance)
            let single = covariance.``to`` torch.ScalarType.Float32
            Oracle.agrees 1e-5 (Dense.values (draw covariance)) (Dense.values (draw single))
        }
    ]
