using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A function of the weights alone that is added to the loss: what was learnt from earlier tasks, or a rule
/// of one's own.
/// </summary>
/// <remarks>
/// The core's optimiser takes it from F# as an object expression, <c>{ new IWeightPenalty with member
/// _.Gradients() = ... }</c>, which gives the same list.
/// </remarks>
/// <example>
/// <code>
/// using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
/// optimizer.Penalty = tasks;
/// </code>
/// </example>
public interface IPenalty
{
    /// <summary>
    /// Its gradient at the weights as they are, for each parameter that it depends on, in the parameter's
    /// shape; none before there is a penalty. A weight that modules share is one parameter, which comes once.
    /// The tensors belong to the caller's dispose scope.
    /// </summary>
    IReadOnlyList<(Parameter Parameter, Tensor Gradient)> Gradients();
}
