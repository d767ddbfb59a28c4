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

/// What is remembered of one layer. Owns its tensors.
[<Sealed>]
type internal LayerState(layer: Layer) =
    let mutable average = MovingAverage.init (Layer.inputs layer) layer.Weight
    let mutable inverse: torch.Tensor = null

    member _.Layer = layer

    member _.Average
        with get () = average
        and set value = average <- value

    /// (A_bar + lambda I)^-1, or null before the first inversion.
    member _.Inverse = inverse

    /// Takes over `fresh`, or goes back to none for null; the old inverse is freed.
    member _.Replace(fresh: torch.Tensor) =
        if not (isNull inverse) then
            inverse.Dispose()

        inverse <- if isNull fresh then null else Scope.detach fresh

    interface IDisposable with
        member _.Dispose() =
            average.Sum.Dispose()

            if not (isNull inverse) then
                inverse.Dispose()

/// A recipe at work on one model: it records inputs, keeps the moving averages and inverts them as the cadence
/// says. Use it alone in front of any optimiser (`Precondition` between `backward` and `step`), or let
/// `Optimizer` drive it. Not for use from two threads at once.
[<Sealed>]
type Preconditioner
    (model: torch.nn.Module<torch.Tensor, torch.Tensor>, recipe: Recipe, select: Func<string, Parameter, bool>) as this
    =
    do Recipe.check recipe
    let struct (layers, coverage) = Coverage.survey model select
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

    let release (records: Record array) =
        for record in records do
            (record :> IDisposable).Dispose()

    /// Runs `change`; if that raises, the averages are as before.
    let atomically (change: unit -> unit) =
        let before =
            states
            |> Array.map (fun state ->
                struct (state, state.Average, state.Average.Sum.clone () |> Scope.detach))

        try
            try
                change ()
            with _ ->
                for struct (state, average, sum) in before do
                    average.Sum.copy_ sum |> ignore
                    state.Average <- average

                reraise ()
        finally
            for struct (_, _, sum) in before do
                sum.Dispose()

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

                    // Row by row, as it comes back from a file: the order of a product's sums follows the layout.
                    Some(damped.Inverse.contiguous ()))
            (Option.toArray >> Seq.ofArray)

    let noInverse (layer: Layer) : unit =
        invalidOp
            $"{Layer.describe layer} has a gradient but no recorded input: call the model and its layers with call(), not forward(), in training mode."

    /// Raises unless each layer that is to move has an inverse or gets one in this step.
    let requireInverses (plan: Plan) (moved: Layer seq) (records: Record array) =
        for layer in moved do
            let state = stateOf layer

            let recorded =
                plan.Observe
                && records |> Array.exists (fun record -> obj.ReferenceEquals(record.Layer, layer))

            if
                isNull state.Inverse
                && not (plan.Invert && (recorded || state.Average.Weight > 0.0))
            then
                noInverse layer

    let requireFinite (records: Record array) =
        for record in records do
            if not (Scope.value (fun () -> record.Input.isfinite().all().item<bool>())) then
                raise (
                    NumericalFailure(
                        "an input is not finite",
                        Layer.describe record.Layer,
                        "check the data for NaN, lower the learning rate or raise the damping"
                    )
                )

    // One batch per pass of the model; a layer called several times in a pass adds up over its data points.
    let observe (state: LayerState) (records: Record array) =
        let points =
            records
            |> Array.groupBy _.Pass
            |> Array.sumBy (fun (_, calls) ->
                calls
                |> Array.map (fun call -> Layer.dataPoints state.Layer call.Input)
                |> Array.max)

        records
        |> Array.iteri (fun i record ->
            use rows = Layer.rows state.Layer record.Input

            state.Average <-
                if i = 0 then
                    MovingAverage.accumulate recipe.Decay points rows state.Average
                else
                    MovingAverage.add recipe.Decay points rows state.Average)

    let observeAll (records: Record array) =
        requireFinite records

        for layer, calls in records |> Array.groupBy _.Layer do
            observe (stateOf layer) calls

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

    /// Takes the records of one batch into the averages and, where the plan says so, inverts. Raises, and changes
    /// nothing, when an inversion fails or a layer of `moved` is left without an inverse.
    member internal preconditioner.Advance(records: Record array, moved: Layer seq) =
        let plan = preconditioner.Plan
        requireInverses plan moved records

        let change () =
            if plan.Observe then
                observeAll records

            if plan.Invert then
                preconditioner.Refresh()

        if plan.Invert && mayRaise () then
            atomically change
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
    /// Shapes: M [k; d_in] -> [k; d_in]. The result belongs to the caller. Raises an InvalidOperationException
    /// when the layer was never recorded.
    member _.Apply(layer: Layer, M: torch.Tensor) =
        let state = stateOf layer

        if isNull state.Inverse then
            noInverse layer

        M.mm state.Inverse

    /// Between `backward` and another optimiser's `step`: takes the recorded inputs in, inverts when it is time,
    /// and replaces each covered layer's `.grad` by grad (A_bar + lambda I)^-1. Other gradients stay as they are.
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

    /// Takes in what ordinary forward passes recorded since the last step, and records the next ones if the next
    /// step will want them. The layers that have a gradient.
    member internal preconditioner.AdvancePassively() : Layer array =
        let moved = layers |> Array.filter (fun layer -> not (isNull layer.Weight.grad))
        let records = recorder.Take()

        try
            preconditioner.Advance(records, moved)
        finally
            release records

        preconditioner.Listen()
        moved

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one inversion;
    /// afterwards the regular periods begin. The model runs in the mode that it is in.
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
                observeAll records
            finally
                release records

        recorder.Stop()
        recorder.Discard()

        try
            atomically (fun () ->
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
            state[$"{layer.Layer.Name}.activation.sum"] <- layer.Average.Sum
            state[$"{layer.Layer.Name}.activation.weight"] <- torch.tensor layer.Average.Weight

            if not (isNull layer.Inverse) then
                state[$"{layer.Layer.Name}.activation.inverse"] <- layer.Inverse

        state

    /// Goes back to a state that `State` gave. Raises an ArgumentException, and changes nothing, when a tensor
    /// is missing or has another shape or type.
    member preconditioner.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        let find name shape kind =
            match state.TryGetValue name with
            | true, tensor -> Require.like name shape kind tensor
            | _ ->
                invalidArg (nameof state) $"The state has no '{name}': it belongs to another model or method."

        let seen = int ((find "position" [||] torch.ScalarType.Int64).item<int64>())
        Require.atLeast "position" 0 seen

        let restored =
            states
            |> Array.map (fun layer ->
                let name = $"{layer.Layer.Name}.activation"

                let matrix part =
                    find $"{name}.{part}" layer.Average.Sum.shape layer.Average.Sum.dtype

                let weight = (find $"{name}.weight" [||] torch.ScalarType.Float64).item<float>()

                let inverse =
                    if state.ContainsKey $"{name}.inverse" then
                        matrix "inverse"
                    else
                        null

                struct (layer, matrix "sum", weight, inverse))

        use _quiet = torch.no_grad ()

        for struct (layer, sum, weight, inverse) in restored do
            layer.Average.Sum.copy_ sum |> ignore
            layer.Average <- { layer.Average with Weight = weight }
            layer.Replace(if isNull inverse then null else inverse.clone ())

        position <- seen
        recorder.Discard()
        preconditioner.Listen()

    interface IDisposable with
        member _.Dispose() =
            (recorder :> IDisposable).Dispose()

            for state in states do
                (state :> IDisposable).Dispose()
