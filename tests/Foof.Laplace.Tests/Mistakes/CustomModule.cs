using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Mistakes;

/// <summary>A module as a user may write it: layers, and a function that uses them.</summary>
internal sealed class CustomModule : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor>[] layers;
    private readonly Func<nn.Module<Tensor, Tensor>[], Tensor, Tensor> run;

    internal CustomModule(nn.Module<Tensor, Tensor>[] layers, Func<nn.Module<Tensor, Tensor>[], Tensor, Tensor> run)
        : base(nameof(CustomModule))
    {
        this.layers = layers;
        this.run = run;
        for (var i = 0; i < layers.Length; i++)
            register_module($"fc{i + 1}", layers[i]);
    }

    public override Tensor forward(Tensor input) => run(layers, input);
}
