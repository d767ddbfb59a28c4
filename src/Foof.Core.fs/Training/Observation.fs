namespace Foof

open TorchSharp

/// What one batch shows of one layer. It does not own its tensors.
[<ReferenceEquality>]
type internal Observation = {
    /// The calls whose inputs are shown; empty if they were not recorded. They become rows one layer at a time: all
    /// layers' patches at once would take many times the memory of the forward pass.
    Calls: Record array
    /// The share of the data points that is looked at, the first ones.
    Share: float
    /// How many bytes a convolution's patches may take at a time.
    Budget: int64
    /// E [g; m; R; d_out/g], where the method needs errors.
    Errors: torch.Tensor voption
    /// What each column of errors counts: 1/n, or 1/(n k) with k sampled labels.
    Weight: float
    /// The mini-batch's gradient [d_out; d_in], where the method needs it.
    Gradient: torch.Tensor voption
}

/// What a batch shows of each layer; ValueNone for a layer that it does not show.
[<RequireQualifiedAccess>]
module internal Observation =

    /// All the activations that are shown, A [g; n; R; d_in] or indices [n; R], which are made now and belong to the
    /// caller's scope.
    let activations (seen: Observation) = Record.activationsOf seen.Share seen.Calls

    /// How many rows that are: data points times positions.
    let rowCount (seen: Observation) = Record.rowCount seen.Share seen.Calls

    /// How much of a batch statistics are made of, all of it where no label of the first data points counts, and which of
    /// these data points; ValueNone for all of them.
    let private shown (recipe: Recipe) likelihood (target: torch.Tensor) =
        let ofFirst share =
            if isNull target || target.dim () = 0L then
                ValueNone
            else
                Likelihood.shown likelihood (target.narrow (0L, 0L, Record.first share (target.size 0)))
        match ofFirst recipe.StatisticsShare with
        | ValueSome numbers when numbers.size 0 = 0L -> struct (1.0, ofFirst 1.0)
        | found -> struct (recipe.StatisticsShare, found)

    /// The directions at a pass's output that the recipe's Fisher is made of, of the first data points, and what each
    /// column counts. This is where a label is sampled.
    let private directions (recipe: Recipe) likelihood (draws: Draws) (share: float) (pass: Pass) target =
        let output = pass.Output
        let count = Record.first share (output.size 0)
        let first (tensor: torch.Tensor) = tensor.narrow (0L, 0L, count)
        LikelihoodCheck.explaining likelihood output target (fun () ->
            Fisher.directions
                recipe.Fisher
                likelihood
                (first (output.detach ()))
                (if isNull target then null else first target)
                (draws.Next output.device))

    let private ofCalls
        (recipe: Recipe)
        (struct (share, shown))
        (calls: Record array)
        (gradient: torch.Tensor voption)
        =
        let struct (share, calls) =
            match shown with
            | ValueSome(numbers: torch.Tensor) when calls.Length > 0 ->
                struct (1.0, (if numbers.size 0 = 0L then [||] else Record.showing numbers calls))
            | _ -> struct (share, calls)

        if calls.Length = 0 && gradient.IsNone then
            ValueNone
        else
            ValueSome {
                Calls = calls
                Share = share
                Budget = recipe.PatchBytes
                Errors = ValueNone
                Weight = 1.0
                Gradient = gradient
            }

    /// Inputs, and gradients where a method is made of them. Of labels, which may be null, only those count that are not
    /// ignored, for layers that see the batch's data points.
    let withoutErrors recipe likelihood target (calls: Record array array) (gradients: torch.Tensor voption array) =
        let shown = shown recipe likelihood target
        let ofCalls (calls: Record array) gradient =
            let isOfBatch = isNull target || target.dim () = 0L || Record.dataPoints calls = target.size 0
            let shown = if isOfBatch then shown else struct (recipe.StatisticsShare, ValueNone)
            ofCalls recipe shown calls gradient
        Array.map2 ofCalls calls gradients

    /// Inputs and errors of a pass, from one backward pass to the layers' outputs for each column of a data point,
    /// which uses its graph up; and gradients. `target` holds the labels where the Fisher is the empirical one, and
    /// says which are ignored.
    let withErrors
        recipe
        likelihood
        draws
        (layers: Layer array)
        (pass: Pass)
        (target: torch.Tensor)
        (gradients: torch.Tensor voption array)
        =
        let struct (share, shown) = shown recipe likelihood target
        let struct (directions, weight) = directions recipe likelihood draws share pass target
        let called = Array.zip layers pass.Calls |> Array.filter (fun (_, calls) -> calls.Length > 0)
        let errors = LayerErrors.find (Array.map fst called) (Array.map snd called) pass.Output directions
        let found = Array.zip (Array.map fst called) errors |> dict

        Array.map3
            (fun layer calls gradient ->
                match found.TryGetValue layer with
                | true, E ->
                    let count = Record.first share (pass.Output.size 0)
                    let E = shown |> ValueOption.fold (fun E numbers -> LayerErrors.shown count numbers E) E
                    ofCalls recipe struct (share, shown) calls gradient
                    |> ValueOption.map (fun seen -> { seen with Errors = ValueSome E; Weight = weight })
                | _ -> ofCalls recipe struct (share, ValueNone) calls gradient)
            layers
            pass.Calls
            gradients

    /// Raises a NumericalFailure unless everything seen of a layer is finite, and so are its squares, which statistics
    /// are made of.
    let requireSound (layer: Layer) (seen: Observation) =
        let require what =
            Numbers.requireFiniteSquares
                (Layer.describe layer)
                what
                "check the data for NaN, lower the learning rate or raise the damping"
        // No element of a statistic exceeds the sum of the squares of what its rows are made of.
        for call in seen.Calls do
            require "inputs" call.Input
        seen.Errors |> ValueOption.iter (require "errors")
        seen.Gradient |> ValueOption.iter (require "gradients")

/// What batches show a recipe of a model's layers: in a pass of their own, in a step's, and in those of an ordinary
/// loop.
[<Sealed>]
type internal Observer
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        recipe: Recipe,
        likelihood: Likelihood,
        layers: Layer array,
        recorder: Recorder,
        draws: Draws
    ) =
    let needsErrors = Recipe.needsErrors recipe
    let nothing: torch.Tensor voption array = Array.create layers.Length ValueNone

    let observe (pass: Pass) target gradients =
        if needsErrors then
            Observation.withErrors recipe likelihood draws layers pass target gradients
        else
            Observation.withoutErrors recipe likelihood target pass.Calls gradients

    /// Runs the model and gives what each layer shows to `take`, with errors where the method takes them. `target`
    /// holds the labels, or null. What is shown is freed afterwards.
    /// Raises an ArgumentException when the empirical Fisher gets no labels, and an InvalidOperationException when a
    /// layer's input has other data points than the batch.
    member _.See (input: torch.Tensor) (target: torch.Tensor) (take: Observation voption array -> unit) =
        use _scope = torch.NewDisposeScope()
        let kept = if needsErrors then Keep.InputAndOutput else Keep.Input
        use pass = ForwardPass.recorded recorder layers (fun _ _ -> kept) model input
        PointsFirst.require model input layers pass
        use _quiet = torch.no_grad ()
        take (observe pass target nothing)

    /// What a step's pass shows of each layer, with the labels and the gradients, as far as the method is made of them.
    member _.OfStep(pass: Pass, target: torch.Tensor, gradients: Gradients) =
        observe pass target (Gradients.matrices recipe gradients)

    /// What the records of an ordinary loop show: no errors, which `UpdateCurvature` gives to a method that takes them.
    member _.OfLoop(records: Record array, gradients: Gradients) =
        let calls = Record.byLayer layers (if needsErrors then [||] else records)
        Observation.withoutErrors recipe likelihood null calls (Gradients.matrices recipe gradients)
