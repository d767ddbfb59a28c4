namespace Foof

open TorchSharp

/// One forward pass and backward passes through it, as functions of weight space. They leave the graph alive and every
/// parameter's `.grad` alone.
[<RequireQualifiedAccess>]
module internal Backward =

    /// The trained parameters of all layers, each weight before its bias.
    let variables (layers: Layer array) : torch.Tensor array =
        layers |> Array.collect (Layer.parameters >> Array.map (fun parameter -> parameter))

    /// Weight-space matrices as tensors of the parameters' shapes, in the order of `variables`.
    /// Shapes: v one [d_out; d_in] a layer -> as the parameters; views where that is possible.
    let split (layers: Layer array) (v: torch.Tensor array) =
        Array.map2
            (fun (layer: Layer) matrix -> [|
                let { LayerValues.Weight = weight; Bias = bias } = Layer.split layer matrix
                weight.reshape layer.Weight.shape
                match bias with
                | ValueSome bias -> bias
                | ValueNone -> ()
            |])
            layers
            v
        |> Array.concat

    /// The inverse of `split`.
    /// Shapes: derivatives as the parameters -> one [d_out; d_in] a layer.
    let join (layers: Layer array) (derivatives: torch.Tensor array) =
        let starts = layers |> Array.scan (fun start layer -> start + (Layer.parameters layer).Length) 0
        Array.init layers.Length (fun i ->
            let bias = layers[i].Bias |> ValueOption.map (fun _ -> derivatives[starts[i] + 1])
            Layer.joined layers[i] derivatives[starts[i]] bias)

    let private orZeros (variable: torch.Tensor) (derivative: torch.Tensor) =
        if isNull derivative then variable.zeros_like () else derivative

    let private pass recorded (outputs: torch.Tensor array) (factors: torch.Tensor array) (variables: _ array) =
        let reached = Array.zip outputs factors |> Array.filter (fun (output, _) -> output.requires_grad)
        match Array.unzip reached with
        | [||], _ -> Array.create variables.Length null
        | outputs, factors -> Derivatives.find true recorded outputs factors variables

    /// sum_k factors_k . d outputs_k / d variable for each variable; zeros where no output depends on it.
    /// Shapes: factors_k like outputs_k -> one tensor of each variable's shape.
    let apply outputs factors (variables: torch.Tensor array) =
        Array.map2 orZeros variables (pass false outputs factors variables)

    /// factor . d output / d variable for each variable, as functions that can be differentiated in turn.
    /// Raises an ArgumentException when the output depends on no variable at all.
    let recorded output factor (variables: torch.Tensor array) =
        let found = pass true [| output |] [| factor |] variables
        if Array.forall isNull found then
            invalidArg "layers" "The model's output must depend on the layers; it depends on none."
        Array.map2 orZeros variables found

    let private requireTrained (layers: Layer array) =
        if layers.Length = 0 then
            invalidArg (nameof layers) "layers must hold at least one layer; got none."
        for layer in layers do
            if Layer.parameters layer |> Array.exists (fun parameter -> not parameter.requires_grad) then
                invalidArg
                    (nameof layers)
                    $"{Layer.describe layer} must be trained; it is frozen, so unfreeze it or leave it out."
        for _, uses in layers |> Array.groupBy (fun layer -> Identity.ofParameter layer.Weight) do
            if uses.Length > 1 then
                invalidArg (nameof layers) $"{Layer.describe uses[0]} must be listed once; got it {uses.Length} times."

    /// Raises a NumericalFailure unless every element is finite.
    let requireFinite subject (tensor: torch.Tensor) =
        Numbers.requireFinite subject "numbers are NaN or infinite" "check the input, the target and the weights" tensor

    /// The model's output with its graph, in the mode that the model is in; the processor's random numbers are
    /// afterwards as they were before.
    /// Raises an ArgumentException without a layer, for one that is frozen or listed twice and for an empty batch, and
    /// a NumericalFailure for an output that is not finite.
    let forward (problem: Problem) (input: torch.Tensor) =
        requireTrained problem.Layers
        use _recording = torch.enable_grad ()
        let state = torch.get_rng_state ()

        // The model may keep the tensor that it returns; an alias is the caller's own.
        let output =
            try
                (ForwardPass.call problem.Model input).alias()
            finally
                torch.set_rng_state state

        if output.dim () = 0L || output.size 0 = 0L then
            invalidArg (nameof input) "input must hold at least one data point; the model's output holds none."

        requireFinite "the model's output" output
        output

    /// The mean loss with its graph, a scalar.
    /// Raises what `Likelihood.loss` raises, and a NumericalFailure when it is not finite.
    let loss (likelihood: Likelihood) (output: torch.Tensor) (target: torch.Tensor) =
        use _recording = torch.enable_grad ()
        let loss = Likelihood.loss likelihood output target
        requireFinite "the loss" loss
        loss

    /// v -> 1/n J^T M (J v), J the derivative of all outputs with respect to the weights and M a map of the output's
    /// space, and the tensors that this holds on to. J v is the derivative of J^T u with respect to u.
    let sandwiched (layers: Layer array) (output: torch.Tensor) (M: torch.Tensor -> torch.Tensor) =
        let variables = variables layers
        let u = output.zeros_like (requires_grad = true)
        let pulled = recorded output u variables
        let n = float (output.size 0)
        let product v =
            let forwards = apply pulled (split layers v) [| u |]
            apply [| output |] [| M forwards[0] / n |] variables |> join layers
        struct ([| output; u; yield! pulled |], product)
