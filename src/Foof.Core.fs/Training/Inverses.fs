namespace Foof

open System
open TorchSharp

/// A factorisation did not succeed at its first attempt.
[<Sealed>]
type FallbackEventArgs(layer: string, description: string) =
    inherit EventArgs()

    /// The layer's name.
    member _.Layer = layer

    /// What failed and what was used instead, in one sentence.
    member _.Description = description

/// The damped inverses in use and those on their way: `Refresh` makes them of statistics when the cadence asks for it,
/// `Directions` applies them to gradients.
/// Owns its tensors.
[<Sealed>]
type internal Inverses(layers: Layer array, recipe: Recipe, report: string -> string -> unit) =
    let blocks = InverseBlock.OfRecipe(layers, recipe, "")

    /// Those of a grafted method.
    let grafts =
        match recipe.Trust with
        | Trust.Graft other -> InverseBlock.OfRecipe(layers, other, "graft.")
        | _ -> [||]

    /// The method's own block of each layer.
    let blockOf = Array.create<InverseBlock> layers.Length (Unchecked.defaultof<_>)

    do
        for block in blocks do
            for l in block.Members do
                blockOf[l] <- block

    let mutable pending: PendingInversions voption = ValueNone

    let forgetPending () =
        pending |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())
        pending <- ValueNone

    let has l = blockOf[l].Factored.IsSome

    /// Raises an InvalidOperationException unless layer l has an inverse.
    let require l = if not (has l) then Recipe.refuse recipe layers[l]

    /// Whether the trigger lets a block be inverted now.
    let hasMoved (statistics: Statistics) (block: InverseBlock) =
        match recipe.Trigger with
        | Trigger.TraceMoved share when block.Factored.IsSome ->
            abs (statistics.OfLayer[block.Members[0]].Trace - block.Trace) > share * block.Trace
        | _ -> true

    /// The blocks that are due, each with its recipe: the method's own, then a grafted one's.
    let due (statistics: Statistics) = [|
        for block in blocks do
            if statistics.AreSeen(recipe, block.Members) && hasMoved statistics block then
                struct (recipe, block)
        match recipe.Trust with
        | Trust.Graft other ->
            for block in grafts do
                if statistics.AreSeen(other, block.Members) then struct (other, block)
        | _ -> ()
    |]

    /// All that a block's inversion takes; the curvature belongs to the caller's scope.
    let prepare (statistics: Statistics) (struct (recipe: Recipe, block: InverseBlock)) =
        let first = block.Members[0]
        let struct (curvature, gram) = statistics.Curvature(recipe, block.Members)

        {
            Block = block
            Layers = block.Members |> Array.map (fun l -> layers[l])
            Recipe = recipe
            Attempts = Inversion.attempts recipe layers[first] (statistics.RowCount first)
            Curvature = curvature
            Gram = gram
            Trace =
                match recipe.Trigger with
                | Trigger.TraceMoved _ -> ValueSome statistics.OfLayer[first].Trace
                | Trigger.Always -> ValueNone
        }

    /// A curvature lives no longer than its inversion: all of them at once would take twice the statistics' memory.
    let invertOne statistics block =
        use own = torch.NewDisposeScope()
        let inverted = Inversion.run (prepare statistics block)
        inverted.Tensors |> List.iter (own.MoveToOuter >> ignore)
        inverted

    /// Inverts what is due, in the step.
    let invert statistics (needed: int seq) =
        forgetPending ()
        use _scope = torch.NewDisposeScope()
        let fresh = due statistics |> Array.map (invertOne statistics)
        let made = fresh |> Seq.collect _.Block.Members |> Set.ofSeq
        for l in needed do
            if not (made.Contains l) then require l
        Inversion.handOver report fresh

    /// Begins what is due on the thread for inversions, for use from the step at `from` on.
    let begin' statistics from =
        forgetPending ()
        use _scope = torch.NewDisposeScope()
        let inversions = due statistics |> Array.map (prepare statistics)
        pending <- ValueSome(PendingInversions.Begin(from, inversions))

    /// Puts pending inverses to use if the step at `position` is the one for that, or raises the error that they ended
    /// in, as soon as it is known.
    let handOver position =
        match pending with
        | ValueSome own when own.HasFailed || position >= own.Due ->
            pending <- ValueNone
            own.HandOver report
        | _ -> ()

    /// Of an eigenbasis that stays, with the second moments of now.
    let followSpectra (statistics: Statistics) =
        for block in blocks do
            if block.Factored.IsSome then
                use _scope = torch.NewDisposeScope()
                let struct (curvature, _) = statistics.Curvature(recipe, block.Members)
                curvature
                |> Option.bind (Inversion.damped recipe.Attempts recipe ignore ValueNone)
                |> Option.iter (fun fresh -> block.Replace(ValueSome fresh))

    let zero (l: int) (like: torch.Tensor) =
        torch.zeros (Layer.outputs layers[l], Layer.inputs layers[l], dtype = like.dtype, device = like.device)
        |> Direction.Matrix

    /// C^-1 grad of one block; layers without a gradient count as zero.
    let solveBlock (gradients: Direction voption array) (block: InverseBlock) =
        let found = block.Members |> Array.map (fun l -> gradients[l])
        match found |> Array.tryPick ValueOption.toOption with
        | None -> found
        | Some some ->
            let like = Direction.like some
            let solved =
                Array.map2 (fun l -> ValueOption.defaultWith (fun () -> zero l like)) block.Members found
                |> Preconditioning.solve block.Factored.Value
            Array.map2 (fun gradient solved -> gradient |> ValueOption.map (fun _ -> solved)) found solved

    // Blocks are in the layers' order.
    let solve blocks gradients = blocks |> Array.collect (solveBlock gradients)

    /// The inverses in use, those of a grafted method after the method's own.
    member _.Blocks = Array.append blocks grafts

    /// Inversions that were begun and are not in use yet.
    member _.Pending
        with get () = pending
        and set (value: PendingInversions voption) =
            forgetPending ()
            pending <- value

    /// Whether layer l's direction can be had.
    member _.Has(l: int) = has l

    /// Whether `Refresh` may end in an error: only then is there something to go back to.
    member _.MayFail(plan: Plan, needed: int seq) =
        (plan.Invert && (recipe.OnFailure.IsRaise || blocks |> Array.exists _.Factored.IsNone))
        || pending |> ValueOption.exists (fun own -> own.HasFailed || recipe.OnFailure.IsRaise)
        || not (Seq.forall has needed)

    /// For the step at `position` with this plan: hands over the inverses that were begun and are due, and inverts, in
    /// the step or beside it. Raises, and leaves the inverses as they are, when an inversion fails or one of the layers
    /// `needed` is left without an inverse.
    member _.Refresh(statistics: Statistics, plan: Plan, position: int, needed: int seq) =
        handOver position
        match recipe.Inversions with
        | _ when not plan.Invert ->
            Seq.iter require needed
            if plan.Observe && recipe.Curvature.IsEigenbasis then followSpectra statistics
        // The first periods have no earlier inverse to use meanwhile.
        | Inversions.Background delay when
            position >= Cadence.warmUp recipe.Cadence && blocks |> Array.forall _.Factored.IsSome
            ->
            begin' statistics (position + delay)
        | _ -> invert statistics needed

    /// Inverts all that was seen now, whatever the cadence says; what was begun before is void.
    /// Raises a NumericalFailure, and leaves the inverses as they are, when an inversion fails and the last one may not
    /// stay.
    member _.Invert(statistics: Statistics) = invert statistics []

    /// Makes the inverse of a window's gradients again, as after a change of the window.
    member _.RenewWindow(statistics: Statistics) =
        use _scope = torch.NewDisposeScope()
        for block in blocks do
            if statistics.AreSeen(recipe, block.Members) then
                let struct (curvature, gram) = statistics.Curvature(recipe, block.Members)
                curvature
                |> Option.bind (Inversion.damped recipe.Attempts recipe ignore gram)
                |> ValueOption.ofOption
                |> block.Replace
            else
                block.Replace ValueNone

    /// C^-1 grad for the layers that have a gradient, trusted as the recipe says; `rate` is each layer's learning rate.
    /// Shapes: one [d_out; d_in] a layer -> the same.
    /// The results belong to the caller's scope.
    member _.Directions(gradients: Direction voption array, rate: int -> float) =
        let directions = solve blocks gradients
        match recipe.Trust with
        | Trust.Raw -> directions
        | Trust.Graft _ -> Directions.scaledTo (solve grafts gradients) directions
        | Trust.KlClip kappa -> Directions.clipped kappa rate gradients directions

    /// C^-1 M of one layer, trusted as the recipe says, for M in the shape of its gradient, or for rows M [k; d_in]
    /// where the method leaves the outputs' side alone; `rate` is the KL clip's eta.
    /// The result belongs to the caller's scope.
    /// Raises an InvalidOperationException when the layer has no inverse yet.
    member inverses.Apply(l: int, M: torch.Tensor, rate: float) =
        if not (has l) then
            invalidOp $"{Layer.describe layers[l]} has no inverse yet; take a step, or call UpdateCurvature or WarmUp."

        match blockOf[l].Factored with
        | ValueSome(Factored.Structured(Curvature.Kronecker(Side.Identity _, A), _)) when
            recipe.Trust.IsRaw && Layer.groups layers[l] = 1L && Side.groups A = 1L
            ->
            (A |> Side.times (M.unsqueeze 0L)).squeeze 0L
        | _ ->
            let gradients = Array.create layers.Length ValueNone
            gradients[l] <- ValueSome(Direction.Matrix M)
            let directions = inverses.Directions(gradients, (fun _ -> rate))
            Direction.matrix directions[l].Value

    interface IDisposable with
        member _.Dispose() =
            forgetPending ()
            for block in Array.append blocks grafts do
                (block :> IDisposable).Dispose()
