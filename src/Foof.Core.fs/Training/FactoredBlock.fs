namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// The damped inverse in use for some of the layers, for `steps` steps as a rule. Owns its tensors.
[<Sealed>]
type internal FactoredBlock(name: string, members: int array, steps: int) =
    let mutable factored: Factored voption = ValueNone
    let mutable trace = 0.0

    // The inverse's matrices, by their handles, as products with few rows want them, from the first such product on.
    let packed = Dictionary<nativeint, PackedMatrix voption>()

    let pack (M: torch.Tensor) =
        if steps >= PackedMatrix.LeastUses && M.size 0 = 1L then
            M.squeeze 0L |> PackedMatrix.TryPack
        else
            ValueNone

    let packedOf side =
        match side with
        | Side.Full M ->
            match packed.TryGetValue M.Handle with
            | true, found -> found
            | _ ->
                let fresh = pack M
                packed[M.Handle] <- fresh
                fresh
        | _ -> ValueNone

    /// Frees the packed matrices, but for those of tensors that stay, as EKFAC's bases do while their spectrum changes.
    let freePackedBut (stay: torch.Tensor list) =
        let handles = stay |> List.map _.Handle

        for KeyValue(handle, matrix) in Seq.toArray packed do
            if not (List.contains handle handles) then
                matrix |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())
                packed.Remove handle |> ignore

    /// For the names of tensors and for messages.
    member _.Name = name

    /// The layers' indices.
    member _.Members = members

    /// The trace of the statistics that were inverted last.
    member _.Trace
        with get () = trace
        and set value = trace <- value

    /// The damped inverse, if there was one yet.
    member _.Factored = factored

    /// X M of one side of the inverse in use, which has one group. The result belongs to the caller's scope.
    ///
    /// Shapes: X [k; size] -> the same.
    member _.Times(X: torch.Tensor, side: Side) =
        (if PackedMatrix.Suits X then packedOf side else ValueNone)
        |> ValueOption.bind _.TryTimes(X)
        |> ValueOption.defaultWith (fun () -> Preconditioning.times (X, side))

    /// Frees what is not needed while no direction is asked for; it is made again for the next one.
    member _.Rest() = freePackedBut []

    /// Takes over `fresh`, whose tensors must be nobody else's; the old inverse is freed.
    member _.Replace(fresh: Factored voption) =
        fresh
        |> ValueOption.map Factored.tensors
        |> ValueOption.defaultValue []
        |> freePackedBut

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
        let steps = recipe.Cadence.InvertEvery

        match recipe.Curvature with
        | _ when layers.Length = 0 -> [||]
        | Approximation.LowRank Extent.Network
        | Approximation.Window _ -> [|
            new FactoredBlock($"{prefix}network", [| 0 .. layers.Length - 1 |], steps)
          |]
        | _ ->
            layers
            |> Array.mapi (fun l layer -> new FactoredBlock($"{prefix}{layer.Name}", [| l |], steps))
