namespace Foof

open TorchSharp

/// What a layer moves by.
[<RequireQualifiedAccess; ReferenceEquality>]
type internal Move =
    /// The loss does not depend on it.
    | Nothing
    /// grad_W [d_out; d_in].
    | Gradient of torch.Tensor
    /// Delta W = (E P_E)^T (A P_A), preconditioned factors of a batch with fewer rows than the layer has outputs.
    | Factors of A: torch.Tensor * E: torch.Tensor

/// How the layers move in a step: by their factors where the batch has fewer rows than the layer has outputs and the
/// inverse is a Kronecker product, by their gradient elsewhere. Both give the same Delta W. (MATH 5)
[<Sealed>]
type internal Moves(preconditioner: Preconditioner, update: Update, rateOf: Layer -> float) =
    let trusted = TrustedFactors()
    let recipe = preconditioner.Recipe
    let layers = Seq.toArray preconditioner.Layers
    let state = preconditioner.Curvature

    /// Whether the inverse will be a product of two sides, so that no gradient is needed.
    let factorsServe =
        let sides =
            match recipe.Curvature, recipe.Rule with
            | Approximation.Kronecker(SideStatistic.Identity, _), _ -> true
            | Approximation.Kronecker _, (Damping.Tikhonov | Damping.Blend _) -> false
            | Approximation.Kronecker _, _ -> true
            | _ -> false

        sides
        && recipe.Trust.IsRaw
        && recipe.Adaptive.IsNone
        && recipe.Momentum.IsAfter
        && not recipe.IndependentBatches
        && not (Recipe.needsGradients recipe)

    let byFactors (layer: Layer) (output: torch.Tensor) =
        factorsServe
        && Layer.groups layer = 1L
        && (match layer.Geometry with
            | Geometry.Dense
            | Geometry.Convolution _ -> true
            | _ -> false)
        && output.numel () < Layer.outputs layer * Layer.outputs layer

    let moveBy (layer: Layer) (weight: Direction) (bias: torch.Tensor voption) =
        update.Apply(layer.Weight, weight, recipe.Momentum)

        match layer.Bias, bias with
        | ValueSome parameter, ValueSome direction ->
            update.Apply(parameter, Direction.Matrix direction, recipe.Momentum)
        | _ -> ()

    let moveByFactors (layer: Layer) (A: torch.Tensor) (E: torch.Tensor) P_E P_A =
        let times (X: torch.Tensor) side =
            (side |> Side.times (X.unsqueeze 0L)).squeeze 0L

        let errors = if P_E |> Side.isOne then E else times E P_E
        let struct (inputs, ones) = Layer.columns layer (times A P_A)

        moveBy
            layer
            (Direction.Product(errors, inputs))
            (ones |> ValueOption.map (fun ones -> errors.t().mv ones))

    let moveByDirection (layer: Layer) (direction: torch.Tensor) =
        let struct (weight, bias) = Layer.split layer direction
        moveBy layer (Direction.Matrix weight) bias

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
            elif errors || byFactors layer output then
                Keep.InputAndOutput
            elif observe then
                Keep.Input
            else
                Keep.Nothing)

    member private _.ByFactors(layer: Layer, calls: Record array) =
        calls.Length > 0
        && calls
           |> Array.forall (fun call ->
               match call.Output with
               | ValueSome output -> byFactors layer output
               | ValueNone -> false)

    /// What to differentiate with respect to: outputs where factors move the layer, its parameters elsewhere.
    member moves.Variables(layer: Layer, calls: Record array) = [|
        let factors = moves.ByFactors(layer, calls)

        if factors then
            for call in calls do
                call.Output.Value

        if not (factors && trusted.Includes layer) then
            for parameter in Layer.parameters layer do
                parameter :> torch.Tensor
    |]

    /// What a layer moves by.
    member moves.Of(layer: Layer, calls: Record array, derivatives: Differentiation) =
        let byGradient () =
            match derivatives.Of layer.Weight with
            | null -> Move.Nothing
            | weight ->
                Move.Gradient(Layer.joined layer weight (layer.Bias |> ValueOption.map derivatives.Of))

        if not (moves.ByFactors(layer, calls)) then
            byGradient ()
        else
            match Factors.ofRecords layer calls derivatives with
            | ValueNone ->
                if trusted.Includes layer then
                    Move.Nothing
                else
                    byGradient ()
            | ValueSome(struct (A, E) as factors) ->
                trusted.Require(layer, factors, derivatives)
                Move.Factors(A, E)

    /// What of the moves could be NaN.
    member _.Suspects(found: Move array) =
        let ofLayer (layer: Layer, move: Move) =
            match move with
            | Move.Nothing -> None
            | Move.Gradient gradient -> Some(Gradients.ofLayer layer gradient)
            | Move.Factors(_, E) -> Some(Gradients.ofErrors layer E)

        Array.zip layers found |> Seq.choose ofLayer

    /// The moves by gradient as directions, with those by factors left out.
    member _.Directions(found: Move array) =
        let gradients =
            found
            |> Array.mapi (fun l move ->
                match move with
                | Move.Gradient gradient -> ValueSome(update.Gathered(recipe.Momentum, layers[l], gradient))
                | Move.Factors(A, E) when (state.Sides l).IsNone -> ValueSome(E.t().mm A)
                | _ -> ValueNone)

        struct (gradients, state.Directions(gradients, (fun l -> rateOf layers[l])))

    /// By how much directions as they are lower the quadratic model of the loss: eta (1 - eta/2) sum <Delta W, grad>.
    member _.Foretold(gradients: torch.Tensor voption array, directions: torch.Tensor voption array) =
        let ofLayer l gradient direction =
            match gradient, direction with
            | ValueSome(g: torch.Tensor), ValueSome(d: torch.Tensor) ->
                let eta: float = rateOf layers[l]
                eta * (1.0 - 0.5 * eta) * Reading.number ((d * g).sum())
            | _ -> 0.0

        Array.mapi2 ofLayer gradients directions |> Array.sum

    /// Moves every layer.
    member _.Apply
        (found: Move array, gathered: torch.Tensor voption array, directions: torch.Tensor voption array)
        =
        if recipe.Momentum.IsBefore then
            Array.iter2
                (fun layer gathered -> gathered |> ValueOption.iter (fun M -> update.Remember(layer, M)))
                layers
                gathered

        for l in 0 .. layers.Length - 1 do
            match found[l], directions[l] with
            | Move.Nothing, _ -> ()
            | (Move.Gradient _ | Move.Factors _), ValueSome direction -> moveByDirection layers[l] direction
            | Move.Factors(A, E), ValueNone ->
                let struct (P_E, P_A) = (state.Sides l).Value
                moveByFactors layers[l] A E P_E P_A
            | Move.Gradient _, ValueNone -> ()
