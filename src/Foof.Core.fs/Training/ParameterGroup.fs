namespace Foof

open System
open System.Collections.Generic
open TorchSharp
open TorchSharp.Modules

/// The settings of a group of parameters; learning-rate schedulers change `LearningRate`.
[<AllowNullLiteral>]
type Settings() =
    inherit OptimizerOptions()

    /// mu of the heavy ball on the preconditioned update: M <- mu M + Delta W.
    member val Momentum = 0.0 with get, set

    /// Decoupled: W <- (1 - learning rate x weight decay) W before each update.
    member val WeightDecay = 0.0 with get, set

/// Parameters with settings of their own.
type ParameterGroup(parameters: seq<Parameter>, learningRate: float, momentum: float, weightDecay: float) =
    inherit
        ParamGroup<Settings>(
            ResizeArray parameters,
            Settings(
                LearningRate = Nullable learningRate,
                InitialLearningRate = learningRate,
                Momentum = momentum,
                WeightDecay = weightDecay
            )
        )

    do
        Require.positive (nameof learningRate) learningRate
        Require.fraction (nameof momentum) momentum
        Require.nonNegative (nameof weightDecay) weightDecay

    /// Schedulers that cycle the momentum change it here.
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

/// The groups of an optimiser, by parameter: one that a module shares is the same by each of its handles.
[<Sealed>]
type internal ParameterGroups() =
    let groupOf = Dictionary<struct (nativeint * int64), ParameterGroup>()

    /// The group of each parameter's identity.
    member _.ByIdentity: IReadOnlyDictionary<struct (nativeint * int64), ParameterGroup> =
        groupOf

    /// Whether a parameter is in a group.
    member _.Holds(parameter: Parameter) =
        groupOf.ContainsKey(Identity.ofParameter parameter)

    /// The learning rate of a parameter's group, 0 without one.
    member _.RateOf(parameter: Parameter) =
        match groupOf.TryGetValue(Identity.ofParameter parameter) with
        | true, group -> group.LearningRate
        | _ -> 0.0

    /// Takes a group in. Raises an ArgumentException when one of its parameters is in a group already.
    member groups.Adopt(group: ParameterGroup) =
        groups.Follow()
        let handles = group.Parameters |> Seq.map _.Handle |> Seq.toArray

        // A model lists a shared parameter once by each handle.
        let identities =
            group.Parameters |> Seq.map Identity.ofParameter |> Seq.distinct |> Seq.toArray

        if
            identities |> Array.exists groupOf.ContainsKey
            || (Array.distinct handles).Length < handles.Length
        then
            invalidArg (nameof group) "A parameter must be in one group only; one is in two."

        for identity in identities do
            groupOf[identity] <- group

    /// Finds the parameters again where a module moved them: an embedding keeps its parameter, at another place.
    member _.Follow() =
        let found = [|
            for group in Seq.distinct groupOf.Values do
                for parameter in group.Parameters do
                    struct (Identity.ofParameter parameter, group)
        |]

        groupOf.Clear()

        for struct (identity, group) in found do
            groupOf[identity] <- group
