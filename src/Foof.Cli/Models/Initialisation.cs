using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>Where the weights of the networks start.</summary>
internal static class Initialisation
{
    /// <summary>
    /// Kaiming normal with gain sqrt 2 over the inputs for every weight, zero for every bias; returns the
    /// model.
    /// </summary>
    internal static T Kaiming<T>(T model)
        where T : nn.Module => Each(model, weight => nn.init.kaiming_normal_(weight, nonlinearity: Rectifier));

    /// <summary>Xavier normal with gain 1 for every weight, zero for every bias; returns the model.</summary>
    internal static T Xavier<T>(T model)
        where T : nn.Module => Each(model, weight => nn.init.xavier_normal_(weight));

    private const nn.init.NonlinearityType Rectifier = nn.init.NonlinearityType.ReLU;

    private static T Each<T>(T model, Action<Tensor> fill)
        where T : nn.Module
    {
        foreach (var (_, module) in model.named_modules())
        {
            var (weight, bias) = module switch
            {
                Linear linear => (linear.weight, linear.bias),
                Conv2d convolution => (convolution.weight, convolution.bias),
                _ => (null, null),
            };
            if (weight is not null)
                fill(weight);
            if (bias is not null)
                nn.init.zeros_(bias);
        }
        return model;
    }
}
