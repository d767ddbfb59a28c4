module Foof.Core.Tests.ScopeTests

open System
open Foof
open TorchSharp
open Xunit

[<Fact>]
let ``a scope's result survives and its temporaries do not`` () =
    let created =
        Oracle.leaked (fun () ->
            let result = Scope.tensor (fun () -> (torch.ones 3L * 2.0).add(torch.ones 3L).sum())
            Assert.Equal(9.0, result.ToDouble())
            result.Dispose())

    Assert.Equal(0L, created)

[<Fact>]
let ``a scope's result passes to the caller's scope`` () =
    let created =
        Oracle.leaked (fun () ->
            use _outer = torch.NewDisposeScope()
            Scope.tensor (fun () -> torch.ones 3L + torch.ones 3L) |> ignore)

    Assert.Equal(0L, created)

[<Fact>]
let ``a result that owns several tensors keeps all of them and nothing else`` () =
    let mutable kept = [||]

    let created =
        Oracle.leaked (fun () ->
            kept <- Scope.owned (fun () -> [| torch.ones 2L + 1.0; torch.ones 3L + 1.0 |]) Seq.ofArray)

    Assert.Equal(2L, created)
    Assert.Equal<float array>([| 2.0; 2.0; 2.0 |], Oracle.values kept[1])
    kept |> Array.iter _.Dispose()

[<Fact>]
let ``a value leaves no tensor behind`` () =
    Assert.Equal(
        0L,
        Oracle.leaked (fun () -> Assert.Equal(3.0, Scope.value (fun () -> (torch.ones 3L).sum().ToDouble())))
    )

[<Fact>]
let ``a detached tensor outlives every scope`` () =
    let mutable kept: torch.Tensor = null

    let created =
        Oracle.leaked (fun () ->
            use _outer = torch.NewDisposeScope()
            kept <- Scope.tensor (fun () -> torch.ones 3L + 1.0) |> Scope.detach)

    Assert.Equal(1L, created)
    Assert.Equal(6.0, Scope.value (fun () -> kept.sum().ToDouble()))
    kept.Dispose()

[<Fact>]
let ``an error frees what was made before it`` () =
    let created =
        Oracle.leaked (fun () ->
            Oracle.raises<InvalidOperationException>(fun () ->
                Scope.tensor (fun () ->
                    torch.ones 3L |> ignore
                    invalidOp "on purpose")
                |> ignore)
            |> ignore)

    Assert.Equal(0L, created)
