/// Steps of every method, through `Optimizer.Step`, against its update by explicit dense matrices.
module Foof.Core.Tests.MethodChecksTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.ExplicitMethods
open Foof.Core.Tests.MethodRuns
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let names = [ for recipe in Methods.all -> recipe.Name ]

let slow = { InvertEvery = 3; StatisticsSteps = 2; WarmUp = 2 }

[<Tests>]
let tests =
    testList "Methods.MethodChecks" [
        testList "one step of every method is its explicit update, on both sides of the switch to factors" [
            for name in names do
                test name {
                    for n in [ 1; 2; 6 ] do
                        batches (named name) 1 n [ 3; 4; 2 ] 1
                }
        ]

        testList "one step of every method on a network with positions is its explicit update" [
            for name in names do
                test name {
                    for n in [ 1; 3 ] do
                        batches (named name) 1 n [ 3; 9; 2 ] 3
                }
        ]

        testList "moments and momentum are remembered over several steps as the method says" [
            for name in names do
                test name {
                    for momentum in [ 0.0; 0.9 ] do
                        use _scope = torch.NewDisposeScope()

                        followsWith momentum (named name) (List.init 5 (fun _ -> perceptron 3 [ 3; 4; 2 ] 1)) 0.05
                }
        ]

        testList "every memory works with every Kronecker product" [
            for memory in [ Memory.Latest; Memory.Sum; Memory.MovingAverage 0.5 ] do
                for name in [ "foof"; "kfac"; "kfac-standard"; "tkfac"; "shampoo"; "eva" ] do
                    test $"{name}, {memory}" {
                        use _scope = torch.NewDisposeScope()
                        let recipe = { named name with Memory = memory }
                        follows recipe (List.init 4 (fun _ -> perceptron 3 [ 3; 4; 2 ] 1)) 0.05
                    }
        ]

        testList "between inversions the last inverse is used" [
            for name in [ "kfac"; "kfac-standard"; "tkfac"; "shampoo"; "foof-kfac"; "natural-blocks"; "sngd" ] do
                test name {
                    use _scope = torch.NewDisposeScope()
                    let recipe = { named name with Cadence = slow }
                    follows recipe (List.init 9 (fun _ -> perceptron 3 [ 3; 4; 2 ] 1)) 0.05
                }
        ]

        testList "EKFAC's second moments are averaged while the basis stays, and are carried over into each new basis" [
            for memory in [ Memory.MovingAverage 0.5; Memory.Sum ] do
                for T, S in [ 1, 1; 2, 1; 2, 2; 3, 2; 3, 3 ] do
                    for positions in [ 1; 2 ] do
                        test $"{memory}, T = {T}, S = {S}, {positions} positions" {
                            use _scope = torch.NewDisposeScope()

                            let recipe = {
                                named "ekfac" with
                                    Memory = memory
                                    Cadence = { InvertEvery = T; StatisticsSteps = S; WarmUp = 3 }
                            }

                            follows recipe (List.init 9 (fun _ -> perceptron 6 [ 3; 4; 2 ] positions)) 0.05
                        }
        ]

        testList
            "M-FAC's window of three gradients over five steps is the dense inverse, and of one is Sherman-Morrison"
            [
                for m in [ 1; 3 ] do
                    test $"{m}" {
                        use _scope = torch.NewDisposeScope()

                        let recipe = { named "mfac" with Curvature = Approximation.Window m; Damping = 0.1 }

                        follows recipe (List.init 5 (fun _ -> perceptron 3 [ 3; 4; 2 ] 1)) 0.05
                    }
            ]

        testList "a step on a convolution is every method's explicit update over its patches" [
            for name in names do
                test name {
                    let recipe = named name

                    let case: Convolutions.Case = {
                        Batch = 3
                        Groups = 1
                        Channels = 2
                        Outputs = 3
                        Height = 5
                        Width = 5
                        Kernel = struct (2L, 2L)
                        Stride = struct (2L, 2L)
                        Sides = Convolutions.Given(struct (1L, 0L))
                        Dilation = struct (1L, 1L)
                        Mode = PaddingModes.Zeros
                        Bias = true
                        Kind = Networks.double
                    }

                    use _scope = torch.NewDisposeScope()
                    let model = Convolutions.convolution case
                    let layer = LayerContract.only model
                    let input = Convolutions.image case
                    let target = torch.randn_like (model.call input)

                    let joined () = Dense.ofTensor (Layer.joined layer layer.Weight (ValueSome layer.Bias.Value))

                    let before = joined ()
                    let A = (Convolutions.patches case input).Head

                    let rows (tensor: torch.Tensor) = Dense.ofTensor (Layer.errorRows layer tensor)

                    use _quiet = torch.no_grad ()
                    let output = (model.call input).detach()

                    let batch errors = {
                        Points = case.Batch
                        Positions = A.RowCount / case.Batch
                        A = [| A |]
                        E = [| errors |]
                    }

                    let fisher =
                        match recipe.Fisher with
                        | Fisher.MonteCarlo _ ->
                            use draws = new Draws(5L)

                            let sampled = Likelihood.sample Networks.gaussian output (draws.Next output.device)

                            [| batch (rows (output - sampled)) |]
                        | Fisher.Empirical -> [| batch (rows (output - target)) |]
                        | Fisher.Ggn ->
                            Array.init (int (Likelihood.hessianColumns Networks.gaussian output)) (fun c ->
                                batch (rows (Likelihood.hessianRoot Networks.gaussian output (int64 c))))

                    let own = batch (rows (output - target))
                    let gradient = [| [| own.Gradient 0 |] |]
                    let moment = remembered recipe [ struct (own, fisher) ]
                    let spectrum = inEigenbasis recipe [ struct (own, fisher), true ]
                    let expected = directions recipe moment own fisher spectrum gradient 1.0
                    use optimizer = Networks.optimizer model recipe 1.0 0.0 0.0
                    optimizer.Draws.Position <- struct (5L, 0L)
                    Networks.byStep optimizer [ input, target ]
                    Oracle.agrees Tolerance.trajectory (flat expected) (flat [| before - joined () |])
                }
        ]

        test "on a network of one layer the blocks are the whole natural gradient" {
            use _scope = torch.NewDisposeScope()
            let network = perceptron 4 [ 3; 2 ] 1

            let update name =
                let own = { network with Model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 2 ]) }

                use optimizer = Networks.optimizer own.Model (named name) 1.0 0.0 0.0
                flat (stepped optimizer own 4)

            Oracle.agrees Tolerance.rounding (update "natural") (update "natural-blocks")
        }

        test "Shampoo's first step on a square matrix is the orthogonal factor of the gradient" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 3 3 false
            let input, target = Networks.normal [ 6; 3 ], Networks.normal [ 6; 3 ]
            let W = Dense.ofTensor model.weight
            let E = Dense.ofTensor input * W.Transpose() - Dense.ofTensor target
            let gradient = (E.Transpose() * Dense.ofTensor input).Divide 6.0
            let svd = gradient.Svd()
            let recipe = { named "shampoo" with Damping = 1e-15 }
            use optimizer = Networks.optimizer model recipe 1.0 0.0 0.0
            Networks.byStep optimizer [ input, target ]
            Oracle.agrees 1e-8 (flat [| svd.U * svd.VT |]) (flat [| W - Dense.ofTensor model.weight |])
        }

        test "FOOF with K-FAC's damping moves each layer as far as K-FAC, in another direction" {
            use _scope = torch.NewDisposeScope()
            let network = perceptron 5 [ 3; 4; 2 ] 1

            let update name =
                let own = { network with Model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 4; 2 ]) }

                use optimizer = Networks.optimizer own.Model (named name) 1.0 0.0 0.0
                stepped optimizer own 4

            let kfac, foof = update "kfac", update "foof-kfac"

            Oracle.agrees Tolerance.explicit (kfac |> Array.map _.FrobeniusNorm()) (foof |> Array.map _.FrobeniusNorm())

            Expect.isTrue (Dense.distance (flat kfac) (flat foof) > 0.01) "K-FAC and FOOF differ"
        }

        test "the expected Fisher of Eva and SNGD is the data's, and of K-FAC the model's" {
            use _scope = torch.NewDisposeScope()
            let network = perceptron 4 [ 3; 2 ] 1

            let updates name =
                [ 1; 2 ]
                |> List.map (fun seed ->
                    let own = {
                        network with
                            Model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 2 ])
                    }

                    use optimizer = Networks.optimizer own.Model (named name) 1.0 0.0 0.0
                    flat (stepped optimizer own seed))

            for name in [ "sngd"; "eva"; "foof"; "mfac"; "shampoo"; "natural-full" ] do
                let found = updates name
                Expect.equal (found[1]) (found[0]) "the second result"

            for name in [ "kfac"; "ekfac"; "tkfac"; "natural" ] do
                let found = updates name
                Expect.notEqual (found[1]) (found[0]) "the second result"
        }
    ]
