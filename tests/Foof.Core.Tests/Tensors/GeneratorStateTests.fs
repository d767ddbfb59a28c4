/// A state that libtorch would end the process on is refused.
module Foof.Core.Tests.GeneratorStateTests

open System
open Expecto
open Foof
open TorchSharp

[<Tests>]
let tests =
    testList "Tensors.GeneratorState" [
        test "a generator's state is accepted, whatever was drawn before" {
            use _scope = torch.NewDisposeScope()

            for drawn in [ 0L; 1L; 623L; 624L; 625L; 2000L ] do
                torch.rand drawn |> ignore
                let state = torch.get_rng_state ()
                GeneratorState.check "state" state
                torch.set_rng_state state
        }

        test "anything else is refused by its name" {
            use _scope = torch.NewDisposeScope()
            let state = torch.get_rng_state ()

            let changed (at: int64) (value: int) =
                let copy = state.clone ()
                copy.narrow(0L, at, 4L).fill_(value.ToScalar()) |> ignore
                copy

            for wrong in
                [
                    state.narrow (0L, 0L, 100L)
                    state.``to`` torch.ScalarType.Int32
                    state.zeros_like ()
                    state.unsqueeze 0L
                    changed 8L 255
                    changed 12L 0
                    changed 16L 255
                ] do
                Oracle.refused [ "'state' must be a state"; "get_rng_state" ] (fun () ->
                    GeneratorState.check "state" wrong)
        }
    ]
