namespace Foof

open TorchSharp

/// The directions of several layers by the inverses in use.
[<RequireQualifiedAccess>]
module internal BlockDirections =

    /// C^-1 grad for the layers that have a gradient; none for the others. The results belong to the caller's scope.
    let solve (layers: Layer array) (blocks: FactoredBlock array) (gradients: Direction voption array) =
        let directions = Array.create gradients.Length ValueNone

        let zero like l =
            torch.zeros (
                Layer.outputs layers[l],
                Layer.inputs layers[l],
                dtype = (like: torch.Tensor).dtype,
                device = like.device
            )
            |> Direction.Matrix

        let ofBlock (block: FactoredBlock) =
            let like =
                block.Members
                |> Array.pick (fun l -> ValueOption.toOption gradients[l])
                |> Direction.like

            block.Members
            |> Array.map (fun l -> gradients[l] |> ValueOption.defaultWith (fun () -> zero like l))
            |> Preconditioning.solve block.Factored.Value

        for block in blocks do
            if block.Members |> Array.exists (fun l -> gradients[l].IsSome) then
                for l, solved in Array.zip block.Members (ofBlock block) do
                    if gradients[l].IsSome then
                        directions[l] <- ValueSome solved

        directions
