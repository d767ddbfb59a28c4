namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// What becomes of one parameter in a step.
[<RequireQualifiedAccess>]
type Treatment =
    /// Its layer's curvature preconditions it.
    | Preconditioned of layer: string
    /// Plain gradient descent with momentum, and why.
    | Plain of reason: string
    /// It is not trained.
    | Frozen

/// One line of the list of what is covered.
type Coverage = {
    /// The parameter's path in the model.
    Parameter: string
    /// Its shape.
    Shape: int64 array
    /// What becomes of it.
    Treatment: Treatment
} with

    /// The layer that preconditions it, why there is no such layer, or nothing where it is frozen.
    member line.Detail =
        match line.Treatment with
        | Treatment.Preconditioned layer -> layer
        | Treatment.Plain reason -> reason
        | Treatment.Frozen -> ""

    /// fc1.weight [1000; 784]: preconditioned by 'fc1'
    override line.ToString() =
        let treatment =
            match line.Treatment with
            | Treatment.Preconditioned layer -> $"preconditioned by '{layer}'"
            | Treatment.Plain reason -> $"plain, since {reason}"
            | Treatment.Frozen -> "frozen"
        $"{line.Parameter} [{Shape.text line.Shape}]: {treatment}"

/// A model taken apart.
[<ReferenceEquality>]
type Survey = {
    /// The layers with curvature, in the model's order.
    Layers: Layer array
    /// The treatment of every parameter, in the model's order.
    Coverage: Coverage array
}

/// Which modules take sequences with time first.
[<RequireQualifiedAccess>]
module TimeMajor =

    let private marked = ModuleMarks<obj>()

    /// Says that a module, and all modules in it, take [T; n; ...] and give [T; n; ...], with the data points second.
    /// Layers that are found afterwards are read in this order, by whatever needs their curvature.
    [<CompiledName("Mark")>]
    let mark (sequence: torch.nn.Module) =
        Require.given (nameof sequence) sequence
        marked.Set(sequence, obj ())

    /// Whether it was marked.
    [<CompiledName("Contains")>]
    let contains (sequence: torch.nn.Module) = (marked.Find sequence).IsSome

/// Which layers of a model have curvature, and what becomes of every parameter.
[<RequireQualifiedAccess>]
module Coverage =

    let private isThere (parameter: Parameter) = not (isNull (box parameter))

    let private normalised normalisation weight bias = Some(Geometry.Scale normalisation, weight, bias)

    /// A norm of TorchSharp's own; another one may compute something else.
    let private isKnown (norm: NormBase) =
        match norm with
        | :? BatchNorm1d
        | :? BatchNorm2d
        | :? BatchNorm3d
        | :? InstanceNorm1d
        | :? InstanceNorm2d
        | :? InstanceNorm3d -> true
        | _ -> false

    /// The geometry of a module that is a layer, without what has to be measured; its weight; its bias or null.
    let private geometry (layer: torch.nn.Module) : (Geometry * Parameter * Parameter) option =
        match layer with
        | :? Linear as linear -> Some(Geometry.Dense, linear.weight, linear.bias)
        | :? Convolution as convolution ->
            Some(Geometry.Convolution(Patches.window convolution), convolution.weight, convolution.bias)
        | :? Embedding as embedding -> Some(Geometry.Lookup ValueNone, Lookup.table embedding, null)
        | :? LayerNorm as norm when isThere norm.weight ->
            normalised (Normalisation.Last(norm.normalized_shape, norm.eps)) norm.weight norm.bias
        | :? BatchNorm as norm when isKnown norm && isThere norm.weight ->
            normalised (Normalisation.Channels norm) norm.weight norm.bias
        | :? GroupNorm as norm when isThere norm.weight ->
            normalised (Normalisation.Groups(norm.num_groups, norm.eps)) norm.weight norm.bias
        | :? InstanceNorm as norm when isKnown norm && isThere norm.weight ->
            normalised (Normalisation.Instances norm) norm.weight norm.bias
        | _ -> None

    /// The geometry of a layer that is wanted, with what has to be measured, or why it is not covered.
    let private completed (layer: torch.nn.Module) (geometry: Geometry) =
        match layer with
        | :? Embedding as embedding -> Lookup.padding embedding |> Result.map Geometry.Lookup
        | _ -> Ok geometry

    /// The model itself, if it is a layer, and every module in it, each once.
    let private allModules (model: torch.nn.Module) =
        let seen = HashSet<torch.nn.Module>(HashIdentity.Reference)
        [|
            for struct (name, layer) in Seq.append [ struct ("", model) ] (model.named_modules ()) do
                if seen.Add layer then struct (name, layer)
        |]

    let private asLayer (name: string) (layer: torch.nn.Module) geometry (weight: Parameter) (bias: Parameter) = {
        Name = if name = "" then layer.GetName() else name
        Modules = [| layer :?> torch.nn.Module<torch.Tensor, torch.Tensor> |]
        Weight = weight
        Bias = if isThere bias && bias.requires_grad then ValueSome bias else ValueNone
        Geometry = geometry
        IsTimeMajor = TimeMajor.contains layer
        Sharing = SharedWeights.ofModule layer
    }

    let private bias (layer: Layer) = layer.Bias |> ValueOption.map Identity.ofParameter

    /// How many modules hold a parameter directly: more than its layer's modules means that something else uses it too,
    /// which the layer's records do not show.
    let private holders (modules: struct (string * torch.nn.Module) array) =
        modules
        |> Seq.collect (fun struct (_, layer) ->
            layer.named_parameters false |> Seq.map (fun struct (_, parameter) -> Identity.ofParameter parameter))
        |> Seq.countBy id
        |> dict

    /// Why modules that share a weight cannot be one layer; `holders` counts the modules that hold a parameter.
    let private conflict (holders: IDictionary<ParameterIdentity, int>) weight (sharers: Layer array) =
        let first, users = sharers[0], sharers |> Array.sumBy _.Modules.Length
        let order (layer: Layer) = struct (layer.Geometry, layer.IsTimeMajor, layer.Sharing)
        if holders[weight] > users then
            Some "another module uses its weight too"
        elif sharers |> Array.exists (fun sharer -> order sharer <> order first) then
            Some "modules share its weight with different geometry"
        elif sharers |> Array.exists (fun sharer -> bias sharer <> bias first) then
            Some "modules share its weight and not its bias"
        elif first.Bias.IsSome && holders[Identity.ofParameter first.Bias.Value] > users then
            Some "another module uses its bias too"
        else
            None

    /// A module as a layer of its own, or why it is not covered; ValueNone for a module of another kind.
    let private asCovered objection (select: Func<string, Parameter, bool>) (struct (name, layer)) =
        match geometry layer with
        | None -> ValueNone
        | Some(geometry, weight, bias) ->
            let own = lazy (asLayer name layer geometry weight bias)
            let found =
                if not weight.requires_grad then
                    Error "its layer's weight is frozen"
                else
                    match objection own.Value with
                    | ValueSome reason -> Error reason
                    | ValueNone when not (select.Invoke(name, weight)) -> Error "it was not selected"
                    | ValueNone ->
                        completed layer geometry |> Result.map (fun geometry -> { own.Value with Geometry = geometry })
            ValueSome struct (weight, bias, found)

    let private treatment (layers: Layer array) (reasons: IReadOnlyDictionary<ParameterIdentity, string>) =
        let layerOf =
            dict [
                for layer in layers do
                    for parameter in Layer.parameters layer do
                        Identity.ofParameter parameter, layer.Name
            ]
        fun (parameter: Parameter) ->
            let identity = Identity.ofParameter parameter
            match layerOf.TryGetValue identity, reasons.TryGetValue identity with
            | _ when not parameter.requires_grad -> Treatment.Frozen
            | (true, layer), _ -> Treatment.Preconditioned layer
            | _, (true, reason) -> Treatment.Plain reason
            | _ -> Treatment.Plain "it belongs to no kind of layer that is covered"

    // A weight that modules share is listed by each of them.
    let private identity (struct (_: string, parameter: Parameter)) = Identity.ofParameter parameter

    /// The layers with curvature, in the model's order, and the treatment of every parameter, each once by its first
    /// name.
    ///
    /// `objection` says why the caller cannot cover a layer, if it cannot; `select`, by a layer's name and weight,
    /// whether it is to be covered. Otherwise as `survey`.
    let internal surveyExcept objection (model: torch.nn.Module) (select: Func<string, Parameter, bool>) =
        let modules = allModules model
        let holders = holders modules
        let reasons = Dictionary<ParameterIdentity, string>()
        let leave reason (parameters: seq<Parameter>) =
            for parameter in parameters do
                if isThere parameter then reasons[Identity.ofParameter parameter] <- reason
        let found = [|
            for own in modules do
                match asCovered objection select own with
                | ValueSome struct (_, _, Ok layer) -> layer
                | ValueSome struct (weight, bias, Error reason) -> leave reason [ weight; bias ]
                | ValueNone -> ()
        |]
        let layers = [|
            for weight, sharers in found |> Array.groupBy (fun layer -> Identity.ofParameter layer.Weight) do
                match conflict holders weight sharers with
                | None -> { sharers[0] with Modules = sharers |> Array.collect _.Modules }
                | Some reason -> leave reason (sharers |> Seq.collect Layer.parameters)
        |]
        let treatment = treatment layers reasons
        let coverage = [|
            for struct (name, parameter) in model.named_parameters () |> Seq.distinctBy identity do
                { Parameter = name; Shape = parameter.shape; Treatment = treatment parameter }
        |]
        { Layers = layers; Coverage = coverage }

    /// The layers of every kind, in the model's order, and the treatment of every parameter.
    ///
    /// `select` says, by a layer's name and weight, whether it is to be covered.
    /// Layers are Linear, Embedding, and, of one to three dimensions, Conv, ConvTranspose, LayerNorm, BatchNorm, GroupNorm
    /// and InstanceNorm, whose weight is trained. Modules that share it are one layer if they agree in geometry and bias and nothing else uses either. Of
    /// an embedding `Lookup.padding` is asked.
    /// The layers refer to the model's own modules and parameters.
    let survey (model: torch.nn.Module) (select: Func<string, Parameter, bool>) =
        surveyExcept (fun _ -> ValueNone) model select

    /// `survey` of all layers that can be covered.
    let all (model: torch.nn.Module) = survey model (Func<_, _, _>(fun _ _ -> true))
