/// What happens when factorisations fail: both policies, what is reported, and what an error may not change.
module Foof.Core.Tests.FallbackTests

open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A preconditioner of one linear layer after one step with large inputs (whose inverse exists) when
/// `started`, and one with small ones, whose matrix cannot be inverted; with the reports that came.
let afterFailure
    (onFailure: OnFailure)
    (started: bool)
    (check: Preconditioner -> FallbackEventArgs list -> (unit -> unit) -> unit)
    =
    use _scope = torch.NewDisposeScope()
    Networks.seeded 5
    let model = Networks.perceptron false [ 3; 2 ]

    let recipe = {
        Networks.everyStep with
            Attempts = Networks.forLargeOnly
            OnFailure = onFailure
            Memory = Memory.MovingAverage 0.0
    }

    use preconditioner = new Preconditioner(model, recipe)
    let reports = ResizeArray()
    preconditioner.Fallback.Add reports.Add

    let step scale () =
        Networks.backward model (Dense.toTensor (Dense.identity 3) * scale) (Networks.normal [ 3; 2 ])

        preconditioner.Precondition()

    if started then
        step 1e3 ()
        Expect.equal preconditioner.FallbackCount 0 "the fallbacks of preconditioner"

    check preconditioner (List.ofSeq reports) (fun () ->
        step 1.0 ()
        Expect.equal preconditioner.FallbackCount 1 "the fallbacks of preconditioner"
        let report = Oracle.only reports
        Expect.equal report.Layer "fc0" "the layer of report"
        Expect.stringContains report.Description "no attempt succeeded" "the description of report")

let inverseOf (preconditioner: Preconditioner) =
    use _scope = torch.NewDisposeScope()
    Dense.ofTensor (preconditioner.Apply(preconditioner.Layers[0], torch.eye (3L, dtype = Networks.double)))

let raisesAndChangesNothing onFailure started =
    afterFailure onFailure started (fun preconditioner _ step ->
        let before = Networks.snapshot preconditioner.State
        let failure = Oracle.raises<NumericalFailure> step
        Expect.equal failure.Subject "layer 'fc0' (3 -> 2)" "the subject of failure"
        Expect.equal preconditioner.FallbackCount 0 "the fallbacks of preconditioner"
        Expect.equal (Networks.snapshot preconditioner.State) before "the state of preconditioner")

[<Tests>]
let tests =
    testList "Training.Fallback" [
        test "KeepLast continues with the last inverse and reports this once" {
            afterFailure OnFailure.KeepLast true (fun preconditioner _ step ->
                let before = inverseOf preconditioner
                step ()
                Expect.equal (inverseOf preconditioner) before "the inverse"
                Expect.equal preconditioner.BatchesSeen 2 "the position of preconditioner")
        }

        test "Raise raises and leaves averages, inverses and position as they were" {
            raisesAndChangesNothing OnFailure.Raise true
        }

        test "KeepLast without a last inverse raises and leaves everything as it was" {
            raisesAndChangesNothing OnFailure.KeepLast false
        }

        test "a fallback within the attempts is reported with the damping that was used" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron false [ 3; 2 ]

            let attempts = Networks.hopeless @ [ { Route = Route.Eigen; Double = true; Growth = 10.0 } ]

            use preconditioner = new Preconditioner(model, { Networks.everyStep with Attempts = attempts })

            let reports = ResizeArray()
            preconditioner.Fallback.Add reports.Add

            for step in 1..3 do
                Networks.backward model (Networks.normal [ 4; 3 ]) (Networks.normal [ 4; 2 ])
                preconditioner.Precondition()
                Expect.equal reports.Count step "the number of reports"
                Expect.equal preconditioner.FallbackCount step "the fallbacks of preconditioner"

            Expect.equal (reports[0].Description) "1 attempts failed; the damping used is 1" "the description"
        }

        test "a batch with NaN is an error under every policy and stays out of the averages" {
            for onFailure in [ OnFailure.KeepLast; OnFailure.Raise ] do
                use _scope = torch.NewDisposeScope()
                let model = Networks.perceptron false [ 3; 2 ]

                use preconditioner = new Preconditioner(model, { Networks.everyStep with OnFailure = onFailure })

                let step scale () =
                    Networks.backward model (Networks.normal [ 4; 3 ] * scale) (Networks.normal [ 4; 2 ])

                    preconditioner.Precondition()

                step 1.0 ()
                let before = Networks.snapshot preconditioner.State
                let failure = Oracle.raises<NumericalFailure>(step nan)
                Expect.equal failure.Subject "layer 'fc0' (3 -> 2)" "the subject of failure"
                Expect.equal (Networks.snapshot preconditioner.State) before "the state of preconditioner"
                step 1.0 ()
                Expect.equal preconditioner.FallbackCount 0 "the fallbacks of preconditioner"
        }

        test "when the second layer's factorisation fails, the first layer is as before too" {
            use _scope = torch.NewDisposeScope()
            let first, second = Networks.linear 3 2 false, Networks.linear 2 2 false
            // Inputs of 1000 in the first layer, of about 1 in the second.
            let model =
                new Networks.Model([ "a", first; "b", second ], fun input -> second.call (first.call(input).tanh()))

            let recipe = { Networks.everyStep with Attempts = Networks.forLargeOnly; OnFailure = OnFailure.Raise }

            use optimizer = Networks.optimizer model recipe 0.1 0.9 0.0
            let input = Dense.toTensor (Dense.identity 3 * 1e3)

            let failure =
                Networks.changesNothing<NumericalFailure> model optimizer (fun () ->
                    optimizer.Step(input, Networks.normal [ 3; 2 ]) |> ignore)

            Expect.stringContains failure.Subject "layer 'b'" "the subject of failure"
        }

        test "an independent Fisher that cannot be inverted leaves everything as it was" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron false [ 3; 2 ]

            let recipe = {
                Networks.everyStep with
                    Attempts = Networks.forLargeOnly
                    OnFailure = OnFailure.Raise
                    IndependentBatches = true
                    Memory = Memory.MovingAverage 0.0
            }

            use optimizer = Networks.optimizer model recipe 0.1 0.9 0.0
            let input, target = Dense.toTensor (Dense.identity 3), Networks.normal [ 3; 2 ]
            Networks.byStep optimizer [ input * 1e3, target ]

            Networks.changesNothing<NumericalFailure> model optimizer (fun () ->
                optimizer.Step(input, target) |> ignore)
            |> ignore
        }
    ]
