namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// A step's gradients from its recorded pass. Where a batch has fewer rows than a layer has outputs, the layer's
/// gradient is kept as the product of its errors and inputs, which need not be formed.
/// (MATH 5)
[<RequireQualifiedAccess>]
module internal GradientsOfPass =

    /// Whether a call's factors are to stand for its part of the gradient: n R < d_out for n R rows, of a layer without
    /// groups whose gradient is neither a statistic nor gathered in momentum before it is preconditioned.
    let isByFactors (recipe: Recipe) (layer: Layer) (output: torch.Tensor) =
        recipe.Momentum.IsAfter
        && not (Recipe.needsGradients recipe)
        && Layer.groups layer = 1L
        && (layer.Geometry.IsDense || layer.Geometry.IsConvolution)
        && output.requires_grad
        && output.numel () < Layer.outputs layer * Layer.outputs layer

    /// What a step keeps of a call: nothing of one that cannot be differentiated, unless its layer's columns, which are
    /// zeros, are rows of a matrix over all layers.
    let keep (recipe: Recipe) (observes: bool) (layer: Layer) (output: torch.Tensor) =
        if not (output.requires_grad || recipe.Curvature.IsLowRank) then
            Keep.Nothing
        elif (observes && Recipe.needsErrors recipe) || isByFactors recipe layer output then
            Keep.InputAndOutput
        elif observes then
            Keep.Input
        else
            Keep.Nothing

    let private areByFactors recipe (layer: Layer) (calls: Record array) =
        calls.Length > 0
        && calls |> Array.forall (fun call -> call.Output |> ValueOption.exists (isByFactors recipe layer))

    /// What to differentiate with respect to: a layer's parameters, or outputs where its calls' factors are the
    /// gradient.
    let private variables recipe (layer: Layer) (calls: Record array) = [|
        let byFactors = areByFactors recipe layer calls
        if byFactors then
            for call in calls do
                call.Output.Value
        if not (byFactors && Explained.contains layer calls) then
            for parameter in Layer.parameters layer do
                parameter :> torch.Tensor
    |]

    /// E^T A of the calls that the loss depends on, one below the other; E is d loss / d z, so that the mean's 1/n is
    /// in it. ValueNone when it depends on none of the calls.
    let private product (layer: Layer) (calls: Record array) (gradientOf: torch.Tensor -> torch.Tensor) =
        let errors (call: Record) = gradientOf call.Output.Value
        let stacked (rows: torch.Tensor array) = if rows.Length = 1 then rows[0] else torch.cat (rows, 0L)
        match calls |> Array.filter (errors >> isNull >> not) with
        | [||] -> ValueNone
        | reached ->
            let A = reached |> Array.map _.Rows.Value
            let E = reached |> Array.map (errors >> Layer.pointsFirst layer >> Layer.errorRows layer)
            ValueSome(Direction.Product(stacked E, stacked A))

    let private byAutograd (layer: Layer) (gradientOf: torch.Tensor -> torch.Tensor) =
        match gradientOf layer.Weight with
        | null -> ValueNone
        | weight ->
            Layer.joined layer weight (layer.Bias |> ValueOption.map gradientOf) |> Direction.Matrix |> ValueSome

    let private ofLayer recipe gradientOf (layer: Layer) (calls: Record array) =
        if not (areByFactors recipe layer calls) then
            byAutograd layer gradientOf
        else
            match product layer calls gradientOf with
            | ValueNone when Explained.contains layer calls -> ValueNone
            | ValueNone -> byAutograd layer gradientOf
            | ValueSome direction ->
                if not (Explained.contains layer calls) then
                    Explained.compare
                        layer
                        calls
                        (Direction.matrix direction)
                        (Layer.parameters layer |> Array.map gradientOf)
                ValueSome direction

    /// The gradients of `loss`, one backward pass; the graph is kept where `retain`. No parameter's `.grad` is touched.
    /// The results belong to the caller's scope.
    /// Raises an InvalidOperationException when the loss depends on no trained parameter, or a layer's recorded calls
    /// do not explain its gradient.
    let find
        (recipe: Recipe)
        (layers: Layer array)
        (plain: Parameter array)
        (retain: bool)
        (loss: torch.Tensor)
        (pass: Pass)
        =
        let variables = [|
            for layer, calls in Array.zip layers pass.Calls do
                yield! variables recipe layer calls

            for parameter in plain do
                parameter :> torch.Tensor
        |]
        let found = Derivatives.find retain false [| loss |] null variables
        use _quiet = torch.no_grad ()
        let byHandle = Dictionary<nativeint, torch.Tensor>()
        Array.iter2
            (fun (variable: torch.Tensor) own -> byHandle[variable.Handle] <- Gradients.dense own)
            variables
            found
        let gradientOf (variable: torch.Tensor) = byHandle[variable.Handle]
        {
            Layers = Array.map2 (ofLayer recipe gradientOf) layers pass.Calls
            Plain = plain |> Array.map (fun parameter -> struct (parameter, gradientOf parameter))
        }
