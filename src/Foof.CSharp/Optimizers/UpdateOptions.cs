using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The settings that all optimisers share.</summary>
/// <example>
/// <code>
/// var options = new UpdateOptions { Momentum = 0.9, WeightDecay = 1e-4 };
/// using var optimizer = new KfacOptimizer(model, options: options);
/// </code>
/// </example>
public sealed record UpdateOptions
{
    /// <summary>μ of the preconditioned update, M ← μM + ΔW, in [0, 1).</summary>
    public double Momentum { get; init; }

    /// <summary>Decoupled: W ← (1 - η decay) W before each update; at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>
    /// Groups of the model's parameters with settings of their own; null means that all parameters have the
    /// optimiser's. The parameters stay the model's, and the optimiser copies the groups.
    /// </summary>
    public IEnumerable<ParameterGroup>? Groups { get; init; }

    /// <summary>
    /// Selects the layers to precondition, by name and weight; the others are updated by gradient descent.
    /// Null means every layer that can be covered.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>
    /// Decides the sampled labels, through one number that the optimiser draws from it when it is made; null
    /// means TorchSharp's default generator. It stays the caller's.
    /// </summary>
    public Generator? Generator { get; init; }

    /// <summary>
    /// Whether products with the inverses are computed in bfloat16, with 8 bits of mantissa and sums in
    /// float32: updates then have an error of about 0.4 %. This is faster on processors that multiply
    /// bfloat16 faster than float32, such as those with AMX, and slower on others. For FOOF and for K-FAC's
    /// heuristic damping.
    /// </summary>
    public bool BFloat16Products { get; init; }

    /// <summary>Receives fallbacks as warnings; by default nothing is logged.</summary>
    /// <exception cref="ArgumentNullException">
    /// The value is null; NullLogger.Instance logs nothing.
    /// </exception>
    public ILogger Logger
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Logger));
    } = NullLogger.Instance;

    internal Recipe In(Recipe method) => BFloat16Products ? method.WithBFloat16Products() : method;
}
