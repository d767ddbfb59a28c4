/// Inversions beside the steps: they are used from the stated step on, repeat to the bit, and surface their errors.
module Foof.Core.Tests.BackgroundInversionTests

open System
open System.Runtime.CompilerServices
open System.Threading
open Expecto
open Foof
open TorchSharp

/// T = 3, S = 2, four batches of warm-up.
let beside inversions = { Networks.someSteps with Inversions = inversions }

/// A learning rate that moves nothing in float64.
let still = 1e-30

let inverse (optimizer: Optimizer) = Networks.snapshot optimizer.State |> Map.find "fc0.inverse.A"

/// The inverse in use after each step of a training that moves nothing, so that all see the same statistics.
let inverses recipe =
    Networks.fromSeed 7 (fun () ->
        let model = Networks.perceptron true [ 3; 6; 2 ]
        use optimizer = Networks.optimizer model recipe still 0.0 0.0

        [
            for batch in Networks.batches 20 4 3 2 do
                Networks.byStep optimizer [ batch ]
                inverse optimizer
        ])

/// Weights after a training whose matrices are large enough to be inverted by halves.
let trained inversions =
    Networks.fromSeed 11 (fun () ->
        use _scope = torch.NewDisposeScope()
        let model = Networks.perceptron true [ 300; 20; 2 ]
        use optimizer = Networks.optimizer model (beside inversions) 0.05 0.9 0.0
        Networks.byStep optimizer (Networks.batches 20 8 300 2)
        Networks.weights model)

/// Attempts that succeed on large matrices alone, with nothing to fall back to.
let failing inversions onFailure = {
    beside inversions with
        Memory = Memory.Latest
        Attempts = Networks.hopeless
        OnFailure = onFailure
}

let large scale (batches: (torch.Tensor * torch.Tensor) list) =
    batches |> List.map (fun (input, target) -> input * scale, target)

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private workAndForget () = InversionThread.run(fun () -> Scope.detach (torch.ones 3L)).Wait()

[<Tests>]
let tests =
    testList "Training.BackgroundInversion" [
        for stale in [ 1; 2; 3 ] do
            test $"an inverse is used from the stated step on, and not before: {stale}" {
                use _scope = torch.NewDisposeScope()
                let fresh = inverses (beside Inversions.InStep)
                let warmUp = Cadence.warmUp Networks.someSteps.Cadence

                let isInversion position = (Cadence.plan Networks.someSteps.Cadence position).Invert

                /// The last inversion that may be used in the step at this position.
                let source position =
                    [ position .. -1 .. 0 ]
                    |> List.find (fun u -> isInversion u && (u < warmUp || u + stale <= position))

                let found = inverses (beside (Inversions.Background stale))

                for position in 0 .. found.Length - 1 do
                    Oracle.agrees Tolerance.rounding fresh[source position] found[position]

                // The cadences differ.
                Expect.notEqual (found[9]) (fresh[9]) "the tenth inverse"
            }

        test "runs repeat to the bit" {
            let first = trained (Inversions.Background 2)
            Expect.equal (trained (Inversions.Background 2)) first "training with inversions beside it"
            Expect.notEqual (trained (Inversions.Background 1)) first "training with another delay"
        }

        test "training continues to the same bits while an inversion is under way" {
            for stale in [ 2; 3 ] do
                for before in 4..10 do
                    Checkpoints.continuesWith
                        (beside (Inversions.Background stale))
                        Checkpoints.make
                        Checkpoints.byStep
                        before
        }

        test "the ordinary loop continues to the same bits while an inversion is under way" {
            for before in 4..8 do
                Checkpoints.continuesWith (beside (Inversions.Background 2)) Checkpoints.make Checkpoints.byLoop before
        }

        test "an error surfaces at the latest when the inverse is due, and training may continue" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron false [ 3; 2 ]

            use optimizer = Networks.optimizer model (failing (Inversions.Background 3) OnFailure.Raise) still 0.0 0.0

            Networks.byStep optimizer (large 1e9 (Networks.batches 4 4 3 2))
            let kept = Networks.snapshot optimizer.State |> Map.find "fc0.inverse.A"
            // The step at which T has passed begins the inversion that fails.
            Networks.byStep optimizer (Networks.batches 3 4 3 2)

            let rec steps count =
                try
                    Networks.byStep optimizer (Networks.batches 1 4 3 2)
                    if count = 3 then None else steps (count + 1)
                with :? NumericalFailure as error ->
                    Some struct (count, error)

            match steps 1 with
            | Some struct (count, error) ->
                Expect.isTrue (count <= 3) $"after {count} steps"
                Expect.stringContains error.Message "fc0" "the message"

                Expect.equal (Networks.snapshot optimizer.State |> Map.find "fc0.inverse.A") kept "the snapshot"
            | None -> failwith "The error never surfaced."

            // The error surfaces once.
            Networks.byStep optimizer (Networks.batches 1 4 3 2)
        }

        test "fallbacks are reported when the inverse comes into use, on the caller's thread" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron false [ 3; 2 ]

            use optimizer =
                Networks.optimizer model (failing (Inversions.Background 2) OnFailure.KeepLast) still 0.0 0.0

            let threads = ResizeArray<int>()
            optimizer.Fallback.Add(fun _ -> threads.Add Environment.CurrentManagedThreadId)
            Networks.byStep optimizer (large 1e9 (Networks.batches 4 4 3 2))
            Networks.byStep optimizer (Networks.batches 4 4 3 2)
            Expect.equal optimizer.FallbackCount 0 "the fallbacks of optimizer"
            Networks.byStep optimizer (Networks.batches 1 4 3 2)
            Expect.equal optimizer.FallbackCount 1 "the fallbacks of optimizer"
            Expect.equal (Oracle.only threads) Environment.CurrentManagedThreadId "the only element"
        }

        test "an update of the curvature discards an inversion under way" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 6; 2 ]
            let recipe = beside (Inversions.Background 2)
            use preconditioner = new Preconditioner(model, recipe)

            let step () =
                Networks.backward model (Networks.normal [ 4; 3 ]) (Networks.normal [ 4; 2 ])
                preconditioner.Precondition()

            let found () = Networks.snapshot preconditioner.State |> Map.find "fc0.inverse.A"

            // Seven batches: the last one begins an inversion.
            for _ in 1..7 do
                step ()

            let isPending () = preconditioner.State().ContainsKey "pending.fc0.inverse.A"

            Expect.isTrue (isPending ()) "an inversion is pending"

            preconditioner.UpdateCurvature(Networks.normal [ 4; 3 ], null)
            let fresh = found ()

            Expect.isFalse (isPending ()) "an inversion is pending"

            step ()
            step ()
            Expect.equal (found ()) fresh "the result"
        }

        test "an inversion under way leaves no tensor behind" {
            let model = Networks.perceptron true [ 3; 6; 2 ]

            let live =
                Oracle.leaked (fun () ->
                    let optimizer = Networks.optimizer model (beside (Inversions.Background 3)) 0.01 0.9 0.0

                    Networks.hundred 4 (fun batch -> Networks.byStep optimizer [ batch ])
                    optimizer.Dispose())

            Expect.equal live 0L "the number of live tensors"
        }

        test "a thread at rest holds nothing of the work before" {
            let before = Oracle.settledCount ()
            workAndForget ()
            // The thread is at rest a moment after the result is there.
            Expect.isTrue
                (SpinWait.SpinUntil((fun () -> Oracle.settledCount () = before), TimeSpan.FromSeconds 20.0))
                "the tensors are freed in time"
        }

        test "what cannot run beside the steps is refused" {
            let refused recipe = (Oracle.raises<ArgumentException>(fun () -> Recipe.check recipe)).Message

            Expect.stringContains
                (refused (beside (Inversions.Background 0)))
                "InverseDelay must lie between 1"
                "the message"

            Expect.stringContains
                (refused (beside (Inversions.Background 4)))
                "InverseDelay must lie between 1"
                "the message"

            Expect.stringContains (refused (Methods.ekfac.WithInverseDelay 5)) "'ekfac'" "the message"

            Expect.stringContains (refused (Methods.natural.WithInverseDelay 1)) "'natural'" "the message"
        }
    ]
