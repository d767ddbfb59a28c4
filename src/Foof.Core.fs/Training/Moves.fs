namespace Foof

open TorchSharp

/// How the layers move in a step.
[<Sealed>]
type internal Moves(preconditioner: Preconditioner, update: Update, rateOf: Layer -> float) =
    let trusted = TrustedCalls()
    let recipe = preconditioner.Recipe
    let layers = Seq.toArray preconditioner.Layers
    let state = preconditioner.Curvature

    let takesFactors = recipe.Momentum.IsAfter && not (Recipe.needsGradients recipe)

    /// Whether a layer's gradient is found from the factors of a call, and not by autograd, which gives the same Delta W:
    /// where the batch has fewer rows than the layer has outputs, the gradient is a product that need not be formed.
    /// (MATH 5)
    let isByFactors (layer: Layer) (output: torch.Tensor) =
        takesFactors
        && Layer.groups layer = 1L
        && (layer.Geometry.IsDense || layer.Geometry.IsConvolution)
        && output.numel () < Layer.outputs layer * Layer.outputs layer

    /// Whether it is for all calls.
    let areByFactors (layer: Layer) (calls: Record array) =
        calls.Length > 0
        && calls
           |> Array.forall (fun call -> call.Output |> ValueOption.exists (isByFactors layer))

    /// Weight and bias of a direction; the bias is the last column.
    let split (layer: Layer) direction =
        match direction with
        | Direction.Matrix M ->
            let struct (weight, bias) = Layer.split layer M
            struct (Direction.Matrix weight, bias)
        | Direction.Product(left, right) ->
            let struct (inputs, ones) = Layer.columns layer right
            struct (Direction.Product(left, inputs), ones |> ValueOption.map (fun ones -> left.t().mv ones))

    let move (layer: Layer) direction =
        let struct (weight, bias) = split layer direction
        update.Apply(layer.Weight, weight, recipe.Momentum)

        match layer.Bias, bias with
        | ValueSome parameter, ValueSome direction ->
            update.Apply(parameter, Direction.Matrix direction, recipe.Momentum)
        | _ -> ()

    /// Raises an InvalidOperationException when a parameter of a layer is not trained any more.
    static member RequireTrainable(layer: Layer) =
        if not (Layer.parameters layer |> Array.forall _.requires_grad) then
            invalidOp $"{Layer.describe layer} was frozen after the optimiser was made; make a new optimiser."

    /// What a step keeps of a call: nothing of one that cannot be differentiated.
    member _.Keep(observe: bool) =
        let errors = observe && Recipe.needsErrors recipe

        Recorder.OnThisThread(fun layer output ->
            if not output.requires_grad then
                Keep.Nothing
            elif errors || isByFactors layer output then
                Keep.InputAndOutput
            elif observe then
                Keep.Input
            else
                Keep.Nothing)

    /// What to differentiate with respect to: a layer's parameters, or outputs where its calls' factors are the gradient.
    member _.Variables(layer: Layer, calls: Record array) = [|
        let byFactors = areByFactors layer calls

        if byFactors then
            for call in calls do
                call.Output.Value

        if not (byFactors && trusted.Includes layer) then
            for parameter in Layer.parameters layer do
                parameter :> torch.Tensor
    |]

    /// A layer's gradient; none where the loss does not depend on it.
    member _.Of(layer: Layer, calls: Record array, derivatives: Differentiation) =
        let byAutograd () =
            match derivatives.Of layer.Weight with
            | null -> ValueNone
            | weight ->
                Layer.joined layer weight (layer.Bias |> ValueOption.map derivatives.Of)
                |> Direction.Matrix
                |> ValueSome

        if areByFactors layer calls then
            match FromCalls.factors layer calls derivatives with
            | ValueSome struct (A, E) ->
                let direction = Direction.Product(E, A)
                trusted.Require(layer, direction, derivatives)
                ValueSome direction
            | ValueNone when trusted.Includes layer -> ValueNone
            | ValueNone -> byAutograd ()
        else
            byAutograd ()

    /// What of the gradients could be NaN.
    member _.Suspects(gradients: Direction voption array) =
        let ofLayer (layer: Layer, gradient) =
            match gradient with
            | ValueNone -> None
            | ValueSome(Direction.Matrix M) -> Some(Gradients.ofLayer layer M)
            | ValueSome(Direction.Product(E, _)) -> Some(Gradients.ofErrors layer E)

        Array.zip layers gradients |> Seq.choose ofLayer

    /// What is preconditioned, with momentum where that comes first, and its directions.
    member _.Directions(gradients: Direction voption array) =
        let gather (layer: Layer) gradient =
            if recipe.Momentum.IsBefore then
                Direction.Matrix(update.Gathered(recipe.Momentum, layer, Direction.matrix gradient))
            else
                gradient

        let gathered =
            Array.map2 (fun layer -> ValueOption.map (gather layer)) layers gradients

        struct (gathered, state.Directions(gathered, (fun l -> rateOf layers[l])))

    /// By how much directions as they are lower the quadratic model of the loss: eta (1 - eta/2) sum <Delta W, grad>.
    member _.Foretold(gradients: Direction voption array, directions: Direction voption array) =
        let ofLayer l gradient direction =
            match gradient, direction with
            | ValueSome g, ValueSome d ->
                let eta: float = rateOf layers[l]
                eta * (1.0 - 0.5 * eta) * Numbers.number (Direction.inner d g)
            | _ -> 0.0

        Array.mapi2 ofLayer gradients directions |> Array.sum

    /// lambda by how well the decrease of the loss was foretold, where the recipe adapts it and it is time: `decrease` runs
    /// the model again.
    member moves.Adapt
        (gradients: Direction voption array, directions: Direction voption array, decrease: unit -> float)
        =
        match recipe.Adaptive with
        | ValueSome rule when preconditioner.Position % rule.Every = 0 ->
            let foretold = moves.Foretold(gradients, directions)
            state.Damping <- AdaptiveDamping.next rule (decrease ()) foretold state.Damping
        | _ -> ()

    /// Moves every layer that has a direction.
    member _.Apply(gathered: Direction voption array, directions: Direction voption array) =
        if recipe.Momentum.IsBefore then
            Array.iter2
                (fun layer -> ValueOption.iter (fun M -> update.Remember(layer, Direction.matrix M)))
                layers
                gathered

        Array.iter2 (fun layer -> ValueOption.iter (move layer)) layers directions
