namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// Who frees a tensor. A function's result belongs to its caller; its arguments stay the caller's; what it made on the
/// way is gone when it returns.
[<RequireQualifiedAccess>]
module Scope =

    /// Runs `compute` in a scope of its own: temporaries are freed, also after an error.
    /// The result belongs to the caller: it passes to the scope around this one.
    let inline tensor ([<InlineIfLambda>] compute: unit -> torch.Tensor) =
        use scope = torch.NewDisposeScope()
        scope.MoveToOuter(compute ())

    /// Like `tensor`, for a result that owns the tensors that `tensors` lists: these pass to the caller's scope.
    /// A tensor that `compute` made and `tensors` does not list is freed, even if the result refers to it.
    let inline owned ([<InlineIfLambda>] compute: unit -> 'T) (tensors: 'T -> seq<torch.Tensor>) =
        use scope = torch.NewDisposeScope()
        let result = compute ()
        scope.MoveToOuter(tensors result |> Seq.cast<IDisposable>)
        result

    /// Like `owned`, for a result that may hold tensors of others, too: those of `shared` stay where they are.
    /// Tensors are compared by reference: another handle to shared memory is a tensor of its own.
    let inline ownedBut
        (shared: seq<torch.Tensor>)
        ([<InlineIfLambda>] compute: unit -> 'T)
        (tensors: 'T -> seq<torch.Tensor>)
        =
        let others = HashSet<torch.Tensor>(shared, HashIdentity.Reference)
        owned compute (tensors >> Seq.filter (others.Contains >> not))

    /// Runs `compute` in a scope of its own; nothing survives but a value that holds no tensor.
    let inline value ([<InlineIfLambda>] compute: unit -> 'T) =
        use _scope = torch.NewDisposeScope()
        compute ()

    /// Takes `tensor` out of every scope and gives it back: its holder frees it (state that outlives a step).
    let detach (tensor: torch.Tensor) = tensor.DetachFromDisposeScope()

/// A parameter's place in memory.
[<Struct>]
type ParameterIdentity = {
    /// Where its storage begins, or its handle where TorchSharp does not show that.
    Address: nativeint
    /// How many elements into the storage it begins; -1 for a handle.
    Offset: int64
}

/// Which parameters are one.
[<RequireQualifiedAccess>]
module Identity =

    /// What tells a parameter from every other one. Handles do not: each reading of an embedding's weight makes
    /// another, so that a module which shares it has one of its own. The place in memory does.
    ///
    /// The address of the storage and the offset in it, valid while the parameter lives. Where TorchSharp shows no
    /// address, of types other than Float32 and Float64, the handle and -1: parameters that are one may then look like
    /// two.
    let ofParameter (parameter: Parameter) : ParameterIdentity =
        let address =
            Scope.value (fun () ->
                match parameter.dtype with
                | torch.ScalarType.Float32 -> parameter.storage<float32>().data_ptr()
                | torch.ScalarType.Float64 -> parameter.storage<float>().data_ptr()
                // TorchSharp does not show where the others are.
                | _ -> 0n)
        match address with
        | 0n -> { Address = parameter.Handle; Offset = -1L }
        | address -> { Address = address; Offset = parameter.storage_offset () }
