using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// Stochastic gradient descent. With gradient g (g + weight_decay p with weight decay):
/// <c>v = momentum v + (1 - dampening) g</c> (at first <c>v = g</c>), <c>p = p - lr v</c>; with Nesterov's
/// momentum <c>p = p - lr (g + momentum v)</c>.
/// </summary>
/// <remarks>To maximise, g is the negative gradient; weight decay still shrinks.</remarks>
public partial class SGD : OptimizerHelper, IMomentum
{
    /// <summary>An optimiser of one group.</summary>
    /// <exception cref="ArgumentException">
    /// A rate is negative, or Nesterov's momentum lacks a momentum.
    /// </exception>
    public SGD(
        IEnumerable<Parameter> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false
    )
        : this(
            [new ParamGroup { Parameters = parameters }],
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            maximize
        ) { }

    /// <summary>
    /// An optimiser of several groups; settings that a group lacks are the ones given here.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A rate is negative, or Nesterov's momentum lacks a momentum.
    /// </exception>
    public SGD(
        IEnumerable<ParamGroup> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false
    )
    {
        Check.NotNegative(lr);
        Check.NotNegative(momentum);
        Check.NotNegative(weight_decay);
        if (nesterov && (momentum <= 0 || dampening != 0))
            throw new ArgumentException(
                $"Nesterov's momentum requires momentum > 0 and dampening 0; got {momentum} and {dampening}.",
                nameof(nesterov)
            );
        _defaults = new Options
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            momentum = momentum,
            dampening = dampening,
            weight_decay = weight_decay,
            nesterov = nesterov,
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
        foreach (var parameter in group.Parameters)
            if (parameter.grad is { } gradient)
                Step(parameter, gradient, options);
    }

    // Each term is added where it ends up, so no gradient is copied: the decay of p goes into the velocity,
    // and without momentum (or beside Nesterov's) into p itself.
    private void Step(Parameter parameter, Tensor gradient, Options options)
    {
        var rate = options.LearningRate!.Value;
        var momentum = options.momentum!.Value;
        var decay = options.weight_decay!.Value;
        var sign = options.maximize!.Value ? -1.0 : 1.0;
        if (momentum == 0)
        {
            Move(parameter, gradient, rate, decay, sign);
            return;
        }
        var velocity = ((State)_state[parameter.Handle]).Advance(gradient, sign, options);
        if (options.nesterov!.Value)
        {
            Move(parameter, gradient, rate, decay, sign);
            Aten.Add_Tensor.Run(parameter, velocity, -rate * momentum);
        }
        else
            Aten.Add_Tensor.Run(parameter, velocity, -rate);
    }

    // p = p - rate (sign g + decay p)
    private static void Move(Parameter parameter, Tensor gradient, double rate, double decay, double sign)
    {
        if (decay != 0)
            Aten.Mul_Scalar.Run(parameter, 1 - rate * decay);
        Aten.Add_Tensor.Run(parameter, gradient, -rate * sign);
    }
}
