using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;
using Foof.Validation;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>
/// The natural gradient with the Fisher of more images than a step has, other ones than the gradient's. It is renewed
/// every ten steps, so that both see about as many images. (Benzing 2022, fig. 1C, App. I.5)
/// </summary>
internal sealed class LargerFisher : ILearner
{
    private const int RenewedEvery = 10;

    private readonly int images;
    private readonly ImageSet set;
    private readonly Optimizer optimizer;
    private readonly Generator generator;
    private int steps;

    /// <summary>Makes one for a model.</summary>
    internal LargerFisher(
        int images,
        nn.Module<Tensor, Tensor> model,
        ModelKind kind,
        TrainingSettings settings,
        ImageData data
    )
    {
        this.images = (int)Math.Min(images, data.Train.Count);
        set = data.Train;
        generator = new(unchecked((ulong)settings.Seed));
        optimizer = new(
            model,
            Experiments.onGivenBatches(Methods.natural.WithDamping(settings.Damping)),
            kind.Likelihood,
            settings.LearningRate,
            settings.Momentum,
            settings.WeightDecay
        );
    }

    public StepOutcome Step(Tensor input, Tensor target)
    {
        if (steps++ % RenewedEvery == 0)
        {
            using var scope = NewDisposeScope();
            var chosen = randperm(set.Count, generator: generator).narrow(0, 0, images).to(set.Images.device);
            optimizer.UpdateCurvature(set.Images.index_select(0, chosen), null);
        }
        var result = optimizer.Step(input, target);
        return new(result.Loss.ToDouble(), result.Output);
    }

    public IReadOnlyDictionary<string, Tensor> State() => optimizer.State();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => optimizer.Restore(state);

    /// <summary>Frees the curvature.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        generator.Dispose();
    }
}
