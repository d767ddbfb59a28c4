using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>A pass that changes nothing: in evaluation mode, each module's mode and the random numbers kept.</summary>
internal static class EvaluationPass
{
    /// <summary>Raises where a model cannot take an input, or a likelihood not its output and targets.</summary>
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
            // Shapes, types and labels fit; the step tells of its own numbers.
        }
        finally
        {
            set_rng_state(numbers);
            // A module passes its mode on to those inside it, which come later.
            foreach (var (module, training) in modes)
                module.train(training);
        }
    }
}
