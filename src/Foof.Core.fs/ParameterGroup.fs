namespace Foof

open System
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
