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

        let moving =
            blocks
            |> Array.filter (fun block -> block.Members |> Array.exists (fun l -> gradients[l].IsSome))

        let ofBlock (block: FactoredBlock) =
            let like =
                block.Members
                |> Array.pick (fun l -> ValueOption.toOption gradients[l])
                |> Direction.like

            block.Members
            |> Array.map (fun l -> gradients[l] |> ValueOption.defaultWith (fun () -> zero like l))
            |> Preconditioning.solve block.Times block.Factored.Value

        let work (block: FactoredBlock) =
            let ofLayer l =
                gradients[l]
                |> ValueOption.map (Preconditioning.solving block.Factored.Value)
                |> ValueOption.defaultValue 0.0

            Array.sumBy ofLayer block.Members

        // What an identity leaves as it is stays its owner's.
        let isGiven tensor =
            let holds =
                Direction.tensors >> List.exists (LanguagePrimitives.PhysicalEquality tensor)

            gradients |> Array.exists (ValueOption.exists holds)

        let fresh (own: Direction array) =
            own
            |> Seq.collect Direction.tensors
            |> Seq.filter (isGiven >> not)
            |> Seq.toList

        let solved = Lanes.map work fresh ofBlock moving

        for block, own in Array.zip moving solved do
            block.Members
            |> Array.iteri (fun i l ->
                if gradients[l].IsSome then
                    directions[l] <- ValueSome own[i])

        directions
