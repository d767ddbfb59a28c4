namespace Foof

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open TorchSharp
open TorchSharp.Modules

/// Trains a model by a recipe: M <- mu M + C^-1 grad_W, W <- (1 - eta decay) W - eta M with the recipe's damped curvature
/// C for covered layers, and C = I for all other parameters (`Coverage` lists which).
///
/// Two ways to use it, which may be mixed: `Step(input, target)` runs the model and never forms the gradient of a layer
/// whose batch has fewer rows than the layer has outputs; or the ordinary loop of `zero_grad`, `call`, `backward`,
/// `step`.
/// Owns its statistics and momentum; not for use from two threads at once.
///
/// `learningRate` is the recipe's where it is left out. `groups` are parameters with settings of their own; all other
/// parameters of the model are a group with those given here, the first one. `generator` decides the labels that are
/// sampled, null is the default one: the constructor draws one number from it, and later steps draw nothing. `select`
/// takes layers by name and weight; the others are plain.
/// Raises an ArgumentException when a setting is out of its range, a parameter is in two groups or of another model, or
/// a method that takes errors gets no likelihood.
type Optimizer
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        likelihood: Likelihood,
        [<Optional>] learningRate: Nullable<float>,
        [<Optional; DefaultParameterValue(0.0)>] momentum: float,
        [<Optional; DefaultParameterValue(0.0)>] weightDecay: float,
        [<Optional; DefaultParameterValue(null: seq<ParameterGroup>)>] groups: seq<ParameterGroup>,
        [<Optional; DefaultParameterValue(null: torch.Generator)>] generator: torch.Generator,
        [<Optional; DefaultParameterValue(null: Func<string, Parameter, bool>)>] select: Func<string, Parameter, bool>
    ) as this =
    inherit OptimizerHelper()

    // The base's finaliser would call Dispose after a constructor that failed; the parts are finalised by themselves.
    do
        GC.SuppressFinalize this
        Require.given (nameof model) model
        Require.given (nameof recipe) recipe
        Require.given (nameof likelihood) likelihood

    let mutable isDisposed = false
    let update = new Update()
    let all = ResizeArray<ParamGroup>()
    let rate = learningRate.GetValueOrDefault recipe.LearningRate

    let adopt (group: ParameterGroup) =
        let own = group.Copied(rate, momentum, weightDecay)
        update.Adopt own
        all.Add own

    do
        this._parameter_groups <- all
        for group in ParameterGroups.ofModel model groups do
            adopt group

    let takes name weight = update.Holds weight && (isNull select || select.Invoke(name, weight))
    let preconditioner = new Preconditioner(model, recipe, likelihood, generator, takes)

    let fallback = Event<EventHandler<FallbackEventArgs>, FallbackEventArgs>()
    do preconditioner.Fallback.Add(fun found -> fallback.Trigger(this, found))
    let layers = Seq.toArray preconditioner.Layers

    let unsupported () =
        NotSupportedException(
            "This optimiser keeps curvature, for which TorchSharp's state has no place: use State() and Restore(state), "
            + "or Save(path) and Load(path) of the optimisers for C#."
        )

    let requireTrainable (layer: Layer) =
        if not (Layer.parameters layer |> Array.forall _.requires_grad) then
            invalidOp $"{Layer.describe layer} was frozen after the optimiser was made; make a new optimiser."

    let forward (plan: Plan) input =
        Phase.during "forward" (fun () ->
            ForwardPass.recorded preconditioner.Recorder layers (GradientsOfPass.keep recipe plan.Observe) model input)

    let lossOf (pass: Pass) target =
        use _recorded = torch.enable_grad ()
        LikelihoodCheck.explaining likelihood pass.Output target (fun () ->
            Likelihood.loss likelihood pass.Output target)

    /// The gradients of a pass; its graph stays where errors are to follow.
    let backward (plan: Plan) loss pass =
        let retains = plan.Observe && Recipe.needsErrors recipe
        Phase.during "backward" (fun () -> GradientsOfPass.find recipe layers update.Plain retains loss pass)

    let observe (plan: Plan) pass target gradients =
        if plan.Observe then
            Phase.during "statistics" (fun () -> preconditioner.Observer.OfStep(pass, target, gradients))
        else
            Array.create layers.Length ValueNone

    /// Moves all parameters by their gradients; `precondition` gives the layers' directions.
    let move (gradients: Gradients) precondition =
        let gathered = update.Gathered(recipe.Momentum, layers, gradients.Layers)
        let directions = precondition gathered
        Phase.during "update" (fun () ->
            update.Apply(recipe.Momentum, layers, gathered, directions)
            update.ApplyPlain gradients.Plain)

    /// What becomes of each parameter of the model, in the model's order.
    member _.Coverage = preconditioner.Coverage

    /// The recipe.
    member _.Recipe = recipe

    /// How the model's output speaks about labels.
    member _.Likelihood = likelihood

    /// The model that is trained.
    member _.Model = model

    /// Whether it was disposed of.
    member _.IsDisposed = isDisposed

    /// How many batches were seen, those of the warm-up included.
    member _.BatchesSeen = preconditioner.BatchesSeen

    /// How many factorisations did not succeed at their first attempt.
    member _.FallbackCount = preconditioner.FallbackCount

    /// Raised once for each factorisation that did not succeed at its first attempt, on the thread of the step.
    [<CLIEvent>]
    member _.Fallback = fallback.Publish

    /// The sequence that labels are sampled by.
    member internal _.Draws = preconditioner.Draws

    /// A function of the weights that is added to the loss, as of earlier tasks; null: no such function. Its gradient
    /// goes through the preconditioner with the loss's; `StepResult.Loss` is the batch's alone. It stays its owner's.
    member val Penalty: IPenalty = null with get, set

    /// Whether a layer has an inverse yet.
    member _.HasCurvature = preconditioner.HasCurvature

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one inversion.
    /// Without it the first steps are the warm-up.
    /// Raises what `Preconditioner.WarmUp` raises.
    /// (Benzing 2022, App. E)
    abstract WarmUp: inputs: seq<torch.Tensor> -> unit
    default _.WarmUp(inputs) = preconditioner.WarmUp inputs

    /// Statistics of one batch and an inversion now, whatever the cadence says: what an ordinary loop gives a method
    /// that takes errors. `target` may be null where no label of the data set is needed. The weights stay as they are.
    /// Raises what `Preconditioner.UpdateCurvature` raises.
    abstract UpdateCurvature: input: torch.Tensor * target: torch.Tensor -> unit

    default _.UpdateCurvature(input, target) = preconditioner.UpdateCurvature(input, target)

    /// One step: runs the model on `input`, differentiates the likelihood's loss, updates every parameter. No
    /// parameter's `.grad` is touched.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when output and labels do not fit the likelihood; an InvalidOperationException when
    /// a layer was frozen after the optimiser was made, its recorded calls do not explain its gradient, or the penalty
    /// is of another model; and a NumericalFailure when the loss or a gradient is not finite or no attempt at a
    /// factorisation succeeds. The weights are then as before.
    abstract Step: input: torch.Tensor * target: torch.Tensor -> StepResult

    default this.Step(input, target) =
        ObjectDisposedException.ThrowIf(isDisposed, this)
        Require.given (nameof input) input
        Require.given (nameof target) target
        use scope = torch.NewDisposeScope()
        Array.iter requireTrainable layers
        update.Locate layers
        let plan = preconditioner.Plan

        let step () =
            use pass = forward plan input
            PointsFirst.require model input layers pass
            let loss = lossOf pass target
            use _quiet = torch.no_grad ()
            let gradients = backward plan loss pass |> Gradients.withPenalty this.Penalty update.Holds layers
            Finiteness.requireStep likelihood pass.Output target (this.BatchesSeen + 1) loss model layers gradients
            let seen = observe plan pass target gradients
            pass.ReleaseOutputs()
            move gradients (fun gathered -> preconditioner.Directions(gathered, seen, update.RateOf))
            let struct (loss, output) = scope.MoveToOuter(loss.detach (), pass.Output.detach ())
            new StepResult(loss, output)

        try
            ForwardPass.keepingBuffers model step
        finally
            preconditioner.Listen()

    /// The last line of an ordinary loop: uses the gradients that `backward` left in `.grad` and the inputs that the
    /// model's layers saw in the passes behind them, the last eight at most. `closure`, if given, is run first, with
    /// gradients; its loss is the result, otherwise null.
    /// Raises an InvalidOperationException when a layer that has a gradient is left without an inverse, as of a method
    /// that takes errors before `UpdateCurvature`, and a NumericalFailure when a gradient is not finite; the weights
    /// are then as before.
    override this.step(closure: Func<torch.Tensor>) =
        ObjectDisposedException.ThrowIf(isDisposed, this)
        let loss =
            if isNull closure then
                null
            else
                use _recorded = torch.enable_grad ()
                closure.Invoke()
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        update.Locate layers
        let gradients = Gradients.inPlace layers update.Plain |> Gradients.withPenalty this.Penalty update.Holds layers
        move gradients (fun gathered -> preconditioner.DirectionsOfLoop(gradients, gathered, update.RateOf))
        loss

    /// Adds a group; settings that were left out, and those that TorchSharp's groups do not have, are those that the
    /// optimiser was made with. Its parameters are plain, by gradient descent: which layers are covered was decided
    /// when the optimiser was made.
    /// Raises an ArgumentException when one of them is in a group already.
    override _.add_param_group(group: ParamGroup) = adopt (ParameterGroup.Of group)

    /// The learning rate of the next step, that of the first group; setting it sets every group's.
    /// Raises an ArgumentException unless it is positive.
    member _.LearningRate
        with get () = all[0].LearningRate
        and set (value: float) =
            Require.positive ("LearningRate") value
            for group in all do
                group.LearningRate <- value

    /// The momentum of the next step, that of the first group; setting it sets every group's. Schedulers that cycle the
    /// momentum change each group's: OneCycleLR does; CyclicLR needs cycle_momentum = false, since that of TorchSharp
    /// goes up to 1.
    /// Raises an ArgumentException unless it lies in [0, 1).
    member _.Momentum
        with get () = (all[0] :?> ParameterGroup).Options.Momentum
        and set (value: float) =
            Require.fraction ("Momentum") value
            for group in all do
                (group :?> ParameterGroup).Options.Momentum <- value

    interface torch.optim.IMomentum with
        member this.Momentum
            with get () = this.Momentum
            and set value = this.Momentum <- value

    /// Sets the gradients of all parameters to zero: the first line of the ordinary loop. Passes whose backward pass
    /// has run do not count for the next step.
    override this.zero_grad() =
        preconditioner.Recorder.DiscardReached()
        for parameter in this.parameters () do
            use gradient = parameter.grad
            // TorchSharp's zero_ gives another handle to the same numbers.
            if not (isNull gradient) then gradient.zero_().Dispose()

    /// Not supported, since it would leave the curvature out: use `State`.
    override _.state_dict() = raise (unsupported ())

    /// Not supported, since it would leave the curvature out: use `Restore`.
    override _.load_state_dict(_state) = raise (unsupported ())

    /// Statistics, inverses, momentum, counters and the groups' settings by name, to write or copy before the next
    /// step: the tensors stay the optimiser's, change with its steps, and an inversion frees those of the last one. The
    /// description is the caller's.
    /// Raises an ObjectDisposedException after `Dispose`.
    member this.State() =
        ObjectDisposedException.ThrowIf(isDisposed, this)
        Checkpoint.write (fun written ->
            FactorFormat.objectOf "optimizer" [
                "preconditioner", preconditioner.Describe written
                "momentum", update.Describe(written, model)
                "groups", ParameterGroups.describe all
            ])

    /// Goes back to a state that `State` gave, of which copies are made.
    /// Raises an ArgumentException, and changes nothing, when it does not fit the model, the method or the groups, and
    /// an ObjectDisposedException after `Dispose`.
    member this.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        ObjectDisposedException.ThrowIf(isDisposed, this)
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        let saved, node = SavedState(state, layers), Checkpoint.read state
        let entry name = FactorFormat.entry name node

        let changes = [
            preconditioner.Restoring(saved, entry "preconditioner")
            update.Restoring(saved, model, entry "momentum")
            ParameterGroups.restoring all (entry "groups")
        ]

        for change in changes do
            change ()

    /// Frees statistics, inverses and momentum; the model and its parameters stay.
    override _.Dispose(disposing: bool) =
        if disposing && not isDisposed then
            isDisposed <- true
            (preconditioner :> IDisposable).Dispose()
            (update :> IDisposable).Dispose()
        base.Dispose disposing
