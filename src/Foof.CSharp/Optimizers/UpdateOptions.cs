using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>What every optimiser takes besides its method's own settings.</summary>
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
    /// Parameters of the model with settings of their own; null: all have those of the optimiser. The parameters stay the
    /// model's, and the optimiser takes copies of the groups.
    /// </summary>
    public IEnumerable<ParameterGroup>? Groups { get; init; }

    /// <summary>
    /// Takes a layer by the path of its module and its weight; layers that are not taken go by gradient descent. Null: all.
    /// </summary>
    public Func<string, Parameter, bool>? Select { get; init; }

    /// <summary>
    /// Decides the labels that are sampled, by one number that is drawn when the optimiser is made; null: TorchSharp's
    /// default generator. It stays the caller's.
    /// </summary>
    public Generator? Generator { get; init; }

    /// <summary>
    /// Products with the inverses in bfloat16, with 8 bits of mantissa and sums in float32: updates are off by some 0.4 %.
    /// Fast where the processor multiplies bfloat16 faster than float32, as with AMX, and slow elsewhere. For FOOF and for
    /// K-FAC's heuristic damping.
    /// </summary>
    public bool BFloat16Products { get; init; }

    /// <summary>Where fallbacks are logged, as warnings; nowhere at first.</summary>
    /// <exception cref="ArgumentNullException">It is null: NullLogger.Instance logs nowhere.</exception>
    public ILogger Logger
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Logger));
    } = NullLogger.Instance;

    internal Recipe In(Recipe method) => BFloat16Products ? method.WithBFloat16Products() : method;
}
