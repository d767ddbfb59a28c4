using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>An optimiser that the command line knows, with its good defaults.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="LearningRate">The default size of a step.</param>
/// <param name="Momentum">The default share of the velocity that is kept.</param>
/// <param name="HasMomentum">Whether it takes a momentum.</param>
/// <param name="Method">The method with its damping, T and S; null: it takes none.</param>
/// <param name="Make">Makes one for a model.</param>
internal sealed record OptimizerKind(
    string Name,
    double LearningRate,
    double Momentum,
    bool HasMomentum,
    Recipe? Method,
    Func<nn.Module<Tensor, Tensor>, ModelKind, TrainingOptions, ILearner> Make
)
{
    /// <summary>Whether it takes a damping, T and S.</summary>
    internal bool HasCurvature => Method is not null;

    /// <summary>The default damping.</summary>
    internal double Damping => Method?.Damping ?? 1.0;

    /// <summary>The default T.</summary>
    internal int InvertEvery => Method?.Cadence.InvertEvery ?? 100;

    /// <summary>The default S, before it is bounded by T.</summary>
    internal int StatisticsSteps => Method?.Cadence.StatisticsSteps ?? 10;

    /// <summary>The optimiser and its settings, as a line for people.</summary>
    internal string Describe(TrainingOptions options)
    {
        var text = $"{Name} with learning rate {options.LearningRate}";
        if (HasCurvature)
            text += $", damping {options.Damping}, T = {options.InvertEvery}, S = {options.StatisticsSteps}";
        if (HasCurvature && options.Products != TrainingOptions.Float32)
            text += $", products in {options.Products}";
        if (HasCurvature && options.StatisticsShare != 1)
            text += $", statistics of {options.StatisticsShare:P0} of each batch";
        if (HasCurvature && options.StaleSteps != 0)
            text += $", inverses {options.StaleSteps} steps later";
        if (options.Momentum != 0 && HasMomentum)
            text += $", momentum {options.Momentum}";
        if (options.WeightDecay != 0)
            text += $", weight decay {options.WeightDecay}";
        return text;
    }
}
