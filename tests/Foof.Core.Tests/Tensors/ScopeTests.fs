module Foof.Core.Tests.ScopeTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

[<Tests>]
let tests =
    testList "Tensors.Scope" [
        test "a scope's result survives and its temporaries do not" {
            let created =
                Oracle.leaked (fun () ->
                    let result = Scope.tensor (fun () -> (torch.ones 3L * 2.0).add(torch.ones 3L).sum())
                    Expect.equal (result.ToDouble()) 9.0 "the result"
                    result.Dispose())

            Expect.equal created 0L "the number of new tensors"
        }

        test "a scope's result passes to the caller's scope" {
            let created =
                Oracle.leaked (fun () ->
                    use _outer = torch.NewDisposeScope()
                    Scope.tensor (fun () -> torch.ones 3L + torch.ones 3L) |> ignore)

            Expect.equal created 0L "the number of new tensors"
        }

        test "a result that owns several tensors keeps all of them and nothing else" {
            let mutable kept = [||]

            let created =
                Oracle.leaked (fun () ->
                    kept <- Scope.owned (fun () -> [| torch.ones 2L + 1.0; torch.ones 3L + 1.0 |]) Seq.ofArray)

            Expect.equal created 2L "the number of new tensors"
            Expect.equal (Dense.values kept[1]) [| 2.0; 2.0; 2.0 |] "the tensor that is kept"
            kept |> Array.iter _.Dispose()
        }

        test "a value leaves no tensor behind" {
            Expect.equal
                (Oracle.leaked (fun () ->
                    Expect.equal (Scope.value (fun () -> (torch.ones 3L).sum().ToDouble())) 3.0 "the value"))
                0L
                "the number of tensors left"
        }

        test "a detached tensor outlives every scope" {
            let mutable kept: torch.Tensor = null

            let created =
                Oracle.leaked (fun () ->
                    use _outer = torch.NewDisposeScope()
                    kept <- Scope.tensor (fun () -> torch.ones 3L + 1.0) |> Scope.detach)

            Expect.equal created 1L "the number of new tensors"
            Expect.equal (Scope.value (fun () -> kept.sum().ToDouble())) 6.0 "the value"
            kept.Dispose()
        }

        test "an error frees what was made before it" {
            let created =
                Oracle.leaked (fun () ->
                    Oracle.raises<InvalidOperationException>(fun () ->
                        Scope.tensor (fun () ->
                            torch.ones 3L |> ignore
                            invalidOp "on purpose")
                        |> ignore)
                    |> ignore)

            Expect.equal created 0L "the number of new tensors"
        }
    ]
