/// `Step` against an explicit FOOF in matrices, and what it returns and leaves alone.
module Foof.Core.Tests.OptimizerTests

open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Widths and batch sizes on both sides of the switch between factors (rows < outputs) and gradients.
let shapes =
    gen {
        let! n = Gen.choose (1, 9)
        let! widths = Gen.listOfLength 4 (Gen.choose (1, 8))
        return n, widths
    }

/// W = 4, T = 3, S = 2: o observes, b inverts as well.
let phases = "bbob.ob.ob"

/// `Step` over a whole cadence of warm-up, observations and inversions, with momentum and decay.
let followsExplicitFoof (n, widths: int list) =
    use _scope = torch.NewDisposeScope()
    let model = Networks.perceptron true widths
    let recipe = Networks.someSteps
    use optimizer = Networks.optimizer model recipe 0.05 0.8 0.1

    let expected = Networks.ExplicitFoof(Networks.joinedWeights model, recipe.Damping, Networks.beta recipe, 0.05, 0.8)

    Networks.batches 10 n (List.head widths) (List.last widths)
    |> List.iteri (fun step (input, target) ->
        let observe, invert = phases[step] <> '.', phases[step] = 'b'
        expected.Step(Dense.ofTensor input, Dense.ofTensor target, observe, invert, 1.0 - 0.05 * 0.1)
        use _result = optimizer.Step(input, target)
        ())

    Array.iter2
        (fun (W: Matrix<float>) found -> Oracle.agrees Tolerance.trajectory (W.ToRowMajorArray()) found)
        expected.Weights
        (Networks.joinedWeights model |> Array.map _.ToRowMajorArray())

/// A convolution's step on 1/2 |f - y|^2 against least squares over its patches.
let convolves (case: Convolutions.Case) =
    use _scope = torch.NewDisposeScope()
    let convolution = Convolutions.convolution case
    let layer = LayerContract.only convolution
    let input = Convolutions.image case
    let target = torch.randn_like (convolution.call input)
    use optimizer = Networks.optimizer convolution Networks.everyStep 1.0 0.0 0.0

    let joined () =
        Dense.ofTensor (Layer.joined layer layer.Weight (layer.Bias |> ValueOption.map (fun b -> b :> torch.Tensor)))

    let before = joined ()
    let A = (Convolutions.patches case input).Head
    let E = A * before.Transpose() - Dense.ofTensor (Layer.errorRows layer target)
    Networks.byStep optimizer [ input, target ]
    let expected = before - Oracle.leastSquares (float case.Batch) A E 0.1
    Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) ((joined ()).ToRowMajorArray())

[<Tests>]
let tests =
    testList "Training.Optimizer" [
        Holds.forAll
            "steps follow an explicit FOOF through warm-up, observations and inversions"
            shapes
            followsExplicitFoof

        Holds.forAll
            "a step on a linear model with rate 1 solves damped least squares for the errors"
            shapes
            (fun (n, widths) ->
                use _scope = torch.NewDisposeScope()
                let inputs, outputs = widths[0], widths[1]
                let model = Networks.linear inputs outputs true
                use optimizer = Networks.optimizer model Networks.everyStep 1.0 0.0 0.0
                let input, target = Networks.normal [ n; inputs ], Networks.normal [ n; outputs ]

                let joined () = Array.head (Networks.joinedWeights model)

                let before = joined ()
                let A = Dense.withOnes (Dense.ofTensor input)
                let E = A * before.Transpose() - Dense.ofTensor target
                Networks.byStep optimizer [ input, target ]
                let expected = before - Oracle.leastSquares (float n) A E 0.1
                Oracle.agrees Tolerance.explicit (expected.ToRowMajorArray()) ((joined ()).ToRowMajorArray()))

        Holds.forAll
            "a step on a convolution solves damped least squares over its patches"
            Convolutions.ungrouped
            convolves

        test "the toy problem is solved by one step of size 1, up to the damping" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 2 1 false
            torch.nn.init.zeros_ model.weight |> ignore

            use optimizer = Networks.optimizer model { Networks.everyStep with Damping = 1e-12 } 1.0 0.0 0.0

            let input = Dense.toTensor (Dense.ofRows [ [ 3.0; 1.0 ]; [ 1.0; 0.0 ] ])
            Networks.byStep optimizer [ input, Dense.toTensor (Dense.ofRows [ [ 1.0 ]; [ -1.0 ] ]) ]
            Oracle.agrees Tolerance.explicit [| -1.0; 4.0 |] (Dense.values model.weight)
        }

        test "a step returns loss and output from before the update" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.0 0.0
            let input, target = List.head (Networks.batches 1 6 3 2)
            let output = model.call input
            let loss = Likelihood.loss Networks.gaussian output target
            use result = optimizer.Step(input, target)
            Expect.equal (Dense.values result.Output) (Dense.values output) "the output of result"
            Expect.equal (Dense.values result.Loss) (Dense.values loss) "the loss of result"
            Expect.isFalse result.Output.requires_grad "output of result requires a gradient"
            Expect.isFalse result.Loss.requires_grad "loss of result requires a gradient"
        }

        test "a step touches no parameter's gradient" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            Networks.byStep optimizer (Networks.batches 3 2 3 2 @ Networks.batches 3 9 3 2)

            for parameter in model.parameters () do
                Expect.isNull parameter.grad "the gradient of the parameter"
        }

        test "training in float32 follows float64" {
            use _scope = torch.NewDisposeScope()
            let wide = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 6; 2 ])
            let narrow = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 6; 2 ])
            narrow.``to`` torch.ScalarType.Float32 |> ignore
            let batches = Networks.batches 10 4 3 2
            use first = Networks.optimizer wide Networks.someSteps 0.05 0.8 0.1
            use second = Networks.optimizer narrow Networks.someSteps 0.05 0.8 0.1
            Networks.byStep first batches

            Networks.byStep second [
                for input, target in batches ->
                    input.``to`` torch.ScalarType.Float32, target.``to`` torch.ScalarType.Float32
            ]

            Expect.equal ((Seq.head (narrow.parameters ())).dtype) torch.ScalarType.Float32 "the type of the weights"

            Oracle.agrees Tolerance.float32AgainstFloat64 (Networks.weights wide) (Networks.weights narrow)
        }

        test "a warm-up before training leaves the state that the preconditioner's warm-up leaves" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use optimizer = Networks.optimizer model Networks.someSteps 0.1 0.0 0.0
            use preconditioner = new Preconditioner(model, Networks.someSteps)
            let inputs = Networks.batches 4 5 3 2 |> List.map fst
            optimizer.WarmUp inputs
            preconditioner.WarmUp inputs

            Expect.equal
                (Networks.snapshot optimizer.State |> Map.remove "description")
                (Networks.snapshot preconditioner.State |> Map.remove "description")
                "the tensors of the optimiser's state"

            Expect.equal optimizer.BatchesSeen 4 "the position of optimizer"
        }

        test "a classifier learns" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 2; 16; 2 ]

            use optimizer = new Optimizer(model, Networks.everyStep, Likelihood.Categorical, 0.5, 0.0, 0.0)

            let input = Networks.normal [ 40; 2 ]

            let target =
                input.select(1L, 0L).mul(input.select (1L, 1L)).gt(0.0.ToScalar()).``to`` torch.ScalarType.Int64

            let losses =
                List.init 100 (fun _ ->
                    use result = optimizer.Step(input, target)
                    result.Loss.ToDouble())

            Expect.isTrue (List.last losses < Tolerance.learnt * losses[0]) $"{losses[0]} -> {List.last losses}"
        }
    ]
