/// What every public function of the curvature algebra fulfils: it leaves its results and nothing else, and leaves its
/// arguments as they are.
module Foof.Core.Tests.AlgebraContract

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private isOneOf (tensors: torch.Tensor list) (tensor: torch.Tensor) =
    tensors |> List.exists (fun other -> obj.ReferenceEquals(other, tensor))

/// A test for each group of functions.
let private forEach sentence (check: FactorCalls.Call -> unit) =
    Holds.forEach sentence fst AlgebraFunctions.groups (fun (_, calls) ->
        use _scope = torch.NewDisposeScope()
        calls id |> List.iter check)

[<Tests>]
let tests =
    testList "Contracts.Algebra" [
        forEach "every function leaves its results and nothing else, and its arguments live on" (fun call ->
            for _ in 1..2 do
                let mutable results = []
                let created = Oracle.leaked (fun () -> results <- call.Run())
                let fresh = results |> List.filter (isOneOf call.Arguments >> not)

                Expect.isTrue (created = int64 fresh.Length) $"{call.Name}: {created} tensors, {fresh.Length} results"

                Expect.isTrue (results @ call.Arguments |> List.forall (fun tensor -> not tensor.IsInvalid)) call.Name

                fresh |> List.iter _.Dispose()

                Expect.isTrue (call.Arguments |> List.forall (fun tensor -> not tensor.IsInvalid)) call.Name)

        forEach "no function changes its arguments, except those whose names say so" (fun call ->
            if not (call.Name.StartsWith "LayerFactor.addGram") then
                let before = call.Arguments |> List.map Dense.values
                let results = call.Run()
                Expect.isTrue (before = (call.Arguments |> List.map Dense.values)) call.Name
                results |> List.filter (isOneOf call.Arguments >> not) |> List.iter _.Dispose())
    ]
