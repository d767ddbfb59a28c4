namespace Foof

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Text.Json.Nodes
open TorchSharp
open TorchSharp.Modules

/// The settings of a group of parameters; learning-rate schedulers change `LearningRate`.
[<AllowNullLiteral>]
type GroupSettings() =
    inherit OptimizerOptions()

    /// mu of the heavy ball, M <- mu M + Delta W on the preconditioned update; the recipe may keep it before, on the
    /// gradient.
    member val Momentum = 0.0 with get, set

    /// Decoupled: W <- (1 - learning rate x weight decay) W before each update.
    member val WeightDecay = 0.0 with get, set

/// Parameters with settings of their own; a setting that is left out is the optimiser's.
///
/// The parameters stay the model's, each in one group only, by whichever of its handles. An optimiser takes a copy, so
/// that a group may be given to several: `ParamGroups` has its own.
/// Raises an ArgumentException unless the learning rate is positive, the momentum in [0, 1) and the weight decay at
/// least 0, and when the parameters or one of them are null.
type ParameterGroup
    (
        parameters: seq<Parameter>,
        [<Optional>] learningRate: Nullable<float>,
        [<Optional>] momentum: Nullable<float>,
        [<Optional>] weightDecay: Nullable<float>
    ) =
    inherit
        ParamGroup<GroupSettings>(
            ParameterGroup.Whole parameters,
            ParameterGroup.Given(learningRate, momentum, weightDecay)
        )

    static member private Whole(parameters: seq<Parameter>) : seq<Parameter> =
        let found = if isNull parameters then [||] else Seq.toArray parameters
        if isNull parameters || Array.exists (box >> isNull) found then
            invalidArg
                (nameof parameters)
                "A group must have parameters; the sequence or one of its parameters is null."
        found

    static member private Given(rate: Nullable<float>, momentum: Nullable<float>, decay: Nullable<float>) =
        let check require (name: string) (value: Nullable<float>) = if value.HasValue then require name value.Value
        check Require.positive "learningRate" rate
        check Require.fraction "momentum" momentum
        check Require.nonNegative "weightDecay" decay
        GroupSettings(
            LearningRate = rate,
            InitialLearningRate = rate.GetValueOrDefault(),
            Momentum = momentum.GetValueOrDefault(),
            WeightDecay = decay.GetValueOrDefault()
        )

    /// A group of TorchSharp's as one of these: its parameters, with its learning rate if it has one.
    static member internal Of(group: ParamGroup) =
        match group with
        | :? ParameterGroup as own -> own
        | _ when isNull group.Options -> ParameterGroup(group.Parameters)
        | _ -> ParameterGroup(group.Parameters, group.Options.LearningRate)

    /// A copy for an optimiser, whose settings are taken where they were left out here.
    member internal group.Copied(rate: float, mu: float, decay: float) =
        let own = group.Options
        let orElse (fallback: float) (given: Nullable<float>) (now: float) =
            Nullable(if given.HasValue || now <> 0.0 then now else fallback)
        ParameterGroup(
            group.Parameters,
            orElse rate learningRate (own.LearningRate.GetValueOrDefault()),
            orElse mu momentum own.Momentum,
            orElse decay weightDecay own.WeightDecay
        )

    /// Schedulers that cycle the momentum change it here.
    /// Raises an ArgumentException unless it lies in [0, 1).
    interface torch.optim.IMomentum with
        member group.Momentum
            with get () = group.Options.Momentum
            and set value =
                if value >= 1.0 then
                    invalidArg
                        "momentum"
                        ($"momentum must lie in [0, 1); a scheduler set it to {value}. TorchSharp's CyclicLR goes up from "
                         + "max_momentum, where PyTorch's comes down to base_momentum: give it cycle_momentum = false.")
                Require.fraction "momentum" value
                group.Options.Momentum <- value

/// An optimiser's groups: of a model, and in checkpoints.
[<RequireQualifiedAccess>]
module internal ParameterGroups =

    /// The group of all parameters of a model that no other group holds, unless it is empty, and those groups.
    /// Raises an ArgumentException when one holds a parameter of another model.
    let ofModel (model: torch.nn.Module) (groups: seq<ParameterGroup>) =
        let given = if isNull groups then [] else List.ofSeq groups
        // A tied weight is listed by each of its modules, under a handle of its own.
        let parameters = model.parameters () |> Seq.distinctBy Identity.ofParameter |> Seq.toArray
        let ofModel = HashSet(Seq.map Identity.ofParameter parameters)

        for place, group in Seq.indexed given do
            if isNull (box group) then
                invalidArg (nameof groups) $"groups must hold parameters with settings; group {place + 1} is null."

            for parameter in group.Parameters do
                if not (ofModel.Contains(Identity.ofParameter parameter)) then
                    invalidArg
                        (nameof groups)
                        ($"groups must hold the model's parameters; group {place + 1} holds a parameter "
                         + $"[{Shape.text parameter.shape}] of none of its modules: give that to add_param_group.")

        let held = HashSet(given |> Seq.collect _.Parameters |> Seq.map Identity.ofParameter)
        let rest = parameters |> Array.filter (fun p -> not (held.Contains(Identity.ofParameter p)))
        if rest.Length > 0 || given.IsEmpty then ParameterGroup rest :: given else given

    let private settings (group: ParameterGroup) = [|
        group.LearningRate
        group.InitialLearningRate
        group.Options.Momentum
        group.Options.WeightDecay
    |]

    /// The groups' settings, in the order of the groups.
    let describe (groups: seq<ParamGroup>) : JsonNode =
        groups
        |> Seq.map (fun group ->
            settings (group :?> ParameterGroup)
            |> Seq.map (fun value -> JsonValue.Create value :> JsonNode)
            |> FactorFormat.arrayOf)
        |> FactorFormat.arrayOf

    // Schedulers may have gone down to a rate of zero.
    let private requireSound place (own: float array) =
        let isSound = own.Length = 4 && own |> Array.forall (fun x -> Double.IsFinite x && x >= 0.0)
        if not isSound || own[2] >= 1.0 then
            let found = own |> Seq.map string |> String.concat ", "
            invalidArg
                "state"
                $"Group {place + 1} must have two rates and a decay of at least 0 and a momentum in [0, 1) between; got {found}."

    /// What goes back to the groups' settings.
    /// Raises an ArgumentException when the state is of another number of groups or a setting is out of its range.
    let restoring (groups: IList<ParamGroup>) (node: JsonNode) =
        let saved = FactorFormat.items node |> Array.map (FactorFormat.items >> Array.map FactorFormat.value<float>)

        if saved.Length <> groups.Count then
            invalidArg
                "state"
                $"The state must be of {groups.Count} groups, as the optimiser has; it is of {saved.Length}."

        Array.iteri requireSound saved

        fun () ->
            for group, own in Seq.zip groups saved do
                let group = group :?> ParameterGroup
                group.LearningRate <- own[0]
                group.InitialLearningRate <- own[1]
                group.Options.Momentum <- own[2]
                group.Options.WeightDecay <- own[3]
