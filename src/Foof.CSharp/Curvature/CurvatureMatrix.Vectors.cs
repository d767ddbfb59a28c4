using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class CurvatureMatrix
{
    /// <summary>
    /// Returns a copy of the model's current weights, one matrix [d_out; d_in] per layer; the caller owns it.
    /// </summary>
    public Tensor[] Weights()
    {
        _ = Core;
        using var unrecorded = no_grad();
        return WeightPenalty.copied(CoveredLayers);
    }

    /// <summary>
    /// Returns the gradients that <c>backward</c> left in the parameters, one matrix [d_out; d_in] per layer,
    /// with zeros for parameters without a gradient; the caller owns them.
    /// </summary>
    public Tensor[] Gradients()
    {
        _ = Core;
        return WeightPenalty.gradients(CoveredLayers);
    }

    /// <summary>
    /// Returns the gradient of a batch's mean loss at the current weights, one matrix [d_out; d_in] per
    /// layer; the caller owns it. No parameter's <c>grad</c> changes.
    /// </summary>
    /// <param name="inputs">[n; ...], data points first.</param>
    /// <param name="targets">Targets in the form that <see cref="Loss"/> describes.</param>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or the batch is empty.
    /// </exception>
    public Tensor[] Gradient(Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var gradient = Jacobian.meanGradient(AtLabels(inputs, targets));
        foreach (var matrix in gradient)
            scope.MoveToOuter(matrix);
        return gradient;
    }

    /// <summary>
    /// Splits a vector into one tensor for each parameter, in the parameter's shape; the caller owns the
    /// tensors.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public IReadOnlyList<(Parameter Parameter, Tensor Value)> Split(Tensor[] vector)
    {
        Argument.Whole(vector);
        Foof.WeightVector.check(nameof(vector), CurvatureModule.shapes(Core), vector);
        using var unrecorded = no_grad();
        return [.. WeightPenalty.dealt(CoveredLayers, vector).Select(own => (own.Parameter, own.Gradient))];
    }

    /// <summary>
    /// Returns the gradients of single data points at their labels, in the caller's dispose scope.
    /// </summary>
    internal FisherFactor AtLabels(Tensor inputs, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        _ = Core;
        _ = CoveredLayers;
        return Mismatch.OfSeveral(
            model,
            inputs,
            targets,
            () =>
            {
                using (var output = ForwardPass.output(model, inputs))
                    LikelihoodModule.check(Likelihood, output, targets);
                var batch = new CurvatureBatch(inputs, targets);
                return FisherModule.factor(new(model, layers, Likelihood, null), Foof.Fisher.Empirical, batch);
            }
        );
    }
}
