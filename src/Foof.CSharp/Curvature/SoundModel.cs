using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Checks of a model before its curvature is computed.</summary>
internal static class SoundModel
{
    /// <summary>Raises unless all weights are finite numbers and no batch norm is in training mode.</summary>
    internal static void Require(nn.Module<Tensor, Tensor> model)
    {
        foreach (var (name, module) in model.named_modules())
            if (module is BatchNorm { training: true })
                throw new ArgumentException(
                    $"Batch norm '{name}' must be in evaluation mode, where data points do not depend on each other; "
                        + "it is in training mode: call model.eval() first."
                );
        foreach (var (name, parameter) in model.named_parameters())
            Numbers.requireFinite(
                $"parameter '{name}'",
                "weights are not finite",
                "restore finite weights",
                parameter
            );
    }
}
