using Foof.Cli.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>Stochastic gradient descent with momentum.</summary>
internal sealed class SgdLearner : GradientLearner<SGD.State>
{
    private SgdLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options)
        : base(
            model,
            kind,
            optim.SGD(
                model.parameters(),
                options.LearningRate,
                momentum: options.Momentum,
                weight_decay: options.WeightDecay
            )
        ) { }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options) =>
        new SgdLearner(model, kind, options);

    /// <inheritdoc/>
    protected override void Save(SGD.State state, Action<string, Tensor> keep)
    {
        if (state.momentum_buffer is { } velocity)
            keep("velocity", velocity);
    }

    /// <inheritdoc/>
    protected override void Load(SGD.State state, Func<string, Tensor?> kept)
    {
        if (kept("velocity") is { } velocity)
            state.momentum_buffer = Copy(velocity);
    }
}
