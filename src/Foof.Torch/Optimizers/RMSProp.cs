using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// RMSProp. With gradient g (g + weight_decay p with weight decay): <c>v = alpha v + (1 - alpha) g^2</c>,
/// <c>p = p - lr g / (sqrt(v) + eps)</c>; centred, v - m^2 stands for v, with <c>m = alpha m + (1 - alpha)
/// g</c>; with momentum <c>b = momentum b + g / (sqrt(v) + eps)</c>, <c>p = p - lr b</c>.
/// </summary>
/// <remarks>Tieleman and Hinton 2012; centred: Graves 2013. Parameters are real.</remarks>
public partial class RMSProp : OptimizerHelper, IMomentum
{
    /// <summary>An optimiser of one group.</summary>
    /// <exception cref="ArgumentException">A setting is negative.</exception>
    public RMSProp(
        IEnumerable<Parameter> parameters,
        double lr = 1e-3,
        double alpha = 0.99,
        double eps = 1e-8,
        double weight_decay = 0,
        double momentum = 0.0,
        bool centered = false,
        bool maximize = false
    )
        : this(
            [new ParamGroup { Parameters = parameters }],
            lr,
            alpha,
            eps,
            weight_decay,
            momentum,
            centered,
            maximize
        ) { }

    /// <summary>
    /// An optimiser of several groups; settings that a group lacks are the ones given here.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is negative.</exception>
    public RMSProp(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double alpha = 0.99,
        double eps = 1e-8,
        double weight_decay = 0,
        double momentum = 0.0,
        bool centered = false,
        bool maximize = false
    )
    {
        Check.NotNegative(lr);
        Check.NotNegative(alpha);
        Check.NotNegative(eps);
        Check.NotNegative(weight_decay);
        Check.NotNegative(momentum);
        _defaults = new Options
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            alpha = alpha,
            eps = eps,
            weight_decay = weight_decay,
            momentum = momentum,
            centered = centered,
            maximize = maximize,
        };
        foreach (var group in parameters)
            add_param_group(group);
    }

    /// <summary>The momentum of groups to come.</summary>
    public double Momentum
    {
        get => ((Options)_defaults).momentum!.Value;
        set => ((Options)_defaults).momentum = value;
    }

    /// <inheritdoc/>
    public override void add_param_group(Modules.ParamGroup param_group) =>
        Add<ParamGroup, Options>(param_group, parameter => new State(parameter));

    /// <inheritdoc/>
    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(Step, closure);

    private void Step(ParamGroup group)
    {
        var options = group.Options;
        var decay = options.weight_decay!.Value;
        foreach (var parameter in group.Parameters)
        {
            if (parameter.grad is not { } gradient)
                continue;
            if (options.maximize!.Value)
                gradient = Aten.Neg.Call(gradient);
            if (decay != 0)
                gradient = Aten.AddTensor.Call(gradient, parameter, decay);
            ((State)_state[parameter.Handle]).Step(gradient, options);
        }
    }
}
