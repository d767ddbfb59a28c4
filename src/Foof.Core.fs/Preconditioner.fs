namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// A factorisation did not succeed at its first attempt.
[<Sealed>]
type FallbackEventArgs(layer: string, description: string) =
    inherit EventArgs()

    /// The layer's name.
    member _.Layer = layer

    /// What failed and what was used instead, in one sentence.
    member _.Description = description

/// A recipe at work on one model: it records inputs, keeps the moving averages and inverts them as the
/// cadence says. Use it alone in front of any optimiser (`Precondition` between `backward` and `step`), or
/// let `Optimizer` drive it. Not for use from two threads at once.
[<Sealed>]
type Preconditioner
    (model: torch.nn.Module<torch.Tensor, torch.Tensor>, recipe: Recipe, select: Func<string, Parameter, bool>) as this
    =
    do Recipe.check recipe

    let struct (layers, coverage) =
        Coverage.surveyExcept Coverage.plainForFoof model select

    let recorder = new Recorder(model, layers)
    let states = layers |> Array.map (fun layer -> new LayerState(layer))
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

    let stateOf (layer: Layer) = states[Array.IndexOf(layers, layer)]

    let report (state: LayerState) description =
        fallbacks <- fallbacks + 1
        fallback.Trigger(this, FallbackEventArgs(state.Layer.Name, description))

    let failed (state: LayerState) =
        NumericalFailure(
            $"A_bar + {recipe.Damping} I could not be inverted by any attempt",
            Layer.describe state.Layer,
            "check the inputs for NaN or raise the damping"
        )

    let afterLastAttempt (state: LayerState) (factor: torch.Tensor) =
        match recipe.OnFailure with
        | OnFailure.KeepLast when not (isNull state.Inverse) ->
            report state "no attempt succeeded; the last inverse stays in use"
            None
        | OnFailure.Diagonal ->
            report state "no attempt succeeded; the diagonal is used"
            Some(torch.diag ((torch.linalg.diagonal factor + recipe.Damping).reciprocal()))
        | OnFailure.Identity ->
            report state "no attempt succeeded; 1/lambda is used"
            Some(torch.diag ((torch.linalg.diagonal factor).ones_like() / recipe.Damping))
        | OnFailure.KeepLast
        | OnFailure.Raise -> raise (failed state)

    let invert (state: LayerState) =
        Scope.owned
            (fun () ->
                let factor = MovingAverage.value state.Average

                match Factorization.inverse recipe.Attempts factor recipe.Damping with
                | None -> afterLastAttempt state factor
                | Some damped ->
                    if not damped.Failed.IsEmpty then
                        report
                            state
                            $"{damped.Failed.Length} attempts failed; the damping used is {damped.Damping}"

                    // Row by row, as it comes back from a file: the order of a product's sums follows the
                    // layout.
                    Some(damped.Inverse.contiguous ()))
            (Option.toArray >> Seq.ofArray)

    let observe (records: Record array) =
        LayerState.requireFinite records

        for layer, calls in records |> Array.groupBy _.Layer do
            LayerState.observe recipe.Decay calls (stateOf layer)

    /// Whether an inversion can end in an error: only then is there something to go back to.
    let mayRaise () =
        match recipe.OnFailure with
        | OnFailure.Raise -> true
        | OnFailure.KeepLast -> states |> Array.exists (fun state -> isNull state.Inverse)
        | OnFailure.Diagonal
        | OnFailure.Identity -> false

    do recorder.Start training

    /// Every linear and convolutional layer of the model that can be covered.
    new(model, recipe) = new Preconditioner(model, recipe, (fun _ _ -> true))

    /// The layers with curvature, in the model's order.
    member _.Layers: IReadOnlyList<Layer> = layers

    /// What becomes of each parameter of the model.
    member _.Coverage: IReadOnlyList<Coverage> = coverage

    /// The recipe.
    member _.Recipe = recipe

    /// How many batches were seen, warm-up included: the cadence's position.
    member _.Position = position

    /// How many factorisations did not succeed at their first attempt.
    member _.Fallbacks = fallbacks

    /// Raised once for each of them.
    [<CLIEvent>]
    member _.Fallback = fallback.Publish

    member internal _.Recorder = recorder
    member internal _.Plan = Cadence.plan recipe.Cadence position

    /// Takes the records of one batch into the averages and, where the plan says so, inverts. Raises, and
    /// changes nothing, when an inversion fails or a layer of `moved` is left without an inverse.
    member internal preconditioner.Advance(records: Record array, moved: Layer seq) =
        let plan = preconditioner.Plan
        LayerState.requireInverses plan (moved |> Seq.map stateOf) records

        let change () =
            if plan.Observe then
                observe records

            if plan.Invert then
                preconditioner.Refresh()

        if plan.Invert && mayRaise () then
            LayerState.atomically states change
        else
            change ()

        position <- position + 1

    /// Records the passes that come if the next step wants them.
    member internal preconditioner.Listen() =
        if preconditioner.Plan.Observe then
            recorder.Start training
        else
            recorder.Stop()

    /// Inverts every layer's factor now; all inverses are made before the first one is replaced.
    member _.Refresh() =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()

        let seen = states |> Array.filter (fun state -> state.Average.Weight > 0.0)

        for state, fresh in seen |> Array.map (fun state -> state, invert state) do
            fresh |> Option.iter state.Replace

    /// M (A_bar + lambda I)^-1 for rows or a gradient of `layer`.
    ///
    /// Shapes: M [k; d_in] -> [k; d_in]. The result belongs to the caller. Raises an
    /// InvalidOperationException when the layer was never recorded.
    member _.Apply(layer: Layer, M: torch.Tensor) =
        let state = stateOf layer

        if isNull state.Inverse then
            LayerState.noInverse layer

        M.mm state.Inverse

    /// Between `backward` and another optimiser's `step`: takes the recorded inputs in, inverts when it is
    /// time, and replaces each covered layer's `.grad` by grad (A_bar + lambda I)^-1. Other gradients stay as
    /// they are.
    member preconditioner.Precondition() =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()

        for layer in preconditioner.AdvancePassively() do
            let gradient, bias = layer.Weight.grad, layer.Bias |> ValueOption.map _.grad
            let direction = preconditioner.Apply(layer, Layer.joined layer gradient bias)
            let struct (weight, bias') = Layer.split layer direction
            gradient.copy_ (weight.reshape gradient.shape) |> ignore

            match bias, bias' with
            | ValueSome target, ValueSome source when not (isNull target) -> target.copy_ source |> ignore
            | _ -> ()

    /// Takes in what ordinary forward passes recorded since the last step, and records the next ones if the
    /// next step will want them. The layers that have a gradient.
    member internal preconditioner.AdvancePassively() : Layer array =
        let moved = layers |> Array.filter (fun layer -> not (isNull layer.Weight.grad))
        let records = recorder.Take()

        try
            preconditioner.Advance(records, moved)
        finally
            Record.release records

        preconditioner.Listen()
        moved

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one
    /// inversion; afterwards the regular periods begin. The model runs in the mode that it is in.
    member preconditioner.WarmUp(inputs: seq<torch.Tensor>) =
        use _quiet = torch.no_grad ()
        let own = Recorder.OnThisThread(fun _ _ -> Keep.Input)
        let mutable batches = 0

        let take (input: torch.Tensor) =
            use _scope = torch.NewDisposeScope()
            recorder.Start own
            model.call input |> ignore
            recorder.Stop()
            let records = recorder.Take()

            try
                observe records
            finally
                Record.release records

        recorder.Stop()
        recorder.Discard()

        try
            LayerState.atomically states (fun () ->
                for input in inputs |> Seq.truncate (Cadence.warmUp recipe.Cadence) do
                    take input
                    batches <- batches + 1

                if batches = 0 then
                    invalidArg
                        (nameof inputs)
                        "inputs must hold at least one batch for the warm-up; got none."

                preconditioner.Refresh())

            position <- Cadence.warmUp recipe.Cadence
        finally
            recorder.Discard()
            preconditioner.Listen()

    /// Every tensor that is remembered, and the counters, by name; the tensors stay the preconditioner's.
    member _.State() =
        let state = Dictionary<string, torch.Tensor>()
        state["position"] <- torch.tensor (int64 position)

        for layer in states do
            for name, tensor in LayerState.tensors layer do
                state[name] <- tensor

        state

    /// Goes back to a state that `State` gave. Raises an ArgumentException, and changes nothing, when a
    /// tensor is missing or has another shape or type.
    member preconditioner.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        let find name shape kind =
            match state.TryGetValue name with
            | true, tensor -> Require.like name shape kind tensor
            | _ ->
                invalidArg (nameof state) $"The state has no '{name}': it belongs to another model or method."

        let seen = int ((find "position" [||] torch.ScalarType.Int64).item<int64>())
        Require.atLeast "position" 0 seen
        let restore = states |> Array.map (LayerState.restoring find state.ContainsKey)
        use _quiet = torch.no_grad ()

        for change in restore do
            change ()

        position <- seen
        recorder.Discard()
        preconditioner.Listen()

    interface IDisposable with
        member _.Dispose() =
            (recorder :> IDisposable).Dispose()

            for state in states do
                (state :> IDisposable).Dispose()
