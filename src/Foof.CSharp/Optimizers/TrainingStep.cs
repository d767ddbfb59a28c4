using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// What a step computed before its update. It belongs to the caller: dispose of it, or let a dispose scope do so.
/// </summary>
/// <example>
/// <code>
/// using var step = optimizer.Step(images, labels);
/// Console.WriteLine(step.ReadLoss());
/// </code>
/// </example>
public sealed class TrainingStep : IDisposable
{
    internal TrainingStep(Tensor loss, Tensor output) => (Loss, Output) = (loss, output);

    /// <summary>The loss before the update, a scalar: the mean over data points, without a graph.</summary>
    public Tensor Loss { get; }

    /// <summary>The model's output before the update, [n; ...], without a graph.</summary>
    public Tensor Output { get; }

    /// <summary>The loss as a number; on an accelerator, this waits for it.</summary>
    public double ReadLoss() => Loss.ToDouble();

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Loss.Dispose();
        Output.Dispose();
    }
}
