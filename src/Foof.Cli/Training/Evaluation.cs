using Foof.Cli.Data;
using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A model's loss and accuracy over a whole set.</summary>
/// <param name="Loss">The mean over data points.</param>
/// <param name="Accuracy">The share of right classes; null for a model without classes.</param>
internal sealed record Evaluation(double Loss, double? Accuracy)
{
    private const int BatchSize = 1000;

    /// <summary>Evaluates a model in evaluation mode, without gradients; null if the user stopped it.</summary>
    internal static Evaluation? Of(
        nn.Module<Tensor, Tensor> model,
        ModelKind kind,
        ImageSet set,
        CancellationToken stop
    )
    {
        using var unrecorded = no_grad();
        model.eval();
        var (loss, correct) = (0.0, 0L);
        foreach (var (images, labels) in set.InOrder(BatchSize))
        {
            if (stop.IsCancellationRequested)
                return null;
            using var scope = NewDisposeScope();
            var output = model.call(images);
            var target = kind.Target(images, labels, set.Scale);
            loss += labels.shape[0] * LikelihoodModule.loss(kind.Likelihood, output, target).ToDouble();
            if (kind.Classifies)
                correct += ModelKind.Correct(output, labels);
        }
        return new(loss / set.Count, kind.Classifies ? (double)correct / set.Count : null);
    }
}
