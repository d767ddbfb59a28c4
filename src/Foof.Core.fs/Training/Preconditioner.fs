namespace Foof

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Text.Json.Nodes
open TorchSharp
open TorchSharp.Modules

/// A recipe at work on one model: it records what the method needs, and says when statistics are taken and inverted.
/// Use it alone in front of any optimiser (`Precondition` between `backward` and `step`), or let `Optimizer` drive it.
/// Owns its statistics, inverses and hooks; not for use from two threads at once.
///
/// `likelihood` is needed by methods that take errors, null for others. `select` takes layers by name and weight, null
/// takes all. `generator` decides the labels of the Monte-Carlo Fisher, null is the default one: the constructor draws
/// one number from it, and later steps draw nothing.
/// Raises an ArgumentException when a setting of the recipe is out of its range, or a method that takes errors gets no
/// likelihood.
[<Sealed>]
type Preconditioner
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        [<Optional>] likelihood: Likelihood,
        [<Optional; DefaultParameterValue(null: torch.Generator)>] generator: torch.Generator,
        [<Optional; DefaultParameterValue(null: Func<string, Parameter, bool>)>] select: Func<string, Parameter, bool>
    ) as this =
    do
        Require.given (nameof model) model
        Require.given (nameof recipe) recipe
        Recipe.check recipe
        if Recipe.needsErrors recipe && isNull (box likelihood) then
            invalidArg (nameof likelihood) $"'{recipe.Name}' takes errors, so it needs a likelihood; got none."

    let survey =
        let all = Func<string, Parameter, bool>(fun _ _ -> true)
        Coverage.surveyExcept (Recipe.objection recipe) model (if isNull select then all else select)

    let layers = survey.Layers
    do Recipe.requireTypes recipe layers
    let recorder = new Recorder(model, layers)

    let samples = Recipe.needsErrors recipe && recipe.Fisher.IsMonteCarlo
    let draws = if samples then Draws.From generator else new Draws(0L)

    let observer = Observer(model, recipe, likelihood, layers, recorder, draws)
    let fallback = Event<EventHandler<FallbackEventArgs>, FallbackEventArgs>()
    let mutable fallbacks = 0

    let report (layer: string) description =
        fallbacks <- fallbacks + 1
        fallback.Trigger(this, FallbackEventArgs(layer, description))

    let statistics = new Statistics(layers, recipe)
    let inverses = new Inverses(layers, recipe, report)
    let all = seq { 0 .. layers.Length - 1 }
    let mutable position = 0
    let mutable isDisposed = false
    let requireAlive () = ObjectDisposedException.ThrowIf(isDisposed, this)

    let plan () = Cadence.plan recipe.Cadence position

    /// Records the ordinary passes that come if the next step wants them.
    let listen () =
        recorder.Discard()
        if (plan ()).Observe then recorder.Start Recorder.InLoop else recorder.Stop()

    /// Passes of one's own: nothing that was recorded before, or is recorded in them, counts for the next step.
    let apart (work: unit -> unit) =
        requireAlive ()
        use _scope = torch.NewDisposeScope()
        try
            ForwardPass.keepingBuffers model work
        finally
            listen ()

    let warmUp (inputs: seq<torch.Tensor>) =
        let mutable batches = 0
        let most = Cadence.warmUp recipe.Cadence

        // One at a time: a sequence may free a batch when the next one is asked for.
        for input in inputs |> Seq.truncate most do
            batches <- batches + 1
            // An eigenbasis from the first batch on, so that no batch's second moments are lost.
            observer.See input null (fun seen -> statistics.Observe(seen, batches = 1 || batches = most))

        if batches = 0 then
            invalidArg (nameof inputs) "inputs must hold at least one batch for the warm-up; got none."

        use _quiet = torch.no_grad ()
        if batches < most then statistics.Renew()
        inverses.Invert statistics

    do listen ()

    /// The layers with curvature, in the model's order.
    member _.Layers: IReadOnlyList<Layer> = layers

    /// What becomes of each parameter of the model.
    member _.Coverage: IReadOnlyList<Coverage> = survey.Coverage

    /// The recipe.
    member _.Recipe = recipe

    /// How many batches were seen, warm-up included: the cadence's position.
    member _.BatchesSeen = position

    /// eta in the KL clip of `Precondition` and `Apply`: the learning rate of the optimiser behind, 1 until it is set.
    member val LearningRate = 1.0 with get, set

    /// How many factorisations did not succeed at their first attempt.
    member _.FallbackCount = fallbacks

    /// Raised once for each factorisation that did not succeed at its first attempt, on the thread of the step.
    [<CLIEvent>]
    member _.Fallback = fallback.Publish

    /// The hooks on the layers.
    member internal _.Recorder = recorder
    /// The sequence that labels are sampled by.
    member internal _.Draws = draws
    /// What shows batches to the statistics.
    member internal _.Observer = observer
    /// What the next step does besides updating the weights.
    member internal _.Plan = plan ()

    /// Whether a layer has an inverse yet.
    member internal _.HasCurvature = Seq.exists inverses.Has all

    /// The path of every step from gradients to directions: takes what was seen into the statistics, refreshes the
    /// inverses and applies them. With independent
    /// batches the inverses of earlier batches are applied before this one is taken in, except in the first step.
    /// Raises, and changes nothing, when an inversion fails or a layer with a gradient is left without an inverse.
    member internal _.Directions
        (gradients: Direction voption array, seen: Observation voption array, rate: int -> float)
        =
        let plan = plan ()
        let needed = all |> Seq.filter (fun l -> gradients[l].IsSome)

        let take () =
            if plan.Observe then Phase.during "statistics" (fun () -> statistics.Observe(seen, plan.Invert))
            Phase.during "inversion" (fun () -> inverses.Refresh(statistics, plan, position, needed))

        let learn () = if inverses.MayFail(plan, needed) then statistics.Atomically take else take ()

        let find () = Phase.during "direction" (fun () -> inverses.Directions(gradients, rate))

        let directions =
            if recipe.IndependentBatches && Seq.forall inverses.Has needed then
                let directions = find ()
                learn ()
                directions
            else
                learn ()
                find ()

        position <- position + 1
        directions

    /// The directions of gradients in the ordinary loop, by what forward passes recorded since the last step; the next
    /// ones are recorded if the next step wants them.
    member internal _.DirectionsOfLoop(own: Gradients, gradients: Direction voption array, rate) =
        let records = recorder.Take()
        try
            Finiteness.requireGradients model layers own
            let seen = observer.OfLoop(Reached.inGradients layers records, own)
            let directions = this.Directions(gradients, seen, rate)
            listen ()
            directions
        finally
            Record.release records

    /// Records the passes of an ordinary loop again, after a pass of the optimiser's own.
    member internal _.Listen() = listen ()

    /// C^-1 M for a matrix M in the shape of one layer's gradient, trusted as the recipe says, or for rows M where the
    /// method leaves the outputs' side alone, as FOOF does: M (A_bar + lambda I)^-1.
    /// Shapes: M [d_out; d_in], or [k; d_in] -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for a layer or a matrix that is not the preconditioner's, and an
    /// InvalidOperationException when the layer has no inverse yet.
    /// (MATH 5)
    member preconditioner.Apply(layer: Layer, M: torch.Tensor) =
        let l = Array.IndexOf(layers, layer)
        if l < 0 then
            invalidArg
                (nameof layer)
                $"layer must be one of the preconditioner's Layers; got another {Layer.describe layer}."
        if M.dim () <> 2L || M.size 1 <> Layer.inputs layer then
            invalidArg (nameof M) $"M must be [k; {Layer.inputs layer}]; got [{Shape.text M.shape}]."
        Require.alike (nameof M) layer.Weight M
        Scope.tensor (fun () -> inverses.Apply(l, M, preconditioner.LearningRate))

    /// Between `backward` and another optimiser's `step`: takes the recorded inputs in, inverts when it is time, and
    /// replaces each covered layer's `.grad` by its direction. Other gradients stay as they are.
    /// Raises a NumericalFailure, and changes nothing, when a covered layer's gradient is not finite, and an
    /// InvalidOperationException when a layer that has a gradient is left without an inverse, as of a method that takes
    /// errors before `UpdateCurvature`.
    member preconditioner.Precondition() =
        requireAlive ()
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        let gradients = Gradients.inPlace layers [||]
        let rate _ = preconditioner.LearningRate
        let directions = preconditioner.DirectionsOfLoop(gradients, gradients.Layers, rate)
        Array.iter2 (fun layer -> ValueOption.iter (Direction.matrix >> Gradients.replace layer)) layers directions

    /// Takes the statistics of one batch in and inverts, whatever the cadence says: for ordinary training loops with
    /// methods that take errors, for curvature from another batch than the gradient's, and for analysis.
    ///
    /// `target` holds the labels that the empirical Fisher is taken at; null for other methods.
    /// Raises an InvalidOperationException for methods that are made of gradients, an ArgumentException when labels are
    /// missing or do not fit, and a NumericalFailure when what is seen is not finite or cannot be inverted; moments and
    /// inverses are then as before.
    member _.UpdateCurvature(input: torch.Tensor, [<Optional; DefaultParameterValue(null: torch.Tensor)>] target) =
        if Recipe.needsGradients recipe then
            invalidOp
                $"The method '{recipe.Name}' is made of gradients, which `UpdateCurvature` does not see; use steps alone."
        apart (fun () ->
            observer.See input target (fun seen ->
                statistics.Atomically(fun () ->
                    statistics.Observe(seen, true)
                    inverses.Invert statistics)))

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one inversion;
    /// afterwards the regular periods begin. The model runs in the mode that it is in. Methods that need labels or
    /// gradients for their statistics begin with their first steps instead: it does nothing for them.
    /// Raises an ArgumentException when `inputs` is empty, and a NumericalFailure when what is seen is not finite or
    /// cannot be inverted; moments and inverses are then as before.
    /// (Benzing 2022, App. E)
    member _.WarmUp(inputs: seq<torch.Tensor>) =
        if Recipe.canWarmUp recipe then
            apart (fun () ->
                statistics.Atomically(fun () -> warmUp inputs)
                position <- Cadence.warmUp recipe.Cadence)

    /// Counters, statistics and inverses; their tensors stay the preconditioner's.
    member internal _.Describe(written: Written) : JsonNode =
        let struct (seed, drawn) = draws.Position
        FactorFormat.objectOf "preconditioner" [
            "method", JsonValue.Create recipe.Name
            "position", JsonValue.Create position
            "seed", JsonValue.Create seed
            "draws", JsonValue.Create drawn
            "statistics", Checkpoint.ofStatistics written statistics
            "inverses", Checkpoint.ofInverses written inverses statistics.Window.IsSome
        ]

    /// Reads all of it and gives the change that goes back to it.
    /// Raises an ArgumentException when it is of another method, or a tensor is missing or has another shape or type.
    member internal _.Restoring(saved: SavedState, node: JsonNode) =
        let value name = FactorFormat.value<'T>(FactorFormat.entry name node)
        let method: string = value "method"

        if method <> recipe.Name then
            invalidArg "state" $"The state must be of the method '{recipe.Name}'; it is of '{method}'."

        let seen = value "position"
        Require.atLeast "position" 0 seen
        let drawn = struct (value "seed", value "draws")

        let changes = [
            Checkpoint.toStatistics saved statistics (FactorFormat.entry "statistics" node)
            Checkpoint.toInverses saved recipe layers inverses (FactorFormat.entry "inverses" node)
        ]

        fun () ->
            for change in changes do
                change ()

            if statistics.Window.IsSome then inverses.RenewWindow statistics
            draws.Position <- drawn
            position <- seen
            listen ()

    /// All that is remembered, by name, to write or copy before the next step: the tensors stay the preconditioner's,
    /// change with its steps, and an inversion frees those of the last one. The description is the caller's.
    member preconditioner.State() =
        requireAlive ()
        Checkpoint.write preconditioner.Describe

    /// Goes back to a state that `State` gave, of which copies are made.
    /// Raises an ArgumentException, and changes nothing, when it is of another method, or a tensor is missing or has
    /// another shape or type.
    member preconditioner.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        requireAlive ()
        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()
        preconditioner.Restoring (SavedState(state, layers), Checkpoint.read state) ()

    interface IDisposable with
        member _.Dispose() =
            isDisposed <- true
            (recorder :> IDisposable).Dispose()
            (statistics :> IDisposable).Dispose()
            (inverses :> IDisposable).Dispose()
            (draws :> IDisposable).Dispose()
