using TorchSharp.Modules;

namespace Foof;

/// <summary>Settings of some of a model's parameters; what is null is the optimiser's own.</summary>
/// <example>
/// <code>
/// using var optimizer = new FoofOptimizer(
///     model, groups: [new(head.parameters(), LearningRate: 0.01)]);
/// </code>
/// </example>
/// <param name="Parameters">
/// The parameters, each in one group only, by whichever of its handles; they stay the model's. Those of a group that an
/// optimiser is made with are its model's; <c>AddGroup</c> takes others.
/// </param>
/// <param name="LearningRate">Their learning rate, greater than zero.</param>
/// <param name="Momentum">Their momentum, in [0, 1).</param>
/// <param name="WeightDecay">Their decoupled weight decay, at least zero.</param>
public sealed record ParameterSettings(
    IEnumerable<Parameter> Parameters,
    double? LearningRate = null,
    double? Momentum = null,
    double? WeightDecay = null
);
