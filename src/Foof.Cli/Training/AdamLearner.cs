using Foof.Cli.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>Adam.</summary>
internal sealed class AdamLearner : GradientLearner<Adam.State>
{
    private AdamLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options)
        : base(
            model,
            kind,
            optim.Adam(model.parameters(), options.LearningRate, weight_decay: options.WeightDecay)
        ) { }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options) =>
        new AdamLearner(model, kind, options);

    /// <inheritdoc/>
    protected override void Save(Adam.State state, Action<string, Tensor> keep)
    {
        keep("step", tensor(state.step));
        keep("first_moment", state.exp_avg);
        keep("second_moment", state.exp_avg_sq);
    }

    /// <inheritdoc/>
    protected override void Load(Adam.State state, Func<string, Tensor?> kept)
    {
        state.step = Found("step").item<long>();
        state.exp_avg = Copy(Found("first_moment"));
        state.exp_avg_sq = Copy(Found("second_moment"));

        Tensor Found(string part) =>
            kept(part) ?? throw new CommandFailure($"The checkpoint lacks Adam's {part} of a parameter.");
    }
}
