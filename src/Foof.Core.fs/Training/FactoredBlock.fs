namespace Foof

open System
open TorchSharp

/// The damped inverse in use for some of the layers. Owns its tensors.
[<Sealed>]
type internal FactoredBlock(name: string, members: int array) =
    let mutable factored: Factored voption = ValueNone

    /// For the names of tensors and for messages.
    member _.Name = name

    /// The layers' indices.
    member _.Members = members

    /// The trace of the statistics that were inverted last.
    member val Trace = 0.0 with get, set

    /// The damped inverse, if there was one yet.
    member _.Factored = factored

    /// Takes over `fresh`, whose tensors must be nobody else's; the old inverse is freed.
    member _.Replace(fresh: Factored voption) =
        factored
        |> ValueOption.iter (fun old ->
            for tensor in Factored.tensors old do
                tensor.Dispose())

        fresh
        |> ValueOption.iter (fun fresh ->
            for tensor in Factored.tensors fresh do
                Scope.detach tensor |> ignore)

        factored <- fresh

    interface IDisposable with
        member block.Dispose() = block.Replace ValueNone

/// The blocks that a method inverts.
[<RequireQualifiedAccess>]
module internal FactoredBlocks =

    /// One for all layers together or one for each, by names that begin with `prefix`; none without layers.
    let ofRecipe (layers: Layer array) (recipe: Recipe) prefix =
        match recipe.Curvature with
        | _ when layers.Length = 0 -> [||]
        | Approximation.LowRank Extent.Network
        | Approximation.Window _ -> [| new FactoredBlock($"{prefix}network", [| 0 .. layers.Length - 1 |]) |]
        | _ ->
            layers
            |> Array.mapi (fun l layer -> new FactoredBlock($"{prefix}{layer.Name}", [| l |]))
