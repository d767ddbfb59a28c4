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

    /// Takes over `fresh`; the old inverse is freed.
    member _.Replace(fresh: torch.Tensor) =
        if not (isNull inverse) then
            inverse.Dispose()

        inverse <- Scope.detach fresh

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
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        select: Func<string, Parameter, bool>
    ) as this =
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
            Some(torch.diag ((torch.linalg.diagonal factor + recipe.Damping).reciprocal ()))
        | OnFailure.Identity ->
            report state "no attempt succeeded; 1/lambda is used"
            Some(torch.diag ((torch.linalg.diagonal factor).ones_like () / recipe.Damping))
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
                        report state $"{damped.Failed.Length} attempts failed; the damping used is {damped.Damping}"

                    // Row by row, as it comes back from a file: the order of a product's sums follows the layout.
                    Some(damped.Inverse.contiguous ()))
            (Option.toArray >> Seq.ofArray)

    // One batch per pass of the model; a layer called several times in a pass adds up over its data points.
    let observe (state: LayerState) (records: Record array) =
        let points =
            records
            |> Array.groupBy _.Pass
            |> Array.sumBy (fun (_, calls) ->
                calls |> Array.map (fun call -> Layer.dataPoints state.Layer call.Input) |> Array.max)

        records
        |> Array.iteri (fun i record ->
            use rows = Layer.rows state.Layer record.Input

            state.Average <-
                if i = 0 then
                    MovingAverage.accumulate recipe.Decay points rows state.Average
                else
                    MovingAverage.add recipe.Decay points rows state.Average)

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

    /// Takes the records of one batch into the averages and, where the plan says so, inverts. Nothing changes but
    /// the averages when an inversion fails.
    member internal preconditioner.Advance(records: Record array) =
        let plan = preconditioner.Plan

        if plan.Observe then
            for layer, calls in records |> Array.groupBy _.Layer do
                observe (states[Array.IndexOf(layers, layer)]) calls

        if plan.Invert then
            preconditioner.Refresh()

        position <- position + 1

    /// Inverts every layer's factor now; all inverses are made before the first one is replaced.
    member _.Refresh() =
        use _quiet = torch.no_grad ()

        let seen = states |> Array.filter (fun state -> state.Average.Weight > 0.0)

        for state, fresh in seen |> Array.map (fun state -> state, invert state) do
            fresh |> Option.iter state.Replace

    /// M (A_bar + lambda I)^-1 for rows or a gradient of `layer`.
    ///
    /// Shapes: M [k; d_in] -> [k; d_in]. The result belongs to the caller. Raises an InvalidOperationException
    /// when the layer was never recorded.
    member _.Apply(layer: Layer, M: torch.Tensor) =
        let state = states[Array.IndexOf(layers, layer)]

        if isNull state.Inverse then
            invalidOp
                $"{Layer.describe layer} has a gradient but no recorded input: call the model and its layers with call(), not forward(), in training mode."

        M.mm state.Inverse

    /// Between `backward` and another optimiser's `step`: takes the recorded inputs in, inverts when it is time,
    /// and replaces each covered layer's `.grad` by grad (A_bar + lambda I)^-1. Other gradients stay as they are.
    member preconditioner.Precondition() =
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        preconditioner.AdvancePassively()

        for layer in layers do
            let gradient = layer.Weight.grad

            if not (isNull gradient) then
                let bias = layer.Bias |> ValueOption.map _.grad
                let direction = preconditioner.Apply(layer, Layer.joined layer gradient bias)
                let struct (weight, bias') = Layer.split layer direction
                gradient.copy_ (weight.reshape gradient.shape) |> ignore
                (bias, bias') ||> ValueOption.map2 (fun target source -> target.copy_ source) |> ignore

    /// Takes in what ordinary forward passes recorded since the last step, and records the next ones if the next
    /// step will want them.
    member internal preconditioner.AdvancePassively() =
        let records = recorder.Take()

        try
            preconditioner.Advance records
        finally
            for record in records do
                (record :> IDisposable).Dispose()

        if preconditioner.Plan.Observe then
            recorder.Start training
        else
            recorder.Stop()

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one inversion;
    /// afterwards the regular periods begin. The model runs in the mode that it is in.
    member preconditioner.WarmUp(inputs: seq<torch.Tensor>) =
        use _quiet = torch.no_grad ()
        recorder.Start(fun _ _ -> Keep.Input)

        try
            for input in inputs |> Seq.truncate (Cadence.warmUp recipe.Cadence) do
                use _scope = torch.NewDisposeScope()
                model.call input |> ignore
                let records = recorder.Take()

                try
                    for layer, calls in records |> Array.groupBy _.Layer do
                        observe (states[Array.IndexOf(layers, layer)]) calls
                finally
                    for record in records do
                        (record :> IDisposable).Dispose()
        finally
            recorder.Start training

        preconditioner.Refresh()
        position <- Cadence.warmUp recipe.Cadence

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
    /// is missing or has another shape.
    member _.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        let find name (shape: int64 array) =
            match state.TryGetValue name with
            | true, tensor when tensor.shape = shape -> tensor
            | true, tensor -> invalidArg (nameof state) $"'{name}' must have shape %A{shape}; got %A{tensor.shape}."
            | _ -> invalidArg (nameof state) $"The state has no '{name}': it belongs to another model or method."

        let seen = int ((find "position" [||]).item<int64> ())

        let restored =
            states
            |> Array.map (fun layer ->
                let name = $"{layer.Layer.Name}.activation"
                let shape = layer.Average.Sum.shape

                let inverse =
                    if state.ContainsKey $"{name}.inverse" then
                        Some(find $"{name}.inverse" shape)
                    else
                        None

                layer, find $"{name}.sum" shape, (find $"{name}.weight" [||]).item<float> (), inverse)

        use _quiet = torch.no_grad ()

        for layer, sum, weight, inverse in restored do
            layer.Average.Sum.copy_ sum |> ignore
            layer.Average <- { layer.Average with Weight = weight }
            inverse |> Option.iter (fun inverse -> layer.Replace(inverse.clone ()))

        position <- seen

        if (Cadence.plan recipe.Cadence position).Observe then
            recorder.Start training
        else
            recorder.Stop()

    interface IDisposable with
        member _.Dispose() =
            (recorder :> IDisposable).Dispose()

            for state in states do
                (state :> IDisposable).Dispose()
