/// Products without matrices and conjugate gradients in float32 at real sizes against float64.
module Foof.Core.Tests.SolversFloat32Tests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.RealSizes
open TorchSharp

let private operator (lambda: float) C =
    LinearOperator.ofFunction (Curvature.shapes C) (Curvature.tensors C).Head (fun v ->
        WeightVector.axpy lambda v (Curvature.product C v))

/// A classifier and its inputs, fewer than these have dimensions, some of them dead.
let private problem (kind: torch.ScalarType) =
    let model =
        (Networks.fromSeed 1 (fun () -> Networks.perceptron true [ 280; 260; 10 ])).``to``(torch.float32).``to`` kind
    Problem.OfModel(model, Likelihood.Categorical), (Networks.fromSeed 2 (fun () -> rows 1e3 60L 280L)).``to`` kind

[<Tests>]
let tests =
    testList "MatrixFree.SolversFloat32" [
        test "products with the Gauss-Newton matrix are those of float64, and so are those of its factor" {
            use _scope = torch.NewDisposeScope()
            let (found, input), (expected, wideInput) = problem torch.float32, problem torch.float64
            use C = LinearOperator.gaussNewton found input
            use wideC = LinearOperator.gaussNewton expected wideInput
            let V = vector C.Shapes
            let product = wideC.Product(Array.map wide V)
            agree Tolerance.roundingSingle product (C.Product V)
            let G = Fisher.factor found Fisher.Ggn { Input = input; Target = null }
            agree Tolerance.roundingSingle product (Curvature.product (Curvature.LowRank G) V)
        }

        for condition in conditions do
            test $"conjugate gradients give float64's solution and the residual that is left: {condition}" {
                use _scope = torch.NewDisposeScope()
                let C, lambda = Curvature.LowRank(factor condition), 1.0 / condition
                let wideC = CurvatureOracle.map wide C
                let b = vector (Curvature.shapes C)
                let settings = { ConjugateGradients.defaults with Tolerance = 1e-4 }
                let found = ConjugateGradients.solve (operator lambda C) b settings
                let exact = Factored.solve (Factored.make Damping.Tikhonov lambda wideC) (Array.map wide b)
                let x = Array.map wide found.Solution
                let product = WeightVector.axpy lambda x (Curvature.product wideC x)
                let left = WeightVector.norm (WeightVector.axpy -1.0 product (Array.map wide b))
                let residual = left.ToDouble() / (WeightVector.norm b).ToDouble()
                // C x rounds at 6e-8 |C| |x|, and |x| is up to the condition number beside |b| / |C|.
                Expect.isTrue
                    (abs (residual - found.RelativeResidual) <= Tolerance.ofCondition condition)
                    $"{residual}, {found.RelativeResidual}"
                Expect.equal found.Converged (found.RelativeResidual <= 1e-4) "converged"
                agree (Tolerance.ofCondition condition + 1e-3) exact found.Solution
            }
    ]
