using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// Adam. With gradient g (g + weight_decay p with weight decay) and step number t:
/// <c>m = beta1 m + (1 - beta1) g</c>, <c>v = beta2 v + (1 - beta2) g^2</c>,
/// <c>p = p - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)</c>; with amsgrad the largest v so far.
/// </summary>
/// <remarks>Kingma and Ba 2015; amsgrad: Reddi, Kale and Kumar 2018. Parameters are real.</remarks>
public partial class Adam : OptimizerHelper, IBetas
{
    /// <summary>An optimiser of one group.</summary>
    /// <exception cref="ArgumentException">A rate is negative, or a beta is not in [0, 1).</exception>
    public Adam(
        IEnumerable<Parameter> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false
    )
        : this(
            [new ParamGroup { Parameters = parameters }],
            lr,
            beta1,
            beta2,
            eps,
            weight_decay,
            amsgrad,
            maximize
        ) { }

    /// <summary>
    /// An optimiser of several groups; settings that a group lacks are the ones given here.
    /// </summary>
    /// <exception cref="ArgumentException">A rate is negative, or a beta is not in [0, 1).</exception>
    public Adam(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false
    )
    {
        _defaults = Options.Checked(new Options(), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        foreach (var group in parameters)
            add_param_group(group);
    }

    /// <summary>The decay rates of the moments of groups to come.</summary>
    public (double, double) Betas
    {
        get => ((Options)_defaults).Betas;
        set => ((Options)_defaults).Betas = value;
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
