using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class CurvatureMatrix
{
    /// <summary>
    /// A copy of the model's weights as they are now, one [d_out; d_in] a layer; the caller owns it.
    /// </summary>
    public Tensor[] Weights()
    {
        _ = Core;
        using var unrecorded = no_grad();
        return WeightPenalty.copied(layers);
    }

    /// <summary>
    /// The gradients that <c>backward</c> left in the parameters, one [d_out; d_in] a layer, zeros where
    /// there is none; the caller owns it.
    /// </summary>
    public Tensor[] Gradients()
    {
        _ = Core;
        return WeightPenalty.gradients(layers);
    }

    /// <summary>
    /// The gradient of the mean loss of a batch at the weights as they are now, one [d_out; d_in] a layer;
    /// the caller owns it. No parameter's <c>grad</c> is touched.
    /// </summary>
    /// <param name="inputs">[n; ...], data points first.</param>
    /// <param name="targets">As <see cref="Loss"/> says.</param>
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
    /// A vector's matrices as the parameters and tensors of their shapes; the caller owns these.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public IReadOnlyList<(Parameter Parameter, Tensor Value)> Split(Tensor[] vector)
    {
        Argument.Whole(vector);
        Foof.WeightVector.check(nameof(vector), CurvatureModule.shapes(Core), vector);
        using var unrecorded = no_grad();
        return [.. WeightPenalty.dealt(layers, vector).Select(own => (own.Parameter, own.Gradient))];
    }

    /// <summary>The gradients of single data points at their labels, in the caller's scope.</summary>
    internal FisherFactor AtLabels(Tensor inputs, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        _ = Core;
        return Mismatch.Explained(
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
