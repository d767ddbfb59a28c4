using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// Adam with weight decay apart from the gradient: <c>p = (1 - lr weight_decay) p</c>, then the step of
/// <see cref="Adam"/> without weight decay.
/// </summary>
/// <remarks>Loshchilov and Hutter 2019. Parameters are real.</remarks>
public partial class AdamW : OptimizerHelper, IBetas
{
    /// <summary>An optimiser of one group.</summary>
    /// <exception cref="ArgumentException">A rate is negative, or a beta is not in [0, 1).</exception>
    public AdamW(
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
    public AdamW(
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
        _defaults = Adam.Options.Checked(
            new Options(),
            lr,
            beta1,
            beta2,
            eps,
            weight_decay,
            amsgrad,
            maximize
        );
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
                Aten.Mul_Scalar.Run(parameter, 1 - options.LearningRate!.Value * decay);
            ((State)_state[parameter.Handle]).Step(gradient, options);
        }
    }

    /// <summary>The moments of one parameter's gradients.</summary>
    public sealed class State : Adam.State
    {
        /// <summary>State of <paramref name="parameter"/>.</summary>
        public State(Parameter parameter)
            : base(parameter) { }
    }

    /// <summary>The settings of a group.</summary>
    public class Options : Adam.Options;

    /// <summary>Parameters that share their settings.</summary>
    public class ParamGroup : ParamGroup<Options>, IBetas
    {
        /// <summary>A group without parameters and settings yet.</summary>
        public ParamGroup() { }

        /// <summary>
        /// A group; what is null in <paramref name="options"/> takes the optimiser's default.
        /// </summary>
        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options) { }

        /// <summary>A group with all settings.</summary>
        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        )
            : base(
                parameters,
                Adam.Options.Checked(new Options(), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
            ) { }

        /// <summary>The decay rates of the moments.</summary>
        public (double, double) Betas
        {
            get => Options.Betas;
            set => Options.Betas = value;
        }
    }
}
