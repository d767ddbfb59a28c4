/// An ordinary loop's passes keep neither memory nor their optimiser alive.
module Foof.Core.Tests.LoopMemoryTests

open System
open System.Runtime.CompilerServices
open Expecto
open Foof
open TorchSharp

let private make () = Networks.perceptron true [ 3; 5; 2 ]
let private input n = Networks.normal [ n; 3 ]
let private backward (output: torch.Tensor) = output.square().sum().backward()

/// An optimiser that nobody holds.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private abandoned (model: Networks.Network) =
    let optimizer = Networks.optimizer model Networks.everyStep 0.05 0.0 0.0
    model.call (input 4) |> backward
    WeakReference optimizer

[<Tests>]
let tests =
    testList "Training.LoopMemory" [
        test "passes without a step, with backward or without, keep no more than the last eight" {
            for trained in [ true; false ] do
                let model = make ()
                use _optimizer = Networks.optimizer model Networks.everyStep 0.05 0.0 0.0

                let passes count =
                    for _ in 1..count do
                        use _scope = torch.NewDisposeScope()
                        let output = model.call (input 4)
                        if trained then backward output

                passes 20
                Expect.equal (Oracle.leaked (fun () -> passes 500)) 0L "tensors kept by 500 passes"
        }

        test "an optimiser that nobody holds is not kept alive by its hooks, which record nothing for it" {
            let model = make ()
            let optimizer = abandoned model
            GC.Collect()
            GC.WaitForPendingFinalizers()
            GC.Collect()
            Expect.isFalse optimizer.IsAlive "the optimiser"

            let pass () =
                use _scope = torch.NewDisposeScope()
                model.call (input 4) |> backward

            Expect.equal (Oracle.leaked pass) 0L "tensors that a pass leaves"
        }
    ]
