module Foof.Core.Tests.PreconditionerTests

open System
open System.Threading
open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let factorOf (preconditioner: Preconditioner) name =
    Networks.snapshot preconditioner.State |> Map.find $"{name}.activation.sum"

/// The statistics after one training pass with `meanwhile` run between its forward and its step.
let statisticsWith (meanwhile: Networks.Network -> unit) =
    use _scope = torch.NewDisposeScope()
    let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
    use preconditioner = new Preconditioner(model, Networks.everyStep)
    Networks.backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])
    meanwhile model
    preconditioner.Precondition()
    Networks.snapshot preconditioner.State

let unseen meanwhile = Expect.equal (statisticsWith meanwhile) (statisticsWith ignore) "the statistics"

[<Tests>]
let tests =
    testList "Training.Preconditioner" [
        test "each covered gradient is multiplied by the damped inverse, others stay" {
            use _scope = torch.NewDisposeScope()
            let covered, excluded = Networks.linear 3 4 true, Networks.linear 4 2 true

            let model = new Networks.Model([ "in", covered; "out", excluded ], covered.call >> excluded.call)

            use preconditioner = new Preconditioner(model, Networks.everyStep, select = (fun name _ -> name = "in"))

            let input, target = Networks.normal [ 5; 3 ], Networks.normal [ 5; 2 ]
            Networks.backward model input target
            let layer = Oracle.only preconditioner.Layers

            let gradient = Dense.ofTensor (Layer.joined layer covered.weight.grad (ValueSome covered.bias.grad))

            let untouched = Dense.values excluded.weight.grad
            preconditioner.Precondition()
            let A = Dense.withOnes (Dense.ofTensor input)
            let damped = Dense.shifted 0.1 (Dense.moment 5.0 A)
            let direction = Layer.joined layer covered.weight.grad (ValueSome covered.bias.grad)
            Oracle.agreesWith Tolerance.explicit (gradient * damped.Inverse()) direction
            Expect.equal (Dense.values excluded.weight.grad) untouched "the gradient of the excluded layer"
        }

        test "statistics change in the S observed steps of T only, inverses in the T-th" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]

            let cadence = { InvertEvery = 4; StatisticsSteps = 2; WarmUp = 3 }

            use preconditioner = new Preconditioner(model, { Networks.everyStep with Cadence = cadence })

            let steps =
                List.init 15 (fun _ ->
                    let before = Networks.snapshot preconditioner.State
                    Networks.backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])
                    preconditioner.Precondition()
                    let after = Networks.snapshot preconditioner.State

                    let weight = Networks.momentWeight 0 "activation"
                    let inverse = Map.tryFind "fc0.inverse.A"

                    match weight before <> weight after, inverse before <> inverse after with
                    | true, true -> "b"
                    | true, false -> "o"
                    | false, true -> "i"
                    | false, false -> ".")

            Expect.equal (String.concat "" steps) "bbb..ob..ob..ob" "the steps"
            Expect.equal preconditioner.BatchesSeen 15 "the position of preconditioner"
        }

        test "a layer called twice in one pass adds up over its data points" {
            use _scope = torch.NewDisposeScope()
            let layer = Networks.linear 3 3 false
            let model = new Networks.Model([ "fc", layer ], layer.call >> layer.call)

            use preconditioner =
                new Preconditioner(model, { Networks.everyStep with Memory = Memory.MovingAverage 0.0 })

            let input = Networks.normal [ 4; 3 ]
            Networks.backward model input (Networks.normal [ 4; 3 ])
            let first = Dense.ofTensor input
            let second = first * (Dense.ofTensor layer.weight).Transpose()
            preconditioner.Precondition()
            let expected = Dense.moment 4.0 (first.Stack second)
            Oracle.agrees Tolerance.rounding (expected.ToRowMajorArray()) (factorOf preconditioner "fc")
        }

        test "passes that gather gradients before one step are one batch" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron false [ 3; 2 ]

            use preconditioner =
                new Preconditioner(model, { Networks.everyStep with Memory = Memory.MovingAverage 0.0 })

            let parts = [ Networks.normal [ 4; 3 ]; Networks.normal [ 2; 3 ] ]

            for part in parts do
                (model.call part).sum().backward()

            preconditioner.Precondition()

            let all = parts |> List.map Dense.ofTensor |> List.reduce (fun above below -> above.Stack below)

            Oracle.agrees Tolerance.rounding ((Dense.moment 6.0 all).ToRowMajorArray()) (factorOf preconditioner "fc0")
        }

        test "a model in training mode evaluated under no_grad between steps is not recorded" {
            unseen (fun model ->
                use _quiet = torch.no_grad ()
                model.call (Networks.normal [ 9; 3 ]) |> ignore)
        }

        test "a model in evaluation mode is not recorded" {
            unseen (fun model ->
                model.eval ()
                model.call (Networks.normal [ 9; 3 ]) |> ignore
                model.train ())
        }

        test "another thread's evaluation is not recorded" {
            unseen (fun model ->
                let evaluate () =
                    use _quiet = torch.no_grad ()
                    model.call (torch.ones (9L, 3L, dtype = Networks.double)) |> ignore

                let thread = Thread evaluate
                thread.Start()
                thread.Join())
        }

        test "a layer that was never recorded cannot be applied" {
            use _scope = torch.NewDisposeScope()

            use preconditioner = new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.everyStep)

            let apply () = preconditioner.Apply(preconditioner.Layers[0], Networks.normal [ 2; 4 ]) |> ignore

            Expect.stringContains
                ((Oracle.raises<InvalidOperationException> apply).Message)
                "has no inverse yet"
                "the message"
        }

        test "a layer run through forward instead of call is an error that changes no gradient" {
            use _scope = torch.NewDisposeScope()
            let first, second = Networks.linear 3 4 true, Networks.linear 4 2 true

            let model = new Networks.Model([ "a", first; "b", second ], fun input -> second.forward (first.call input))

            use preconditioner = new Preconditioner(model, Networks.everyStep)
            Networks.backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])

            let gradients () = model.parameters () |> Seq.collect (fun p -> Dense.values p.grad) |> Seq.toArray

            let before, state = gradients (), Networks.snapshot preconditioner.State
            let error = Oracle.raises<InvalidOperationException> preconditioner.Precondition
            Expect.stringContains error.Message "layer 'b'" "the message"
            Expect.stringContains error.Message "call()" "the message"
            Expect.equal (gradients ()) before "the gradients"
            Expect.equal (Networks.snapshot preconditioner.State) state "the state of preconditioner"
        }

        test "a bad recipe is refused before anything is hooked" {
            let model = Networks.perceptron true [ 3; 2 ]

            let make () = new Preconditioner(model, { Methods.foof with Damping = 0.0 }) |> ignore

            Expect.equal
                (Oracle.leaked (fun () -> Oracle.raises<ArgumentException> make |> ignore))
                0L
                "the number of tensors left"
        }

        test "Apply takes the preconditioner's own layers and matrices of their width and type" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]
            use preconditioner = new Preconditioner(model, Networks.everyStep)
            let own = preconditioner.Layers[0]
            let other = (Coverage.all model).Layers[0]
            let M = Networks.normal [ 2; 4 ]
            let refused parts layer M = Oracle.refused parts (fun () -> preconditioner.Apply(layer, M))
            refused [ "one of the preconditioner's Layers" ] other M
            refused [ "M must be [k; 4]"; "[2; 3]" ] own (Networks.normal [ 2; 3 ])
            refused [ "M must be Float64"; "Float32" ] own (M.``to`` torch.ScalarType.Float32)
            let error = Oracle.raises<InvalidOperationException>(fun () -> preconditioner.Apply(own, M) |> ignore)
            Expect.stringContains error.Message "has no inverse yet" "the message"
        }

        test "a preconditioner that was disposed of says so" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 2 ]
            let preconditioner = new Preconditioner(model, Networks.everyStep)
            (preconditioner :> IDisposable).Dispose()
            (preconditioner :> IDisposable).Dispose()

            for use' in
                [
                    preconditioner.Precondition
                    fun () -> preconditioner.UpdateCurvature(Networks.normal [ 4; 3 ])
                    fun () -> preconditioner.WarmUp [ Networks.normal [ 4; 3 ] ]
                    fun () -> preconditioner.State() |> ignore
                ] do
                Oracle.raises<ObjectDisposedException> use' |> ignore
        }
    ]
