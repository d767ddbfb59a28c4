module Foof.Core.Tests.MethodsTests

open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let shapes =
    gen {
        let! n = Gen.choose (1, 5)
        let! positions = Gen.choose (1, 3)
        let! inputs = Gen.choose (1, 6)
        let! outputs = Gen.choose (1, 5)
        let! lambda = Gen.elements [ 1e-2; 1.0; 1e2 ]
        let! bias = Gen.elements [ true; false ]
        return struct (n, positions, inputs, outputs, lambda, bias)
    }

[<Tests>]
let tests =
    testList "Methods.Methods" [
        Holds.forAll
            "FOOF's update of a linear layer is the explicit least-squares solution"
            shapes
            (fun (struct (n, positions, inputs, outputs, lambda, bias)) ->
                use _scope = torch.NewDisposeScope()
                let layer = LayerContract.only (Networks.linear inputs outputs bias)
                let A = Layer.rows layer (Networks.normal [ n; positions; inputs ])
                let E = Layer.errorRows layer (Networks.normal [ n; positions; outputs ])

                let expected = Oracle.leastSquares (float n) (Dense.ofTensor A) (Dense.ofTensor E) lambda

                Oracle.agreesWith Tolerance.explicit expected (Methods.foofUpdate (int64 n) A E lambda))

        Holds.forAll
            "FOOF's update of a convolution is the explicit least-squares solution over its patches"
            Convolutions.ungrouped
            (fun case ->
                use _scope = torch.NewDisposeScope()
                let convolution = Convolutions.convolution case
                let layer = LayerContract.only convolution
                let input = Convolutions.image case
                let errors = torch.randn_like (convolution.call input)
                let n = float case.Batch
                // The errors channel by channel, put in the patches' order by plain loops.
                let e = Dense.values errors
                let positions = int (errors.size 2 * errors.size 3)

                let E =
                    Dense.build (case.Batch * positions) case.Outputs (fun row c ->
                        e[(row / positions * case.Outputs + c) * positions + row % positions])

                let expected = Oracle.leastSquares n (Convolutions.patches case input).Head E 0.1

                let update =
                    Methods.foofUpdate (int64 case.Batch) (Layer.rows layer input) (Layer.errorRows layer errors) 0.1

                Oracle.agreesWith Tolerance.explicit expected update)

        Holds.forAll
            "no other update has a smaller objective"
            shapes
            (fun (struct (n, positions, inputs, outputs, lambda, _)) ->
                use _scope = torch.NewDisposeScope()

                let A, E = Networks.normal [ n * positions; inputs ], Networks.normal [ n * positions; outputs ]

                let objective (update: torch.Tensor) =
                    let misfit = (A.mm (update.t ()) - E).square().sum() / float n
                    (misfit + update.square().sum() * lambda).ToDouble()

                let best = Methods.foofUpdate (int64 n) A E lambda
                let least = objective best

                for _ in 1..5 do
                    Expect.isTrue
                        (objective (best + Networks.normal [ outputs; inputs ] * 0.1) > least)
                        "another matrix has a larger objective")

        test "the toy problem of Benzing's appendix F is solved by one undamped step of size 1" {
            use _scope = torch.NewDisposeScope()
            let A = Dense.toTensor (Dense.ofRows [ [ 3.0; 1.0 ]; [ 1.0; 0.0 ] ])
            let labels = Dense.toTensor (Dense.ofRows [ [ 1.0 ]; [ -1.0 ] ])
            let weights = torch.zeros (1L, 2L, dtype = Networks.double)
            let errors = A.mm (weights.t ()) - labels
            let step = Methods.foofUpdate 2L A errors 0.0 * -1.0
            Oracle.agreesWith Tolerance.explicit (Dense.ofRows [ [ -1.0; 4.0 ] ]) step
            Oracle.agreesWith Tolerance.explicit (Dense.ofTensor labels) (A.mm ((weights + step).t()))
        }

        Holds.forAll
            "without damping a deficient batch gets the least-squares solution of smallest norm"
            (Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (5, 8)) (Gen.choose (1, 4)))
            (fun (n, inputs, outputs) ->
                use _scope = torch.NewDisposeScope()
                let A, E = Networks.normal [ n; inputs ], Networks.normal [ n; outputs ]
                let expected = ((Dense.ofTensor A).PseudoInverse() * Dense.ofTensor E).Transpose()
                Oracle.agreesWith Tolerance.pseudoInverse expected (Methods.foofUpdate (int64 n) A E 0.0))

        Holds.forAll "float32 agrees with float64" shapes (fun (struct (n, positions, inputs, outputs, lambda, _)) ->
            use _scope = torch.NewDisposeScope()

            let A, E = Networks.normal [ n * positions; inputs ], Networks.normal [ n * positions; outputs ]

            let expected = Oracle.leastSquares (float n) (Dense.ofTensor A) (Dense.ofTensor E) lambda

            let single (tensor: torch.Tensor) = tensor.``to`` torch.ScalarType.Float32

            Oracle.agreesWith
                Tolerance.float32AgainstFloat64
                expected
                (Methods.foofUpdate (int64 n) (single A) (single E) lambda))

        test "the update is a mean: repeating the batch changes nothing" {
            use _scope = torch.NewDisposeScope()
            let A, E = Networks.normal [ 4; 3 ], Networks.normal [ 4; 2 ]
            let twice (tensor: torch.Tensor) = torch.cat ([| tensor; tensor |], 0L)
            let once = Methods.foofUpdate 4L A E 0.5

            Oracle.agreesWith Tolerance.explicit (Dense.ofTensor once) (Methods.foofUpdate 8L (twice A) (twice E) 0.5)
        }

        test "inputs with NaN are a numerical failure" {
            use _scope = torch.NewDisposeScope()

            let act () = Methods.foofUpdate 4L (Networks.normal [ 4; 3 ] * nan) (Networks.normal [ 4; 2 ]) 1.0 |> ignore

            Expect.equal ((Oracle.raises<NumericalFailure> act).Subject) "FOOF" "the subject of the failure"
        }

        test "FOOF's recipe has the paper's numbers" {
            Recipe.check Methods.foof
            let recipe = Methods.foof

            Expect.equal [ recipe.Damping; Networks.beta recipe ] [ 1.0; 0.95 ] "damping and memory"

            Expect.equal recipe.Cadence { InvertEvery = 100; StatisticsSteps = 10; WarmUp = 50 } "the cadence of recipe"

            Expect.equal recipe.OnFailure OnFailure.KeepLast "what the recipe does on failure"
        }

        test "a recipe that makes no sense is refused by name" {
            let refused name recipe =
                Expect.equal
                    ((Oracle.raises<System.ArgumentException>(fun () -> Recipe.check recipe)).ParamName)
                    name
                    "the parameter's name"

            for damping in [ 0.0; -1.0; nan; infinity ] do
                refused "Damping" { Methods.foof with Damping = damping }

            for decay in [ 1.0; -0.1; nan ] do
                refused "MovingAverage" { Methods.foof with Memory = Memory.MovingAverage decay }

            refused "Attempts" { Methods.foof with Attempts = [] }

            refused "InvertEvery" { Methods.foof with Cadence = { Cadence.defaults with InvertEvery = 0 } }

            refused "StatisticsSteps" { Methods.foof with Cadence = { Cadence.defaults with StatisticsSteps = 101 } }
        }
    ]
