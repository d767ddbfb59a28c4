using static TorchSharp.torch;

namespace Foof;

/// <summary>Puts a model into training mode, and back into the mode that it was in.</summary>
internal readonly struct TrainingMode : IDisposable
{
    private readonly nn.Module model;
    private readonly bool before;

    internal TrainingMode(nn.Module model)
    {
        (this.model, before) = (model, model.training);
        model.train();
    }

    public void Dispose() => model.train(before);
}
