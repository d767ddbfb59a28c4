namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// Trains a model by a recipe: M <- mu M + grad_W (A_bar + lambda I)^-1, W <- (1 - eta decay) W - eta M for
/// covered layers, and plain gradient descent with the same momentum for all other parameters (`Coverage`
/// lists which).
///
/// Two ways to use it, which may be mixed: `Step(input, target)` runs the model and never forms the gradient
/// of a layer whose batch has fewer rows than the layer has outputs; or the ordinary loop of `zero_grad`,
/// `call`, `backward`, `step`. Owns its statistics and momentum; not for use from two threads at once.
[<Sealed>]
type Optimizer
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        likelihood: Likelihood,
        groups: seq<ParameterGroup>,
        select: Func<string, Parameter, bool>
    ) as this =
    inherit OptimizerHelper()

    let groupOf = ParameterGroups()

    do
        // The base's finaliser would run Dispose on a half-made object, and ends nothing that its parts do not.
        GC.SuppressFinalize this
        this._parameter_groups <- ResizeArray<ParamGroup>()

        for group in groups do
            groupOf.Adopt group
            this._parameter_groups.Add group

    let update = new Update(groupOf.ByIdentity)

    let preconditioner =
        new Preconditioner(
            model,
            recipe,
            ValueSome likelihood,
            fun name weight -> groupOf.Holds weight && select.Invoke(name, weight)
        )

    let layers = Seq.toArray preconditioner.Layers

    let moves =
        Moves(preconditioner, update, (fun layer -> groupOf.RateOf layer.Weight))

    /// The trained parameters of the groups that no layer covers, each once.
    let plain () =
        groupOf.Follow()
        update.Follow()

        let covered =
            HashSet(Seq.collect Layer.parameters layers |> Seq.map Identity.ofParameter)

        this.parameters ()
        |> Seq.filter (fun p -> p.requires_grad && not (covered.Contains(Identity.ofParameter p)))
        |> Seq.distinctBy Identity.ofParameter
        |> Seq.toArray

    let updatePlain (parameter: Parameter) (gradient: torch.Tensor) =
        if not (isNull gradient) then
            update.Apply(parameter, Direction.Matrix gradient)

    /// The forward pass of a step: output, loss and records. The records are empty again after an error.
    let run (input: torch.Tensor) (target: torch.Tensor) =
        use _recorded = torch.enable_grad ()
        preconditioner.Recorder.Start(moves.Keep preconditioner.Plan.Observe)

        try
            let output = ForwardPass.call model input

            let loss =
                LikelihoodCheck.explaining likelihood output target (fun () ->
                    Likelihood.loss likelihood output target)

            struct (output, loss)
        finally
            preconditioner.Recorder.Stop()

    let requireFiniteLoss target loss =
        Gradients.requireFiniteLoss likelihood target (preconditioner.Position + 1) loss

    /// Whether the errors of this step's batch are to be found: labels are sampled on the pass that the gradient takes
    /// too.
    let errorsOf (records: Record array) (output: torch.Tensor) (target: torch.Tensor) (loss: torch.Tensor) =
        if preconditioner.Plan.Observe && Recipe.needsErrors recipe then
            // Labels cannot be sampled from probabilities that are no numbers.
            requireFiniteLoss target loss
            preconditioner.Observer.ErrorsOf(records, output, target)
        else
            preconditioner.Observer.None()

    /// By how much the step lowered the loss of its batch.
    let decrease (input: torch.Tensor) (target: torch.Tensor) (before: torch.Tensor) () =
        use _scope = torch.NewDisposeScope()
        preconditioner.Recorder.Stop()
        let after = Likelihood.loss likelihood (ForwardPass.output model input) target

        Numbers.number before - Numbers.number after

    let advanceAndUpdate
        (loss: torch.Tensor)
        (output: torch.Tensor)
        (input: torch.Tensor)
        (target: torch.Tensor)
        (records: Record array)
        =
        let callsOf = Record.byLayer records
        let plain = plain ()

        let variables = [|
            for layer in layers do
                yield! moves.Variables(layer, callsOf layer)

            for parameter in plain do
                parameter :> torch.Tensor
        |]

        let errors = errorsOf records output target loss
        let derivatives = Differentiation(loss, variables)
        use _quiet = torch.no_grad ()

        let ofLoss =
            layers |> Array.map (fun layer -> moves.Of(layer, callsOf layer, derivatives))

        Record.releaseOutputs records
        let struct (found, penalised) = Penalised.gradients this.Penalty layers ofLoss

        let moved = [| 0 .. found.Length - 1 |] |> Array.filter (fun l -> found[l].IsSome)

        // By the inverses that are there: of an independent batch's Fisher, where this batch's serves from the next step on;
        // and where none changes, so that a device has them to do while it is asked whether the gradients are finite.
        let first =
            if
                (recipe.IndependentBatches || preconditioner.KeepsInverses)
                && moved |> Array.forall preconditioner.Curvature.HasInverse
            then
                ValueSome(moves.Directions found)
            else
                ValueNone

        Gradients.requireFiniteStep
            (fun () -> requireFiniteLoss target loss)
            loss
            (Seq.append (moves.Suspects found) (Gradients.ofParameters model plain derivatives.Of))

        let gradients =
            if Recipe.needsGradients recipe then
                found |> Array.map (ValueOption.map Direction.matrix)
            else
                preconditioner.Observer.None()

        let seen = preconditioner.Observer.Seen(records, errors, gradients)

        preconditioner.Advance(seen, moved)

        let struct (gathered, directions) =
            first |> ValueOption.defaultWith (fun () -> moves.Directions found)

        moves.Apply(gathered, directions)

        for parameter in plain do
            updatePlain parameter (penalised parameter (derivatives.Of parameter))

        moves.Adapt(gathered, directions, decrease input target loss)

    /// All of the model's parameters in one group.
    new
        (
            model: torch.nn.Module<torch.Tensor, torch.Tensor>,
            recipe,
            likelihood,
            learningRate,
            momentum,
            weightDecay
        ) =
        new Optimizer(
            model,
            recipe,
            likelihood,
            // Lazily: what raised before the primary constructor would leave a half-made object to the finaliser.
            seq { ParameterGroup(model.parameters (), learningRate, momentum, weightDecay) },
            fun _ _ -> true
        )

    /// What becomes of each parameter of the model.
    member _.Coverage = preconditioner.Coverage

    /// The recipe.
    member _.Recipe = recipe

    /// How many batches were seen, warm-up included.
    member _.Position = preconditioner.Position

    /// How many factorisations did not succeed at their first attempt.
    member _.Fallbacks = preconditioner.Fallbacks

    /// Raised once for each of them.
    [<CLIEvent>]
    member _.Fallback = preconditioner.Fallback

    /// A function of the weights that is added to the loss, as of earlier tasks; null is none. Its gradient goes
    /// through the preconditioner with the loss's; `StepResult.Loss` is the batch's alone. It stays its owner's.
    member val Penalty: IWeightPenalty = null with get, set

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one
    /// inversion. Without it the first steps are the warm-up. (Benzing 2022, App. E)
    member _.WarmUp(inputs: seq<torch.Tensor>) = preconditioner.WarmUp inputs

    /// Whether a layer has an inverse to go on with.
    member _.HasCurvature =
        Seq.exists preconditioner.Curvature.HasInverse (seq { 0 .. layers.Length - 1 })

    /// Statistics of one batch and an inversion now, whatever the cadence says: what an ordinary loop gives a method
    /// that takes errors. `target` may be null where no label of the data set is needed. The weights stay as they are.
    /// Raises what `Preconditioner.Observe` raises.
    member _.Observe(input: torch.Tensor, target: torch.Tensor) = preconditioner.Observe(input, target)

    /// One step: runs the model on `input`, differentiates the likelihood's loss, updates every parameter. No
    /// parameter's `.grad` is touched. The result belongs to the caller.
    ///
    /// Raises a NumericalFailure when the loss or a gradient is not finite or no attempt at a factorisation succeeds; the
    /// weights are then as before.
    member _.Step(input: torch.Tensor, target: torch.Tensor) =
        use scope = torch.NewDisposeScope()

        Array.iter Moves.RequireTrainable layers

        preconditioner.Recorder.Discard()

        try
            let struct (output, loss) = run input target
            let records = preconditioner.Recorder.Take()

            try
                advanceAndUpdate loss output input target records
            finally
                Record.release records

            let struct (loss, output) = scope.MoveToOuter(loss.detach (), output.detach ())
            new StepResult(loss, output)
        finally
            preconditioner.Recorder.Discard()
            preconditioner.Listen()

    /// The last line of an ordinary loop: uses the gradients that `backward` left in `.grad` and the inputs
    /// that the model's layers saw in `call` since the last step. `closure`, if given, is run first, with
    /// gradients. Raises a NumericalFailure when a gradient is not finite; the weights are then as before.
    override _.step(closure: Func<torch.Tensor>) =
        let loss =
            if isNull closure then
                null
            else
                use _recorded = torch.enable_grad ()
                closure.Invoke()

        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()

        let plain = plain ()
        Penalised.addTo this.Penalty (this.parameters ())
        Gradients.requireFinite (Gradients.ofParameters model plain Gradients.own)

        let found =
            preconditioner.AdvancePassively()
            |> Array.map (ValueOption.map Direction.Matrix)

        let struct (gathered, directions) = moves.Directions found
        moves.Apply(gathered, directions)

        for parameter in plain do
            updatePlain parameter (Gradients.own parameter)

        loss

    /// Adds a group; its parameters are plain unless a covered layer's. Raises an ArgumentException when one
    /// of them is in a group already.
    override _.add_param_group(group: ParamGroup) =
        match group with
        | :? ParameterGroup as own ->
            groupOf.Adopt own
            base.add_param_group own
        | _ -> invalidArg (nameof group) $"The group must be a ParameterGroup; got {group.GetType().Name}."

    /// Statistics, inverses, momentum and counters by name, for checkpoints; the tensors stay the
    /// optimiser's.
    member _.State() =
        let state = preconditioner.State()
        update.Follow()

        for name, momentum in update.Tensors(model.named_parameters ()) do
            state[name] <- momentum

        state

    /// Goes back to a state that `State` gave. Raises an ArgumentException, and changes nothing, when it does
    /// not fit the model.
    member _.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        let restore = update.Restoring(model.named_parameters (), state)
        preconditioner.Restore state
        update.Follow()
        restore ()

    override _.Dispose(disposing: bool) =
        if disposing then
            (preconditioner :> IDisposable).Dispose()
            (update :> IDisposable).Dispose()

        base.Dispose disposing
