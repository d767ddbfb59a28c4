/// Training that is saved, restored elsewhere and compared to the bit.
module Foof.Core.Tests.Checkpoints

open System.Collections.Generic
open Expecto
open Foof
open TorchSharp

type State = Dictionary<string, torch.Tensor>

let make () = Networks.perceptron true [ 3; 6; 2 ]

/// A copy of a state that lives on its own, as a file would.
let copied (state: State) = State(state |> Seq.map (fun entry -> KeyValuePair(entry.Key, entry.Value.clone ())))

let copyWeights (source: Networks.Network) (target: Networks.Network) =
    use _quiet = torch.no_grad ()

    for from, into in Seq.zip (source.parameters ()) (target.parameters ()) do
        into.copy_ from |> ignore

/// Trains, saves after `before` batches, restores into a fresh optimiser (which has been used for something
/// else), and compares the rest of the training to the bit.
let continuesWith recipe (makeModel: unit -> Networks.Network) train before =
    use _scope = torch.NewDisposeScope()
    let batches = Networks.batches 12 4 3 2
    let model = makeModel ()
    use optimizer = Networks.optimizer model recipe 0.1 0.9 0.01
    train model optimizer (List.take before batches)
    let saved = copied (optimizer.State())
    let other = makeModel ()
    use restored = Networks.optimizer other recipe 0.1 0.9 0.01
    train other restored (Networks.batches 3 5 3 2)
    // A recorded pass that waits for its step is dropped when a state is restored.
    other.call (Networks.normal [ 5; 3 ]) |> ignore
    copyWeights model other
    restored.Restore saved
    Expect.equal restored.BatchesSeen before "the position of restored"
    Expect.equal (Networks.snapshot restored.State) (Networks.frozen saved) "the state of restored"
    train model optimizer (List.skip before batches)
    train other restored (List.skip before batches)
    Expect.equal (Networks.weights other) (Networks.weights model) "the weights of the restored network"

    Expect.equal (Networks.snapshot restored.State) (Networks.snapshot optimizer.State) "the state of restored"

let byStep _ (optimizer: Optimizer) batches = Networks.byStep optimizer batches

let byLoop model (optimizer: Optimizer) batches = Networks.byLoop model optimizer batches
