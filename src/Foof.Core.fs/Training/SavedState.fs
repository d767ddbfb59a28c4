namespace Foof

open System.Collections.Generic
open TorchSharp

/// A state that is read: where its tensors are found, on the device of the layers. The copies that it makes belong to the
/// caller's scope.
[<Sealed>]
type internal SavedState(saved: IReadOnlyDictionary<string, torch.Tensor>, layers: Layer array) =

    let find (name: string) =
        match saved.TryGetValue name with
        | true, null -> invalidArg "state" $"The state must hold tensors; '{name}' is null."
        | true, tensor when layers.Length > 0 -> tensor.``to`` layers[0].Weight.device
        | true, tensor -> tensor
        | _ -> invalidArg "state" $"The state has no '{name}': it belongs to another model or method."

    /// A tensor of this shape and type, which may be the state's own.
    member _.Like (name: string) (shape: int64 array) (kind: torch.ScalarType) =
        Require.like name shape kind (find name)

    /// A copy of a tensor.
    member _.Copy(name: string) = (find name).clone()
