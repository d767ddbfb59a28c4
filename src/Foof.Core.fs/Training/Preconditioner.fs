namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// A recipe at work on one model: it records what the method needs, keeps the moments and inverts them as the
/// cadence says. Use it alone in front of any optimiser (`Precondition` between `backward` and `step`), or
/// let `Optimizer` drive it. Not for use from two threads at once.
[<Sealed>]
type Preconditioner
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        likelihood: Likelihood voption,
        select: Func<string, Parameter, bool>
    ) as this =
    do Recipe.check recipe

    do
        if Recipe.needsErrors recipe && likelihood.IsNone then
            invalidArg
                (nameof likelihood)
                $"The method '{recipe.Name}' takes errors, so it needs a likelihood; got none."

    let struct (layers, coverage) =
        Coverage.surveyExcept (Recipe.objection recipe) model select

    let recorder = new Recorder(model, layers)
    let observer = Observer(model, layers, recorder, recipe, likelihood)
    let state = new CurvatureState(layers, recipe)
    let fallback = Event<EventHandler<FallbackEventArgs>, FallbackEventArgs>()
    let mutable fallbacks = 0
    let mutable position = 0

    // Only passes that can be followed by a backward pass count: not evaluations.
    let training =
        Func<Layer, torch.Tensor, Keep>(fun layer _ ->
            if torch.is_grad_enabled () && layer.Modules[0].training then
                Keep.Input
            else
                Keep.Nothing)

    let report (layer: string) description =
        fallbacks <- fallbacks + 1
        fallback.Trigger(this, FallbackEventArgs(layer, description))

    do recorder.Start training

    /// A method that takes no errors, on the layers that `select` takes.
    new(model, recipe, select: Func<string, Parameter, bool>) =
        new Preconditioner(model, recipe, ValueNone, select)

    /// Every layer of the model that can be covered, with a likelihood for the methods that take errors.
    new(model, recipe, likelihood: Likelihood) =
        new Preconditioner(model, recipe, ValueSome likelihood, (fun _ _ -> true))

    /// Every layer of the model that can be covered, by a method that takes no errors.
    new(model, recipe) = new Preconditioner(model, recipe, ValueNone, (fun _ _ -> true))

    /// The layers with curvature, in the model's order.
    member _.Layers: IReadOnlyList<Layer> = layers

    /// What becomes of each parameter of the model.
    member _.Coverage: IReadOnlyList<Coverage> = coverage

    /// The recipe.
    member _.Recipe = recipe

    /// How many batches were seen, warm-up included: the cadence's position.
    member _.Position = position

    /// lambda as it stands: the recipe's, or what the adaptive rule made of it.
    member _.Damping = state.Damping

    /// Draws the labels of the Monte-Carlo Fisher; null is the default generator. It stays its owner's.
    member _.Generator
        with get () = observer.Generator
        and set value = observer.Generator <- value

    /// eta in the KL clip where no optimiser of this library drives the preconditioner.
    member val LearningRate = 1.0 with get, set

    /// How many factorisations did not succeed at their first attempt.
    member _.Fallbacks = fallbacks

    /// Raised once for each of them.
    [<CLIEvent>]
    member _.Fallback = fallback.Publish

    member internal _.Recorder = recorder
    member internal _.Curvature = state
    member internal _.Observer = observer
    member internal _.Plan = Cadence.plan recipe.Cadence position

    /// Whether the next `Advance` leaves every inverse as it is: directions can be asked for before it.
    member internal preconditioner.KeepsInverses =
        let plan = preconditioner.Plan
        not (plan.Observe || plan.Invert || state.IsDue position)

    /// Takes what was seen into the moments and, where the plan says so, inverts. Raises, and changes nothing, when an
    /// inversion fails or one of the layers `moved` is left without an inverse.
    member internal preconditioner.Advance(seen: Observation voption array, moved: int seq) =
        let plan = preconditioner.Plan
        state.HandOver(position, report)

        for l in moved do
            if not (state.HasInverse l) && not (plan.Invert && state.CanInvert(l, seen)) then
                Recipe.refuse recipe layers[l]

        // The first periods have no inverse to go on with.
        let beside =
            if position >= Cadence.warmUp recipe.Cadence && state.IsInverted then
                Recipe.beside recipe
            else
                ValueNone

        let change () =
            if plan.Observe then
                state.Observe(seen, plan.Invert)

            if plan.Invert then
                match beside with
                | ValueSome struct (stale, waits) -> state.BeginInversion(seen, position + stale, waits)
                | ValueNone -> state.Invert(seen, report)

        if plan.Invert && beside.IsNone && state.MayRaise then
            state.Atomically change
        else
            change ()

        position <- position + 1

    /// Records the passes that come if the next step wants them.
    member internal preconditioner.Listen() =
        if preconditioner.Plan.Observe then
            recorder.Start training
        else
            recorder.Stop()

    /// Inverts every layer's curvature now; all inverses are made before the first one is replaced.
    member _.Refresh() =
        use _quiet = torch.no_grad ()
        state.Invert(observer.None(), report)

    /// C^-1 M for a matrix M in the shape of one layer's gradient, or for rows M [k; d_in] where the method leaves the
    /// outputs' side alone, as FOOF does: M (A_bar + lambda I)^-1.
    ///
    /// The result belongs to the caller. Raises an InvalidOperationException when the layer was never recorded.
    member _.Apply(layer: Layer, M: torch.Tensor) =
        let l = Array.IndexOf(layers, layer)

        if not (state.HasInverse l) then
            Recipe.refuse recipe layer

        Scope.tensor (fun () ->
            match state.Sides l with
            | ValueSome struct (Side.Identity _, A) -> (A |> Side.times (M.unsqueeze 0L)).squeeze 0L
            | _ ->
                let gradients = observer.None()
                gradients[l] <- ValueSome(Direction.Matrix M)
                let directions = state.Directions(gradients, (fun _ -> 1.0))
                Direction.matrix directions[l].Value)

    /// Between `backward` and another optimiser's `step`: takes the recorded inputs in, inverts when it is
    /// time, and replaces each covered layer's `.grad` by its direction. Other gradients stay as they are. Raises a
    /// NumericalFailure, and changes nothing, when a covered layer's gradient is not finite.
    member preconditioner.Precondition() =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        let gradients = preconditioner.AdvancePassively()

        let directions =
            state.Directions(
                gradients |> Array.map (ValueOption.map Direction.Matrix),
                fun _ -> preconditioner.LearningRate
            )

        for l in 0 .. layers.Length - 1 do
            directions[l]
            |> ValueOption.iter (Direction.matrix >> Gradients.replace layers[l])

    /// Takes in what ordinary forward passes recorded since the last step, and records the next ones if the
    /// next step will want them: the gradients of the layers that have one.
    member internal preconditioner.AdvancePassively() =
        let gradients = Gradients.ofLayers layers

        let records = recorder.Take()

        try
            Array.map2 (fun layer -> ValueOption.map (Gradients.ofLayer layer)) layers gradients
            |> Seq.collect ValueOption.toList
            |> Gradients.requireFinite

            let wanted =
                if Recipe.needsGradients recipe then
                    gradients
                else
                    observer.None()
            // A method that takes errors has none here: `Observe` gives them.
            let records' = if Recipe.needsErrors recipe then [||] else records

            let moved =
                seq { 0 .. layers.Length - 1 } |> Seq.filter (fun l -> gradients[l].IsSome)

            preconditioner.Advance(observer.Seen(records', observer.None(), wanted), moved)
        finally
            Record.release records

        preconditioner.Listen()
        gradients

    /// Takes the statistics of one batch in and inverts, whatever the cadence says: for ordinary training loops with
    /// methods that take errors, for curvature from another batch than the gradient's, and for analysis.
    ///
    /// `target` holds the labels that the empirical Fisher is taken at; null for other methods. Raises an
    /// InvalidOperationException for methods that are made of gradients.
    member preconditioner.Observe(input: torch.Tensor, target: torch.Tensor) =
        if Recipe.needsGradients recipe then
            invalidOp
                $"The method '{recipe.Name}' is made of gradients, which `Observe` does not see; use steps alone."

        preconditioner.Apart(fun () ->
            observer.See(
                input,
                target,
                fun seen ->
                    state.Atomically(fun () ->
                        state.Observe(seen, true)
                        state.Invert(seen, report))
            ))

    /// Passes of one's own: nothing that was recorded, or is recorded in them, counts for the next step.
    member private preconditioner.Apart(work: unit -> unit) =
        recorder.Stop()
        recorder.Discard()

        try
            work ()
        finally
            recorder.Discard()
            preconditioner.Listen()

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one
    /// inversion; afterwards the regular periods begin. The model runs in the mode that it is in. Methods that need
    /// labels or gradients for their statistics begin with their first steps instead: it does nothing for them.
    member preconditioner.WarmUp(inputs: seq<torch.Tensor>) =
        if Recipe.canWarmUp recipe then
            preconditioner.WarmUpBy inputs

    member private preconditioner.WarmUpBy(inputs: seq<torch.Tensor>) =
        let mutable batches = 0
        let most = Cadence.warmUp recipe.Cadence

        let take seen =
            // An eigenbasis from the first batch on, so that no batch's second moments are lost.
            state.Observe(seen, batches = 1 || batches = most)

            if batches = most then
                state.Invert(seen, report)

        let takeAll () =
            // One at a time: a sequence may free a batch when it goes on to the next.
            for input in inputs |> Seq.truncate most do
                batches <- batches + 1
                observer.See(input, null, take)

            if batches > 0 && batches < most then
                preconditioner.Refresh()

            if batches = 0 then
                invalidArg (nameof inputs) "inputs must hold at least one batch for the warm-up; got none."

        preconditioner.Apart(fun () ->
            state.Atomically takeAll
            position <- most)

    /// Every tensor that is remembered, and the counters, by name; the tensors stay the preconditioner's.
    member _.State() =
        let saved = Dictionary<string, torch.Tensor>()
        saved["position"] <- torch.tensor (int64 position)

        for name, tensor in CurvatureCheckpoint.tensors state do
            saved[name] <- tensor

        saved

    /// Goes back to a state that `State` gave. Raises an ArgumentException, and changes nothing, when a
    /// tensor is missing or has another shape or type.
    member preconditioner.Restore(saved: IReadOnlyDictionary<string, torch.Tensor>) =
        let struct (find, tryFind) = CurvatureCheckpoint.lookingIn saved layers
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        let seen = int ((find "position" [||] torch.ScalarType.Int64).item<int64>())
        Require.atLeast "position" 0 seen
        CurvatureCheckpoint.restoring find tryFind state ()
        position <- seen
        recorder.Discard()
        preconditioner.Listen()

    interface IDisposable with
        member _.Dispose() =
            (recorder :> IDisposable).Dispose()
            (state :> IDisposable).Dispose()
