namespace Foof

open TorchSharp

/// How one layer moves in a step: by its factors where the batch has fewer rows than the layer has outputs, by its
/// gradient elsewhere. Both give the same Delta W.
[<Sealed>]
type internal Moves(preconditioner: Preconditioner, update: Update) =
    let trust = Trust()

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
        let struct (inputs, ones) = Layer.columns layer (preconditioner.Apply(layer, A))
        updateLayer layer (Direction.Product(E, inputs)) (ones |> ValueOption.map (fun ones -> E.t().mv ones))

    /// What a step keeps of a call: nothing of one that cannot be differentiated.
    member _.Keep(observe: bool) =
        Recorder.OnThisThread(fun layer output ->
            if not output.requires_grad then
                Keep.Nothing
            elif output.numel () < Layer.outputs layer * Layer.outputs layer then
                Keep.InputAndOutput
            elif observe then
                Keep.Input
            else
                Keep.Nothing)

    /// What to differentiate with respect to: outputs where factors move the layer, its parameters elsewhere.
    member _.Variables(layer: Layer, calls: Record array) = [|
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
    |]

    /// Moves `layer` by Delta W = grad_W (A_bar + lambda I)^-1.
    member _.ByGradient(layer: Layer, weight: torch.Tensor, bias: torch.Tensor voption) =
        updateByGradient layer weight bias

    /// A layer's move as a function to run once every layer's is known to be possible; none without a gradient.
    member _.Plan(layer: Layer, calls: Record array, derivatives: Differentiation) =
        let byGradient () =
            let weight = derivatives.Of layer.Weight
            let bias = layer.Bias |> ValueOption.map derivatives.Of

            if isNull weight then
                ValueNone
            else
                ValueSome(fun () -> updateByGradient layer weight bias)

        if calls.Length = 0 || calls |> Array.exists _.Output.IsNone then
            byGradient ()
        else
            match Factors.ofRecords layer calls derivatives with
            | ValueNone -> byGradient ()
            | ValueSome factors ->
                trust.Require(layer, factors, derivatives)
                ValueSome(fun () -> updateByFactors layer factors)
