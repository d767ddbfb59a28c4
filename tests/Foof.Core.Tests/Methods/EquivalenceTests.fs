/// The three ways of training are one: `Step`, the ordinary loop, and the preconditioner in front of torch's
/// SGD.
module Foof.Core.Tests.EquivalenceTests

open Expecto
open Foof
open FsCheck.FSharp
open TorchSharp

/// Trains copies of one network in all three ways, and in a mixture of the first two, and compares their
/// weights.
let waysAgree (recipe: Recipe) momentum (make: unit -> Networks.Network) batches =
    let ours, loop, mixed, theirs =
        Networks.fromSeed 4 make, Networks.fromSeed 4 make, Networks.fromSeed 4 make, Networks.fromSeed 4 make

    use stepping = Networks.optimizer ours recipe 0.05 momentum 0.0
    use looping = Networks.optimizer loop recipe 0.05 momentum 0.0
    use mixing = Networks.optimizer mixed recipe 0.05 momentum 0.0
    use preconditioner = new Preconditioner(theirs, recipe)
    let sgd = torch.optim.SGD(theirs.parameters (), 0.05, momentum)
    Networks.byStep stepping batches
    Networks.byLoop loop looping batches
    Networks.byPreconditioner theirs preconditioner sgd batches

    batches
    |> List.iteri (fun i batch ->
        if i % 3 = 1 then Networks.byLoop mixed mixing [ batch ] else Networks.byStep mixing [ batch ])

    let expected = Networks.weights ours
    Oracle.agrees Tolerance.trajectory expected (Networks.weights loop)
    Oracle.agrees Tolerance.trajectory expected (Networks.weights theirs)
    Oracle.agrees Tolerance.trajectory expected (Networks.weights mixed)

let shapes =
    gen {
        let! n = Gen.choose (1, 6)
        let! widths = Gen.listOfLength 4 (Gen.choose (1, 8))
        let! bias = Gen.elements [ true; false ]
        let! momentum = Gen.elements [ 0.0; 0.9 ]
        return struct (n, widths, bias, momentum)
    }

[<Tests>]
let tests =
    testList "Methods.Equivalence" [
        Holds.forAll "perceptrons of all shapes" shapes (fun (struct (n, widths, bias, momentum)) ->
            use _scope = torch.NewDisposeScope()

            waysAgree Networks.someSteps momentum (fun () -> Networks.perceptron bias widths)
            <| Networks.batches 9 n (List.head widths) (List.last widths))

        Holds.forAll "layers whose output the model changes in place" shapes (fun (struct (n, widths, _, momentum)) ->
            use _scope = torch.NewDisposeScope()

            waysAgree Networks.someSteps momentum (Networks.inPlace Networks.reluInPlace widths)
            <| Networks.batches 9 n (List.head widths) (List.last widths))

        test "a Sequential with ReLU modules in place" {
            use _scope = torch.NewDisposeScope()

            let make () : Networks.Network =
                torch.nn.Sequential(
                    [|
                        Networks.linear 3 7 true :> Networks.Network
                        torch.nn.ReLU(inplace = true)
                        Networks.linear 7 6 true
                        torch.nn.ReLU(inplace = true)
                        Networks.linear 6 2 true
                    |]
                )

            waysAgree Networks.someSteps 0.9 make (Networks.batches 9 4 3 2)
        }

        test "an in-place activation that changes nothing in the first batch" {
            use _scope = torch.NewDisposeScope()

            let make () : Networks.Network =
                let model = Networks.inPlace Networks.reluInPlace [ 2; 4; 3 ] ()
                use _quiet = torch.no_grad ()

                for parameter in model.parameters () do
                    parameter.abs_().add_(0.1.ToScalar()) |> ignore

                model

            // All units are on for the first batch; negative inputs switch some off afterwards.
            let batches =
                Networks.batches 8 2 2 3
                |> List.mapi (fun i (input, target) -> (if i = 0 then input.abs () else input * 5.0), target - 2.0)

            waysAgree Networks.everyStep 0.0 make batches
        }

        test "a network whose last layer starts at zero" {
            use _scope = torch.NewDisposeScope()

            let make () : Networks.Network =
                let layers = [ Networks.linear 3 6 true; Networks.linear 6 5 true ]
                torch.nn.init.zeros_ layers[1].weight |> ignore

                new Networks.Model(
                    [ "a", layers[0]; "b", layers[1] ],
                    fun input -> layers[1].call(Networks.reluInPlace (layers[0].call input))
                )

            waysAgree Networks.everyStep 0.9 make (Networks.batches 6 2 3 5)
        }

        test "a layer that is used twice in a pass" {
            for n in [ 1; 2; 5; 9 ] do
                use _scope = torch.NewDisposeScope()

                let make () : Networks.Network =
                    let twice, last = Networks.linear 5 5 true, Networks.linear 5 2 true

                    new Networks.Model(
                        [ "twice", twice; "last", last ],
                        twice.call >> torch.tanh >> twice.call >> torch.tanh >> last.call
                    )

                waysAgree Networks.someSteps 0.9 make (Networks.batches 9 n 5 2)
        }

        test "two modules that share weight and bias" {
            use _scope = torch.NewDisposeScope()

            let make () : Networks.Network =
                let a, b = Networks.linear 5 5 true, Networks.linear 5 5 true
                b.weight <- a.weight
                b.bias <- a.bias
                new Networks.Model([ "a", a; "b", b ], a.call >> torch.tanh >> b.call)

            waysAgree Networks.someSteps 0.9 make (Networks.batches 9 3 5 5)
        }

        test "two linear layers that share their bias only" {
            use _scope = torch.NewDisposeScope()

            let make () : Networks.Network =
                let a, b = Networks.linear 5 5 true, Networks.linear 5 5 true
                b.bias <- a.bias
                let last = Networks.linear 5 2 true

                new Networks.Model([ "a", a; "b", b; "last", last ], a.call >> torch.tanh >> b.call >> last.call)

            waysAgree Networks.someSteps 0.9 make (Networks.batches 9 3 5 2)
        }

        test "layers that the loss does not reach, frozen layers and layers under no_grad" {
            for n in [ 2; 9 ] do
                use _scope = torch.NewDisposeScope()

                let make () : Networks.Network =
                    let fixedLayer, body, spare =
                        Networks.linear 3 4 true, Networks.linear 4 6 true, Networks.linear 4 6 true

                    let unused, last, quiet =
                        Networks.linear 3 3 true, Networks.linear 6 2 true, Networks.linear 3 3 true

                    fixedLayer.weight.requires_grad <- false
                    fixedLayer.bias.requires_grad <- false

                    let run (input: torch.Tensor) =
                        let features =
                            use _quiet = torch.no_grad ()
                            quiet.call input

                        let hidden = fixedLayer.call features
                        spare.call hidden |> ignore
                        last.call ((body.call hidden).tanh())

                    new Networks.Model(
                        [
                            "fixed", fixedLayer
                            "body", body
                            "spare", spare
                            "unused", unused
                            "last", last
                            "quiet", quiet
                        ],
                        run
                    )

                waysAgree Networks.someSteps 0.9 make (Networks.batches 9 n 3 2)
        }

        test "positions: further dimensions between batch and features" {
            for n in [ 1; 4 ] do
                use _scope = torch.NewDisposeScope()

                let batches = List.init 9 (fun _ -> Networks.normal [ n; 3; 4 ], Networks.normal [ n; 3; 5 ])

                waysAgree Networks.someSteps 0.9 (fun () -> Networks.perceptron true [ 4; 7; 5 ]) batches
        }

        test "a convolutional network with batch norm, an uncovered grouped convolution and a head" {
            for n in [ 1; 4 ] do
                use _scope = torch.NewDisposeScope()

                let make () : Networks.Network =
                    let body = torch.nn.Conv2d(2L, 4L, 3L, stride = 2L, padding = 1L, dtype = Networks.double)

                    let norm = torch.nn.BatchNorm2d(4L, dtype = Networks.double)
                    let grouped = torch.nn.Conv2d(4L, 4L, 2L, groups = 2L, dtype = Networks.double)
                    let wide = torch.nn.Conv2d(4L, 20L, 2L, dilation = 2L, dtype = Networks.double)
                    let head = Networks.linear 20 3 true

                    new Networks.Model(
                        [ "body", body; "norm", norm; "grouped", grouped; "wide", wide; "head", head ],
                        fun input ->
                            let maps = wide.call (grouped.call ((norm.call (body.call input)).tanh()))
                            head.call (maps.flatten(2L).mean([| 2L |]))
                    )

                let batches = List.init 7 (fun _ -> Networks.normal [ n; 2; 7; 7 ], Networks.normal [ n; 3 ])

                waysAgree Networks.someSteps 0.9 make batches
        }
    ]
