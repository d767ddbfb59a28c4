using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A forward pass in evaluation mode that leaves each module's mode and the random numbers as they are.
/// </summary>
internal static class EvaluationPass
{
    /// <summary>
    /// Raises if the model cannot take the input, or the likelihood cannot take the output and the target.
    /// </summary>
    /// <exception cref="ArgumentException">The targets do not fit.</exception>
    internal static void Check(
        nn.Module<Tensor, Tensor> model,
        Tensor input,
        Tensor? target,
        Likelihood? likelihood
    )
    {
        using var scope = NewDisposeScope();
        var numbers = get_rng_state();
        (nn.Module Module, bool Training)[] modes =
        [
            .. model
                .named_modules()
                .Select(named => named.Item2)
                .Prepend(model)
                .Select(module => (module, module.training)),
        ];
        model.eval();
        try
        {
            var output = ForwardPass.output(model, input);
            if (target is not null && likelihood is not null)
                LikelihoodModule.check(likelihood, output, target);
        }
        catch (NumericalFailure)
        {
            // Shapes, types and labels fit; the step itself reports failures of its numbers.
        }
        finally
        {
            set_rng_state(numbers);
            // A module also sets the mode of the modules inside it, which come later.
            foreach (var (module, training) in modes)
                module.train(training);
        }
    }
}
