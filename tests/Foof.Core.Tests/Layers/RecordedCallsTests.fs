/// A step must be right or an error: what the recorded calls do not explain is never stepped on silently.
module Foof.Core.Tests.RecordedCallsTests

open System
open System.Threading
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// A model of one covered layer whose weight is used once more behind the recorder's back, times `share`.
let elsewhere (share: float) =
    let layer, last = Networks.linear 4 6 false, Networks.linear 6 2 true

    new Networks.Model(
        [ "hidden", layer; "last", last ],
        fun input -> last.call (layer.call (input) + torch.nn.functional.linear (input.cos (), layer.weight) * share)
    )

[<Tests>]
let tests =
    testList "Layers.RecordedCalls" [
        test "a weight used outside the recorded calls is an error in the first step and changes nothing" {
            use _scope = torch.NewDisposeScope()
            let model = elsewhere 1.0
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            let input, target = List.head (Networks.batches 1 2 4 2)

            let error =
                Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                    optimizer.Step(input, target) |> ignore)

            Expect.stringContains error.Message "layer 'hidden'" "the message"
            Expect.stringContains error.Message "select" "the message"
        }

        test "factors are used below as many rows as outputs and the gradient from there on, which is right for any use" {
            for n in [ 6; 7 ] do
                use _scope = torch.NewDisposeScope()
                let batches = Networks.batches 3 n 4 2

                let trained train =
                    let model = Networks.fromSeed 6 (fun () -> elsewhere 1.0)
                    use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
                    train model optimizer batches
                    Networks.weights model

                // Six outputs, so six rows are enough for the gradient; `a weight used outside` has two.
                let stepped = trained (fun _ optimizer batches -> Networks.byStep optimizer batches)

                let looped = trained (fun model optimizer batches -> Networks.byLoop model optimizer batches)

                Oracle.agrees Tolerance.trajectory looped stepped

            use _scope = torch.NewDisposeScope()
            let model = elsewhere 1.0
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0

            let five () = Networks.byStep optimizer (Networks.batches 1 5 4 2)

            Networks.changesNothing<InvalidOperationException> model optimizer five |> ignore
        }

        test "a weight used outside its layer moves by its gradient where select leaves it out" {
            use _scope = torch.NewDisposeScope()
            let model = elsewhere 1.0
            let group = ParameterGroup(model.parameters (), 0.1, 0.0, 0.0)

            use optimizer =
                new Optimizer(
                    model,
                    Networks.everyStep,
                    Networks.gaussian,
                    groups = [ group ],
                    select = (fun name _ -> name <> "hidden")
                )

            let batch = List.head (Networks.batches 1 2 4 2)
            let before = Dense.values (Seq.head (model.parameters ()))
            let gradient = (Networks.gradients model batch)[0]
            Networks.byStep optimizer [ batch ]
            let expected = Array.map2 (fun w g -> w - 0.1 * g) before gradient
            Oracle.agrees Tolerance.explicit expected (Dense.values (Seq.head (model.parameters ())))
        }

        test "a first batch with zero gradients proves nothing about the calls" {
            use _scope = torch.NewDisposeScope()
            let model = elsewhere 1.0
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.0 0.0
            let input, target = List.head (Networks.batches 1 2 4 2)
            let fitted = (model.call input).detach()
            // The outputs are the targets, so every gradient is zero and explained by anything.
            Networks.byStep optimizer [ input, fitted ]

            Oracle.raises<InvalidOperationException>(fun () -> optimizer.Step(input, target) |> ignore) |> ignore
        }

        test "a layer run through forward instead of call is an error that changes nothing, in both ways" {
            for n in [ 2; 9 ] do
                use _scope = torch.NewDisposeScope()
                let first, second = Networks.linear 3 4 true, Networks.linear 4 2 true

                let model = new Networks.Model([ "a", first; "b", second ], first.call >> second.forward)

                use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
                let input, target = List.head (Networks.batches 1 n 3 2)

                let error =
                    Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                        optimizer.Step(input, target) |> ignore)

                Expect.stringContains error.Message "layer 'b'" "the message"

                Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                    Networks.byLoop model optimizer [ input, target ])
                |> ignore
        }

        test "a whole model run through forward is an error that changes nothing" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.linear 3 2 true
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            let input, target = List.head (Networks.batches 1 4 3 2)
            (Likelihood.loss Networks.gaussian (model.forward input) target).backward()

            let error =
                Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                    optimizer.step () |> ignore)

            Expect.stringContains error.Message "call()" "the message"
        }

        test "a weight used only outside its layer is an error that says so" {
            use _scope = torch.NewDisposeScope()
            let layer, last = Networks.linear 3 4 true, Networks.linear 4 2 true

            let model =
                new Networks.Model(
                    [ "hidden", layer; "last", last ],
                    fun input -> last.call (torch.nn.functional.linear (input, layer.weight))
                )

            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            let input, target = List.head (Networks.batches 1 2 3 2)

            let error =
                Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
                    optimizer.Step(input, target) |> ignore)

            Expect.stringContains error.Message "layer 'hidden'" "the message"
        }

        test "another thread's evaluation in the middle of a step is not recorded" {
            for n in [ 2; 9 ] do
                use _scope = torch.NewDisposeScope()

                /// A model whose forward pass waits for another thread's forward pass through it, if asked.
                let make disturbed : Networks.Network =
                    let first, last = Networks.linear 3 5 true, Networks.linear 5 2 true
                    let mutable nested = false

                    let run (input: torch.Tensor) =
                        let hidden = first.call input

                        if disturbed && not nested then
                            nested <- true

                            let thread =
                                Thread(fun () ->
                                    use _quiet = torch.no_grad ()
                                    use _inner = torch.NewDisposeScope()

                                    first.call (torch.ones (7L, 3L, dtype = Networks.double)) |> last.call |> ignore)

                            thread.Start()
                            thread.Join()
                            nested <- false

                        last.call (hidden.tanh ())

                    new Networks.Model([ "a", first; "b", last ], run)

                let batches = Networks.batches 4 n 3 2

                let trained disturbed =
                    let model = Networks.fromSeed 6 (fun () -> make disturbed)
                    use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
                    Networks.byStep optimizer batches
                    Networks.weights model

                Expect.equal (trained true) (trained false) "training in training mode"
        }

        test "evaluations between steps change nothing" {
            for n in [ 2; 9 ] do
                use _scope = torch.NewDisposeScope()
                let batches = Networks.batches 6 n 3 2

                let trained (evaluate: Networks.Network -> unit) =
                    let model = Networks.fromSeed 6 (fun () -> Networks.perceptron true [ 3; 5; 2 ])
                    use optimizer = Networks.optimizer model Networks.someSteps 0.1 0.9 0.0

                    for batch in batches do
                        evaluate model
                        Networks.byStep optimizer [ batch ]
                        evaluate model
                        Networks.byLoop model optimizer [ batch ]

                    Networks.weights model

                let quiet (model: Networks.Network) =
                    use _quiet = torch.no_grad ()
                    model.call (torch.ones (7L, 3L, dtype = Networks.double)) |> ignore

                let evaluation (model: Networks.Network) =
                    model.eval ()
                    model.call (torch.ones (7L, 3L, dtype = Networks.double)) |> ignore
                    model.train ()

                Expect.equal (trained quiet) (trained ignore) "training without recording"
                Expect.equal (trained evaluation) (trained ignore) "training in evaluation mode"
        }
    ]
