namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// A recipe's curvature at work on some layers: the moments, the damped inverses made of them, and the directions
/// that these give. It knows neither model nor optimiser. Owns its tensors.
[<Sealed>]
type internal CurvatureState(layers: Layer array, recipe: Recipe) =
    let states = layers |> Array.map (fun layer -> new LayerState(layer, recipe))

    let window =
        match recipe.Curvature with
        | Approximation.Window length when layers.Length > 0 -> ValueSome(new GradientWindow(layers, length))
        | _ -> ValueNone

    let blocks = FactoredBlocks.ofRecipe layers recipe ""

    let grafts =
        match recipe.Trust with
        | Trust.Graft other -> FactoredBlocks.ofRecipe layers other "graft."
        | _ -> [||]

    let all = Array.append blocks grafts
    let mutable damping = recipe.Damping

    let curvatureOf (recipe: Recipe) (block: FactoredBlock) (seen: Observation voption array) =
        match recipe.Curvature with
        | Approximation.LowRank _ ->
            Inversion.columns block.Members seen
            |> Option.map (FisherFactor.ofColumns >> Curvature.LowRank)
        | Approximation.Window _ ->
            window
            |> ValueOption.toOption
            |> Option.map (fun window -> Curvature.LowRank window.Factor)
        | _ -> LayerState.curvature recipe states[block.Members[0]]

    let gramOf (recipe: Recipe) =
        window
        |> ValueOption.filter (fun _ -> recipe.Curvature.IsWindow)
        |> ValueOption.map _.Gram

    /// Whether a block's statistics are complete.
    let isSeen (recipe: Recipe) (block: FactoredBlock) (seen: Observation voption array) =
        match recipe.Curvature with
        | Approximation.LowRank _ ->
            block.Members
            |> Array.forall (fun l -> seen[l].IsSome && seen[l].Value.Errors.IsSome)
        | Approximation.Window _ -> window.IsSome && window.Value.Next > 0
        | _ -> states[block.Members[0]].IsSeen

    /// Whether the trigger lets a block be inverted now, and its statistics' trace.
    let isDue (block: FactoredBlock) =
        match recipe.Trigger with
        | Trigger.TraceMoved share when block.Members.Length = 1 && block.Factored.IsSome ->
            let trace = LayerState.trace states[block.Members[0]]
            abs (trace - block.Trace) > share * block.Trace
        | _ -> true

    /// EKFAC's second moments of one batch; in a basis that stays, the inverse in use goes along with them.
    let observeSpectrum seen renews (block: FactoredBlock) =
        use _scope = torch.NewDisposeScope()
        let state, renews = states[block.Members[0]], renews && isDue block
        ValueOption.iter (LayerState.observeSpectrum recipe state renews) seen

        if not renews && block.Factored.IsSome then
            LayerState.curvature recipe state
            |> Option.bind (Factored.attempt recipe.Attempts recipe.Rule recipe.Power ignore damping)
            |> Option.iter (fun fresh -> block.Replace(ValueSome fresh))

    let prepare (seen: Observation voption array) (struct (recipe: Recipe, lambda, block: FactoredBlock)) =
        let first = block.Members[0]

        {
            Block = block
            Layers = block.Members |> Array.map (fun l -> layers[l])
            Recipe = recipe
            Damping = lambda
            Attempts = Inversion.attempts recipe layers[first] seen[first]
            Curvature = curvatureOf recipe block seen
            Gram = gramOf recipe
            Trace =
                if block.Members.Length = 1 && recipe.Trigger <> Trigger.Always then
                    ValueSome(LayerState.trace states[first])
                else
                    ValueNone
        }

    /// The inversions that are due, by recipe, damping and block: the method's own, then a grafted one's.
    let due seen = [|
        for block in blocks do
            if isSeen recipe block seen && isDue block then
                struct (recipe, damping, block)

        match recipe.Trust with
        | Trust.Graft other ->
            for block in grafts do
                if isSeen other block seen then
                    struct (other, other.Damping, block)
        | _ -> ()
    |]

    let mutable pending: PendingInversions voption = ValueNone

    let forget () =
        pending |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())
        pending <- ValueNone

    let blockOf = Dictionary<int, FactoredBlock>()

    do
        for block in blocks do
            for l in block.Members do
                blockOf[l] <- block

    member _.Layers = layers
    member _.Recipe = recipe
    member _.States = states

    /// The inverses in use, those of a grafted method after the method's own.
    member _.Blocks = all

    /// The last gradients, where the method keeps them.
    member _.Window = window

    /// lambda as it stands.
    member _.Damping
        with get () = damping
        and set value = damping <- value

    /// Whether a layer's direction can be had.
    member _.HasInverse(l: int) = blockOf[l].Factored.IsSome

    /// Whether an inversion would give layer l's direction, with what is seen now.
    member _.CanInvert(l: int, seen: Observation voption array) =
        isSeen recipe blockOf[l] seen
        || (match recipe.Curvature with
            | Approximation.LowRank _ -> false
            | Approximation.Window _ -> seen |> Array.exists _.IsSome
            | _ -> seen[l].IsSome)

    /// Takes one batch into the moments; `renews` EKFAC's bases if an inversion is to follow. Raises, and
    /// changes nothing, when something seen is not finite.
    member _.Observe(seen: Observation voption array, renews: bool) =
        for l in 0 .. states.Length - 1 do
            seen[l] |> ValueOption.iter (LayerState.requireSound states[l])

        for l in 0 .. states.Length - 1 do
            seen[l] |> ValueOption.iter (LayerState.observe recipe states[l])

        window
        |> ValueOption.iter (fun window -> window.Add(seen |> Array.map (ValueOption.bind _.Gradient)))

        if recipe.Curvature.IsEigenbasis then
            for block in blocks do
                observeSpectrum seen[block.Members[0]] renews block

    /// Runs `change`; if that raises, everything remembered but the inverses is as before.
    member _.Atomically(change: unit -> unit) =
        let ofMoments () = LayerState.atomically states change

        match window with
        | ValueSome window -> window.Atomically ofMoments
        | ValueNone -> ofMoments ()

    /// Inverts what is due; all inverses are made before the first one is replaced. What was begun before is void.
    member _.Invert(seen: Observation voption array, report: string -> string -> unit) =
        forget ()
        use _scope = torch.NewDisposeScope()

        // A curvature lives no longer than its inversion: all of them at once would take twice the statistics' memory.
        let invert inversion =
            use own = torch.NewDisposeScope()
            let inverted = Inverted.Of(prepare seen inversion)
            inverted.Tensors |> List.iter (own.MoveToOuter >> ignore)
            inverted

        Inverted.HandOver(report, due seen |> Array.map invert)

    /// Begins the same beside the steps; it serves from the step at position `from` on.
    member _.BeginInversion(seen: Observation voption array, from: int, waits: bool) =
        forget ()
        use _scope = torch.NewDisposeScope()
        let inversions = due seen |> Array.map (prepare seen)
        pending <- ValueSome(PendingInversions.Begin(from, waits, inversions))

    /// Inversions that were begun and do not serve yet.
    member _.Pending
        with get () = pending
        and set (value: PendingInversions voption) =
            forget ()
            pending <- value

    /// Whether pending inversions serve from the step at `position` on, or have failed.
    member _.IsDue(position: int) =
        pending |> ValueOption.exists (fun own -> own.HasFailed || position >= own.Due)

    /// Lets pending inversions serve if the step at `position` is the one for that. Raises the error that they ended in,
    /// as soon as it is known, and leaves the inverses as they are.
    member state.HandOver(position: int, report: string -> string -> unit) =
        if state.IsDue position then
            let own = pending.Value
            pending <- ValueNone
            own.HandOver report

    /// Whether every block has an inverse.
    member _.IsInverted = blocks |> Array.forall _.Factored.IsSome

    /// Whether an inversion can end in an error: only then is there something to go back to.
    member _.MayRaise =
        match recipe.OnFailure with
        | OnFailure.Raise -> true
        | OnFailure.KeepLast -> blocks |> Array.exists _.Factored.IsNone
        | OnFailure.Diagonal
        | OnFailure.Identity -> false

    /// The two sides of layer l's inverse, where it is a Kronecker product on a layer without groups and directions are
    /// trusted as they are.
    member _.Sides(l: int) =
        match blockOf[l].Factored with
        | ValueSome(Factored.Structured(Curvature.Kronecker(E, A), _)) when
            recipe.Trust.IsRaw
            && Layer.groups layers[l] = 1L
            && max (Side.groups E) (Side.groups A) = 1L
            ->
            ValueSome struct (E, A)
        | _ -> ValueNone

    /// C^-1 grad for the layers that have a gradient, trusted as the recipe says; `rate` is each layer's learning rate.
    /// The results belong to the caller's scope.
    member _.Directions(gradients: Direction voption array, rate: int -> float) =
        let directions = BlockDirections.solve layers blocks gradients

        match recipe.Trust with
        | Trust.Raw -> directions
        | Trust.MatchNorm -> Trusted.matching gradients directions
        | Trust.Graft _ -> Trusted.matching (BlockDirections.solve layers grafts gradients) directions
        | Trust.KlClip kappa -> Trusted.clipped kappa rate gradients directions

    /// Makes the inverse of the window's gradients again, as after a change of the window.
    member _.RenewWindow() =
        use _scope = torch.NewDisposeScope()

        let inverse =
            curvatureOf recipe blocks[0] [||]
            |> Option.filter (fun _ -> isSeen recipe blocks[0] [||])
            |> Option.bind (Inversion.attempt recipe.Attempts recipe ignore damping (gramOf recipe))

        blocks[0].Replace(ValueOption.ofOption inverse)

    interface IDisposable with
        member _.Dispose() =
            forget ()

            for state in states do
                (state :> IDisposable).Dispose()

            for block in all do
                (block :> IDisposable).Dispose()

            window |> ValueOption.iter (fun window -> (window :> IDisposable).Dispose())
