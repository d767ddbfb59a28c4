namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// What a step computed on its way. Owns its tensors.
[<Sealed>]
type StepResult(loss: torch.Tensor, output: torch.Tensor) =

    /// The loss before the update: a scalar, the mean over data points.
    member _.Loss = loss

    /// The model's output before the update, outside the graph.
    member _.Output = output

    interface IDisposable with
        member _.Dispose() =
            loss.Dispose()
            output.Dispose()

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

    let groupOf = Dictionary<nativeint, ParameterGroup>()

    let adopt (group: ParameterGroup) =
        let handles = group.Parameters |> Seq.map _.Handle |> Seq.toArray

        if
            handles |> Array.exists groupOf.ContainsKey
            || (Array.distinct handles).Length < handles.Length
        then
            invalidArg (nameof group) "A parameter must be in one group only; one is in two."

        for handle in handles do
            groupOf[handle] <- group

    do
        // The base's finaliser would run Dispose on a half-made object, and ends nothing that its parts do
        // not.
        GC.SuppressFinalize this
        this._parameter_groups <- ResizeArray<ParamGroup>()

        for group in groups do
            adopt group
            this._parameter_groups.Add group

    let update = new Update(groupOf)

    let preconditioner =
        new Preconditioner(
            model,
            recipe,
            fun name weight -> groupOf.ContainsKey weight.Handle && select.Invoke(name, weight)
        )

    let covered =
        HashSet<nativeint>(preconditioner.Layers |> Seq.collect Layer.parameters |> Seq.map _.Handle)

    let trust = Trust()

    /// Factors where the batch has fewer rows than the layer has outputs, the gradient elsewhere; nothing of
    /// calls that cannot be differentiated.
    let keep (observe: bool) =
        Recorder.OnThisThread(fun layer output ->
            if not output.requires_grad then
                Keep.Nothing
            elif output.numel () < Layer.outputs layer * Layer.outputs layer then
                Keep.InputAndOutput
            elif observe then
                Keep.Input
            else
                Keep.Nothing)

    /// The trained parameters of the groups that no layer covers.
    let plain () =
        this.parameters ()
        |> Seq.filter (fun parameter -> parameter.requires_grad && not (covered.Contains parameter.Handle))
        |> Seq.toArray

    let updateLayer (layer: Layer) (weight: Direction) (bias: torch.Tensor voption) =
        update.Apply(layer.Weight, weight)

        match layer.Bias, bias with
        | ValueSome parameter, ValueSome direction -> update.Apply(parameter, Direction.Matrix direction)
        | _ -> ()

    /// Delta W = grad_W (A_bar + lambda I)^-1.
    let updateByGradient (layer: Layer) (weight: torch.Tensor) (bias: torch.Tensor voption) =
        let direction = preconditioner.Apply(layer, Layer.joined layer weight bias)
        let struct (weight, bias) = Layer.split layer direction
        updateLayer layer (Direction.Matrix weight) bias

    /// Delta W = E^T [A (A_bar + lambda I)^-1]: the factors are preconditioned, not the gradient. (MATH 5)
    let updateByFactors (layer: Layer) (struct (A, E): struct (torch.Tensor * torch.Tensor)) =
        let struct (inputs, ones) = Layer.split layer (preconditioner.Apply(layer, A))
        updateLayer layer (Direction.Product(E, inputs)) (ones |> ValueOption.map (fun ones -> E.t().mv ones))

    let updatePlain (parameter: Parameter) (gradient: torch.Tensor) =
        if not (isNull gradient) then
            update.Apply(parameter, Direction.Matrix gradient)

    let requireFinite (loss: torch.Tensor) =
        let value = loss.ToDouble()

        if not (Double.IsFinite value) then
            raise (
                NumericalFailure(
                    $"the loss is {value}",
                    $"step {preconditioner.Position + 1}",
                    "lower the learning rate or raise the damping; the weights are as before this step"
                )
            )

    /// A layer's move as a function to run once every layer's is known to be possible; none without a
    /// gradient.
    let plan (layer: Layer) (records: Record array) (derivatives: Differentiation) =
        let byGradient () =
            let weight = derivatives.Of layer.Weight
            let bias = layer.Bias |> ValueOption.map derivatives.Of

            if isNull weight then
                ValueNone
            else
                ValueSome(fun () -> updateByGradient layer weight bias)

        if records.Length = 0 || records |> Array.exists _.Output.IsNone then
            byGradient ()
        else
            match Factors.ofRecords layer records derivatives with
            | ValueNone -> byGradient ()
            | ValueSome factors ->
                trust.Require(layer, factors, derivatives)
                ValueSome(fun () -> updateByFactors layer factors)

    /// What to differentiate with respect to: outputs where factors do, weights elsewhere, and everything
    /// plain.
    let variables (callsOf: Layer -> Record array) (plain: Parameter array) = [|
        for layer in preconditioner.Layers do
            let calls = callsOf layer

            for call in calls do
                match call.Output with
                | ValueSome output -> output
                | ValueNone -> ()

            if
                not (trust.Includes layer)
                || calls |> Array.exists _.Output.IsNone
                || calls.Length = 0
            then
                for parameter in Layer.parameters layer do
                    parameter :> torch.Tensor

        for parameter in plain do
            parameter :> torch.Tensor
    |]

    let requireTrainable (layer: Layer) =
        if not (Layer.parameters layer |> Array.forall _.requires_grad) then
            invalidOp $"{Layer.describe layer} was frozen after the optimiser was made; make a new optimiser."

    /// The forward pass of a step: output, loss and records. The records are empty again after an error.
    let run (input: torch.Tensor) (target: torch.Tensor) =
        use _recorded = torch.enable_grad ()
        preconditioner.Recorder.Start(keep preconditioner.Plan.Observe)

        try
            let output = model.call input
            struct (output, Likelihood.loss likelihood output target)
        finally
            preconditioner.Recorder.Stop()

    let differentiateAndUpdate (loss: torch.Tensor) (records: Record array) =
        let byLayer = records |> Array.groupBy _.Layer.Name |> dict

        let callsOf (layer: Layer) =
            match byLayer.TryGetValue layer.Name with
            | true, calls -> calls
            | _ -> [||]

        let plain = plain ()
        let derivatives = Differentiation(loss, variables callsOf plain)
        use _quiet = torch.no_grad ()

        let moves = [|
            for layer in preconditioner.Layers do
                match plan layer (callsOf layer) derivatives with
                | ValueSome move -> struct (layer, move)
                | ValueNone -> ()
        |]

        preconditioner.Advance(records, moves |> Seq.map (fun struct (layer, _) -> layer))

        for struct (_, move) in moves do
            move ()

        for parameter in plain do
            updatePlain parameter (derivatives.Of parameter)

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
            [ ParameterGroup(model.parameters (), learningRate, momentum, weightDecay) ],
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

    /// Statistics from forward passes over `inputs`, at most as many as the cadence's warm-up, then one
    /// inversion. Without it the first steps are the warm-up. (Benzing 2022, App. E)
    member _.WarmUp(inputs: seq<torch.Tensor>) = preconditioner.WarmUp inputs

    /// One step: runs the model on `input`, differentiates the likelihood's loss, updates every parameter. No
    /// parameter's `.grad` is touched. The result belongs to the caller.
    ///
    /// Raises a NumericalFailure when the loss is not finite or no attempt at a factorisation succeeds; the
    /// weights are then as before.
    member _.Step(input: torch.Tensor, target: torch.Tensor) =
        use scope = torch.NewDisposeScope()

        for layer in preconditioner.Layers do
            requireTrainable layer

        preconditioner.Recorder.Discard()

        try
            let struct (output, loss) = run input target
            requireFinite loss
            let records = preconditioner.Recorder.Take()

            try
                differentiateAndUpdate loss records
            finally
                Record.release records

            let struct (loss, output) = scope.MoveToOuter(loss.detach (), output.detach ())
            new StepResult(loss, output)
        finally
            preconditioner.Recorder.Discard()
            preconditioner.Listen()

    /// The last line of an ordinary loop: uses the gradients that `backward` left in `.grad` and the inputs
    /// that the model's layers saw in `call` since the last step. `closure`, if given, is run first, with
    /// gradients.
    override _.step(closure: Func<torch.Tensor>) =
        let loss =
            if isNull closure then
                null
            else
                use _recorded = torch.enable_grad ()
                closure.Invoke()

        use _quiet = torch.no_grad ()
        use _scope = torch.NewDisposeScope()

        for layer in preconditioner.AdvancePassively() do
            updateByGradient layer layer.Weight.grad (layer.Bias |> ValueOption.map _.grad)

        for parameter in plain () do
            updatePlain parameter parameter.grad

        loss

    /// Adds a group; its parameters are plain unless a covered layer's. Raises an ArgumentException when one
    /// of them is in a group already.
    override _.add_param_group(group: ParamGroup) =
        match group with
        | :? ParameterGroup as own ->
            adopt own
            base.add_param_group own
        | _ -> invalidArg (nameof group) $"The group must be a ParameterGroup; got {group.GetType().Name}."

    /// Statistics, inverses, momentum and counters by name, for checkpoints; the tensors stay the
    /// optimiser's.
    member _.State() =
        let state = preconditioner.State()

        for struct (name, parameter) in model.named_parameters () do
            match update.Momentum parameter with
            | null -> ()
            | momentum -> state[$"{name}.momentum"] <- momentum

        state

    /// Goes back to a state that `State` gave. Raises an ArgumentException, and changes nothing, when it does
    /// not fit the model.
    member _.Restore(state: IReadOnlyDictionary<string, torch.Tensor>) =
        let momentum = [|
            for struct (name, parameter) in model.named_parameters () do
                match state.TryGetValue $"{name}.momentum" with
                | true, tensor ->
                    struct (parameter, Require.like $"{name}.momentum" parameter.shape parameter.dtype tensor)
                | _ -> struct (parameter, null)
        |]

        preconditioner.Restore state

        for struct (parameter, tensor) in momentum do
            update.Restore(parameter, tensor)

    override _.Dispose(disposing: bool) =
        if disposing then
            (preconditioner :> IDisposable).Dispose()
            (update :> IDisposable).Dispose()

        base.Dispose disposing
