namespace Foof

open System
open System.Collections.Generic
open System.Text.Json.Nodes
open TorchSharp
open TorchSharp.Modules

/// A parameter that an optimiser trains: its group and its momentum, null before there is one.
[<Sealed; AllowNullLiteral>]
type internal TrainedParameter(parameter: Parameter, group: ParameterGroup) =
    /// The parameter, which stays the model's.
    member _.Parameter = parameter
    /// The group whose settings move it.
    member _.Group = group
    /// M, in the parameter's shape; null before there is one.
    member val Momentum: torch.Tensor = null with get, set

    /// M, zeros at first.
    member own.Buffer =
        if isNull own.Momentum then own.Momentum <- parameter.zeros_like () |> Scope.detach
        own.Momentum

/// The last stage of a step: momentum, decoupled weight decay and the learning rate of each parameter's group, M <- mu
/// M + Delta W, W <- (1 - eta decay) W - eta M.
/// Owns the momentum.
///
/// Parameters are known by their place in memory, so that all handles of a shared parameter mean the same one.
[<Sealed>]
type internal Update() =
    let trained = Dictionary<ParameterIdentity, TrainedParameter>()
    let mutable ofLayers: struct (TrainedParameter * TrainedParameter)[] = [||]
    let mutable plain: TrainedParameter[] = [||]

    let find (parameter: Parameter) : TrainedParameter =
        match trained.TryGetValue(Identity.ofParameter parameter) with
        | true, own -> own
        | _ -> null

    /// A module may have moved a parameter: an embedding keeps its own, at another place.
    let locate () =
        let all = Seq.toArray trained.Values
        trained.Clear()
        for own in all do
            trained[Identity.ofParameter own.Parameter] <- own

    /// target <- keep target + weight direction, in place.
    let accumulate (target: torch.Tensor) keep direction (weight: float) =
        match direction with
        | Direction.Product(left, right) ->
            Products.accumulate (target.view (target.size 0, -1L)) keep left right weight
        | Direction.Matrix matrix ->
            if keep <> 1.0 then target.mul_ (keep.ToScalar()) |> ignore
            target.add_ (matrix.reshape target.shape, weight.ToScalar()) |> ignore

    /// Moves a parameter against a direction, with momentum here where `accumulates`.
    let move (own: TrainedParameter) accumulates direction =
        if not (isNull own) then
            let options = own.Group.Options
            let rate = own.Group.LearningRate
            let shrink = 1.0 - rate * options.WeightDecay
            if options.Momentum = 0.0 || not accumulates then
                accumulate own.Parameter shrink direction -rate
            else
                accumulate own.Buffer options.Momentum direction 1.0
                accumulate own.Parameter shrink (Direction.Matrix own.Buffer) -rate

    /// Weight and bias of a direction; the bias is the last column.
    let split (layer: Layer) direction =
        match direction with
        | Direction.Matrix M ->
            let own = Layer.split layer M
            struct (Direction.Matrix own.Weight, own.Bias)
        | Direction.Product(left, right) ->
            let struct (inputs, ones) = Layer.columns layer right
            struct (Direction.Product(left, inputs), ones |> ValueOption.map (fun ones -> left.t().mv ones))

    /// mu M in the parameter's shape; zeros for a parameter that is in no group.
    let past (own: TrainedParameter) (parameter: Parameter) =
        if isNull own then parameter.zeros_like () else own.Buffer * own.Group.Options.Momentum

    /// M <- values, in place.
    let remember (own: TrainedParameter) (values: torch.Tensor) =
        if not (isNull own) then own.Buffer.copy_ (values.reshape own.Parameter.shape) |> ignore

    /// Takes a group in.
    /// Raises an ArgumentException when one of its parameters is in a group already.
    member _.Adopt(group: ParameterGroup) =
        locate ()
        let handles = group.Parameters |> Seq.map _.Handle |> Seq.toArray
        // A model lists a shared parameter once by each handle.
        let found = group.Parameters |> Seq.distinctBy Identity.ofParameter |> Seq.toArray
        if found |> Array.exists (find >> isNull >> not) || (Array.distinct handles).Length < handles.Length then
            invalidArg (nameof group) "A parameter must be in one group only; one is in two."
        for parameter in found do
            trained[Identity.ofParameter parameter] <- TrainedParameter(parameter, group)

    /// Whether a parameter is in a group.
    member _.Holds(parameter: Parameter) = not (isNull (find parameter))

    /// Finds all parameters where they are now: once at the beginning of a step. What no layer covers is plain.
    member _.Locate(layers: Layer array) =
        locate ()
        ofLayers <-
            layers
            |> Array.map (fun layer ->
                struct (find layer.Weight, layer.Bias |> ValueOption.map find |> ValueOption.defaultValue null))
        let covered = HashSet<TrainedParameter>(HashIdentity.Reference)
        for struct (weight, bias) in ofLayers do
            covered.Add weight |> ignore
            covered.Add bias |> ignore
        plain <-
            trained.Values
            |> Seq.filter (fun own -> own.Parameter.requires_grad && not (covered.Contains own))
            |> Seq.toArray

    /// The trained parameters that no layer covers, each once.
    member _.Plain = plain |> Array.map _.Parameter

    /// The learning rate of layer l's weight, 0 where it is in no group.
    member _.RateOf(l: int) =
        let struct (weight, _) = ofLayers[l]
        if isNull weight then 0.0 else weight.Group.LearningRate

    /// What is preconditioned: mu M + grad_W of each layer where momentum comes first, grad_W where it comes after.
    member _.Gathered(place: MomentumPlace, layers: Layer array, gradients: Direction voption array) =
        let gather l (layer: Layer) gradient =
            let struct (weight, bias) = ofLayers[l]
            let momentum = Layer.joined layer (past weight layer.Weight) (layer.Bias |> ValueOption.map (past bias))
            Direction.Matrix(momentum + Direction.matrix gradient)
        match place with
        | MomentumPlace.After -> gradients
        | MomentumPlace.Before -> Array.mapi2 (fun l layer -> ValueOption.map (gather l layer)) layers gradients

    /// W <- (1 - eta decay) W - eta M for every layer that has a direction, with M <- mu M + Delta W. Where momentum
    /// came first, M <- what `Gathered` gave, and W moves by Delta W.
    member _.Apply
        (
            place: MomentumPlace,
            layers: Layer array,
            gathered: Direction voption array,
            directions: Direction voption array
        ) =
        let apply l (layer: Layer) (gathered, direction) =
            let struct (weight, bias) = ofLayers[l]
            if place.IsBefore then
                let own = Layer.split layer (Direction.matrix gathered)
                remember weight own.Weight
                own.Bias |> ValueOption.iter (remember bias)
            let struct (ofWeight, ofBias) = split layer direction
            move weight place.IsAfter ofWeight
            ofBias |> ValueOption.iter (Direction.Matrix >> move bias place.IsAfter)
        for l in 0 .. layers.Length - 1 do
            ValueOption.map2 (fun x y -> (x, y)) gathered[l] directions[l] |> ValueOption.iter (apply l layers[l])

    /// Moves the plain parameters against their gradients, M <- mu M + grad, W <- (1 - eta decay) W - eta M.
    member _.ApplyPlain(gradients: struct (Parameter * torch.Tensor) array) =
        for own, struct (_, gradient) in Array.zip plain gradients do
            if not (isNull gradient) then move own true (Direction.Matrix gradient)

    /// The parameters of a model that are trained, each by its first name, where they are now.
    member private _.Named(model: torch.nn.Module) =
        locate ()
        let seen = HashSet<TrainedParameter>(HashIdentity.Reference)
        model.named_parameters ()
        |> Seq.map (fun struct (name, parameter) -> struct (name, find parameter))
        |> Seq.filter (fun struct (_, own) -> not (isNull own) && seen.Add own)
        |> Seq.toArray

    /// The momentum of the parameters of a model that have one.
    member update.Describe(written: Written, model: torch.nn.Module) =
        FactorFormat.objectOf "momentum" [
            for struct (name, own) in update.Named model do
                if not (isNull own.Momentum) then
                    name, (JsonValue.Create(written.Keep $"{name}.momentum" own.Momentum) :> JsonNode)
        ]

    /// What goes back to the momentum: parameters without one there have none afterwards.
    /// Raises an ArgumentException when one does not fit.
    member update.Restoring(saved: SavedState, model: torch.nn.Module, node: JsonNode) =
        let found = [|
            for struct (name, own) in update.Named model do
                match FactorFormat.tryEntry name node with
                | ValueSome kept ->
                    let shape, kind = own.Parameter.shape, own.Parameter.dtype
                    struct (own, saved.Like (FactorFormat.value kept) shape kind)
                | ValueNone -> struct (own, null)
        |]
        fun () ->
            for struct (own, momentum) in found do
                let before = own.Momentum
                own.Momentum <-
                    if isNull momentum then
                        null
                    else
                        Scope.tensor (fun () -> momentum.``to``(own.Parameter.device).clone()) |> Scope.detach
                // Only now: the state may be the optimiser's own.
                if not (isNull before) then before.Dispose()

    interface IDisposable with
        member _.Dispose() =
            for own in trained.Values do
                if not (isNull own.Momentum) then own.Momentum.Dispose()
