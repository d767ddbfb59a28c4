module Foof.Core.Tests.LinearOperatorTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.ExplicitCurvature
open Foof.Core.Tests.Operators
open MathNet.Numerics.LinearAlgebra
open TorchSharp

[<Tests>]
let tests =
    testList "MatrixFree.LinearOperator" [
        forEach "the Hessian agrees with differences of gradients" (fun case ->
            Oracle.agreesWith Tolerance.differences (differences case) (dense (hessian case)))

        forEach "the Gauss-Newton matrix is the explicit J^T Lambda J" (fun case ->
            Oracle.agreesWith Tolerance.rounding (explicitGaussNewton case) (dense (gaussNewton case)))

        forEach "the Fisher is the sum of the outer products of the data points' gradients" (fun case ->
            Oracle.agreesWith Tolerance.rounding (explicitFisher case) (dense (fisher case)))

        test "data points whose label is ignored change nothing in the Fisher" {
            use _scope = torch.NewDisposeScope()
            let case = List.head (cases ())
            let n = case.Input.size 0
            let last = torch.tensor [| -100L |]
            let rest (tensor: torch.Tensor) = tensor.narrow (0L, 0L, n - 1L)

            let ignoring = { case with Target = torch.cat [| rest case.Target; last |] }

            let without = { case with Input = rest case.Input; Target = rest case.Target }

            Oracle.agreesWith Tolerance.rounding (Dense.ofTensor (dense (fisher without))) (dense (fisher ignoring))
        }

        test "the full Fisher is the average over all labels of the Fisher, and the Gauss-Newton matrix" {
            use _scope = torch.NewDisposeScope()
            let case = List.head (cases ())

            let single = { case with Input = case.Input.narrow (0L, 0L, 1L) }

            let p = Dense.values ((single.Model.call single.Input).softmax 1L)

            let weighted (y: int64) =
                let label = torch.tensor ([| y |])
                Dense.ofTensor (dense (fisher { single with Target = label })) * p[int y]

            let average = weighted 0L + weighted 1L + weighted 2L
            Oracle.agreesWith Tolerance.rounding average (dense (gaussNewton single))
        }

        test "for a linear model with Gaussian noise every matrix is the inputs' second moment over sigma squared" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 3 2 true
            let input = Networks.normal [ 6; 3 ]

            let case = case "linear" model (Likelihood.Gaussian 0.7) input (Networks.normal [ 6; 2 ])

            let A = Dense.moment 6.0 (Dense.withOnes (Dense.ofTensor input))
            let expected = (Dense.identity 2).KroneckerProduct(A).Divide(0.49)
            Oracle.agreesWith Tolerance.rounding expected (dense (hessian case))
            Oracle.agreesWith Tolerance.rounding expected (dense (gaussNewton case))
        }

        test "for a linear softmax model the Hessian is the Gauss-Newton matrix, the mean of Lambda x a a^T" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 3 4 true

            let case = case "softmax" model categorical (Networks.normal [ 5; 3 ]) (classes 4 [ 5 ])

            let A = Dense.withOnes (Dense.ofTensor case.Input)
            let Lambda = outputHessian case (model.call case.Input)

            let summand i =
                let a = A.Row(i).ToColumnMatrix()
                Lambda.SubMatrix(4 * i, 4, 4 * i, 4).KroneckerProduct(a * a.Transpose())

            let expected = (List.init 5 summand |> List.reduce (+)).Divide 5.0
            Oracle.agreesWith Tolerance.rounding expected (dense (hessian case))
            Oracle.agreesWith Tolerance.rounding expected (dense (gaussNewton case))
        }

        forEach "products are linear and symmetric, and a mean over the batch whatever its order" (fun case ->
            let reversed = { case with Input = case.Input.flip 0L; Target = case.Target.flip 0L }

            for make in [ hessian; gaussNewton; fisher ] do
                use C = make case
                use C' = make reversed
                let u, v = Vectors.random C.Shapes, Vectors.random C.Shapes
                let Cu, Cv = C.Product u, C.Product v
                let elements = Weights.numbers

                let agrees x y = Oracle.agrees Tolerance.explicit (elements x) (elements y)

                agrees (WeightVector.axpy 3.0 Cu Cv) (C.Product(WeightVector.axpy 3.0 u v))
                agrees Cv (C'.Product v)

                let uCv, vCu = Dense.values (WeightVector.dot u Cv), Dense.values (WeightVector.dot v Cu)

                Oracle.agrees Tolerance.explicit uCv vCu)

        test "parameters outside of the layers are constants" {
            use _scope = torch.NewDisposeScope()
            let case = List.head (cases ())
            let last = { case with Layers = case.Layers[1..] }
            let first = 16

            for make in [ hessian; gaussNewton; fisher ] do
                let all = Dense.ofTensor (dense (make case))
                let size = all.RowCount - first

                Oracle.agreesWith Tolerance.rounding (all.SubMatrix(first, size, first, size)) (dense (make last))
        }

        test "a layer that the output does not depend on has a block of zeros" {
            use _scope = torch.NewDisposeScope()
            let used, unused = Networks.linear 2 2 true, Networks.linear 2 1 true
            let model = new Networks.Model([ "unused", unused; "used", used ], used.call)

            let case = case "unused" model categorical (Networks.normal [ 3; 2 ]) (classes 2 [ 3 ])

            let alone = { case with Layers = case.Layers[1..] }

            for make in [ hessian; gaussNewton; fisher ] do
                let expected = Matrix<float>.Build.Dense(9, 9)
                expected.SetSubMatrix(3, 3, Dense.ofTensor (dense (make alone)))
                Oracle.agreesWith Tolerance.rounding expected (dense (make case))
        }

        test "float32 agrees with float64" {
            use _scope = torch.NewDisposeScope()
            let case = List.head (cases ())

            let expected = [ hessian; gaussNewton; fisher ] |> List.map (fun make -> Dense.ofTensor (dense (make case)))

            case.Model.``to`` torch.ScalarType.Float32 |> ignore

            let single = { case with Layers = layersOf case.Model; Input = case.Input.``to`` torch.ScalarType.Float32 }

            for make, expected in List.zip [ hessian; gaussNewton; fisher ] expected do
                use C = make single
                Expect.equal C.Kind torch.ScalarType.Float32 "the kind of C"
                Oracle.agreesWith Tolerance.float32AgainstFloat64 expected (LinearOperator.dense C)
        }

        test "gradients that exist stay, no others appear, and random numbers continue as if nothing had happened" {
            use _scope = torch.NewDisposeScope()

            let first, last, dropout = Networks.linear 3 4 true, Networks.linear 4 2 true, torch.nn.Dropout 0.5

            let model =
                new Networks.Model(
                    [ "first", first; "dropout", dropout; "last", last ],
                    fun x -> last.call (dropout.call (first.call x))
                )

            let case = case "dropout" model categorical (Networks.normal [ 3; 3 ]) (classes 2 [ 3 ])

            first.weight.grad <- torch.ones_like first.weight
            let before = Dense.values (torch.get_rng_state ())

            for make in [ hessian; gaussNewton; fisher ] do
                use C = make case
                C.Product(WeightVector.zeros C.Shapes case.Input) |> ignore

            Expect.equal (Dense.values (torch.get_rng_state ())) before "the generator's state"
            Expect.equal (first.weight.grad.sum().ToDouble()) 12.0 "the sum of the gradient"
            Expect.isNull first.bias.grad "the gradient of the first bias"
            Expect.isNull last.weight.grad "the gradient of the last weight"
        }

        test "an operator can be made and used where nothing is recorded" {
            use _scope = torch.NewDisposeScope()
            let case = List.head (cases ())
            let expected = Dense.ofTensor (dense (hessian case))
            use _quiet = torch.no_grad ()
            Oracle.agreesWith 0.0 expected (dense (hessian case))
        }
    ]
