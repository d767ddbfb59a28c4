using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// Adagrad. With gradient g (g + weight_decay p with weight decay) and step number t: <c>s = s + g^2</c>,
/// <c>p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)</c>.
/// </summary>
/// <remarks>Duchi, Hazan and Singer 2011. Parameters are real.</remarks>
public partial class Adagrad : OptimizerHelper
{
    /// <summary>An optimiser of one group.</summary>
    /// <exception cref="ArgumentException">A setting is negative.</exception>
    public Adagrad(
        IEnumerable<Parameter> parameters,
        double lr = 1e-2,
        double lr_decay = 0,
        double weight_decay = 0,
        double initial_accumulator_value = 0,
        double eps = 1e-10
    )
        : this(
            [new ParamGroup { Parameters = parameters }],
            lr,
            lr_decay,
            weight_decay,
            initial_accumulator_value,
            eps
        ) { }

    /// <summary>
    /// An optimiser of several groups; settings that a group lacks are the ones given here.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is negative.</exception>
    public Adagrad(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-2,
        double lr_decay = 0,
        double weight_decay = 0,
        double initial_accumulator_value = 0,
        double eps = 1e-10
    )
    {
        Check.NotNegative(lr);
        Check.NotNegative(lr_decay);
        Check.NotNegative(weight_decay);
        Check.NotNegative(initial_accumulator_value);
        Check.NotNegative(eps);
        _defaults = new Options
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            lr_decay = lr_decay,
            weight_decay = weight_decay,
            initial_accumulator_value = initial_accumulator_value,
            eps = eps,
        };
        foreach (var group in parameters)
            add_param_group(group);
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
            if (decay != 0)
                gradient = Aten.AddTensor.Call(gradient, parameter, decay);
            ((State)_state[parameter.Handle]).Step(gradient, options);
        }
    }

    /// <summary>The sum of one parameter's squared gradients.</summary>
    public sealed class State : BufferState
    {
        /// <summary>State of <paramref name="parameter"/>.</summary>
        public State(Parameter parameter)
            : base(parameter, 1, 1) { }

        /// <summary>The sum s of the squared gradients.</summary>
        public Tensor sum
        {
            get => Buffer(0)!;
            set => SetBuffer(0, value);
        }

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Fill(0, ((Options)options).initial_accumulator_value!.Value);
        }

        internal void Step(Tensor gradient, Options options)
        {
            var rate = options.LearningRate!.Value / (1 + step * options.lr_decay!.Value);
            step++;
            Aten.Addcmul_.Run(sum, gradient, gradient, 1.0);
            using var root = Aten.Sqrt.Call(sum);
            Aten.Add_Scalar.Run(root, options.eps!.Value, 1L);
            Aten.Addcdiv_.Run(_parameter, gradient, root, -rate);
        }
    }

    /// <summary>The settings of a group.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>By how much the divisor of the learning rate grows each step.</summary>
        public double? lr_decay;

        /// <summary>What the sum of squares starts from.</summary>
        public double? initial_accumulator_value;

        /// <summary>What is added to the root of the sum.</summary>
        public double? eps;

        /// <summary>The factor of the parameter that is added to its gradient.</summary>
        public double? weight_decay;

        internal override void Visit(IOptionVisitor visitor, OptimizerOptions other)
        {
            var source = (Options)other;
            visitor.Number(ref lr_decay, source.lr_decay);
            visitor.Number(ref initial_accumulator_value, source.initial_accumulator_value);
            visitor.Number(ref eps, source.eps);
            visitor.Number(ref weight_decay, source.weight_decay);
        }
    }

    /// <summary>Parameters that share their settings.</summary>
    public class ParamGroup : ParamGroup<Options>
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
            double lr = 0.01,
            double lr_decay = 0,
            double weight_decay = 0,
            double initial_accumulator_value = 0,
            double eps = 1e-10
        )
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    lr_decay = lr_decay,
                    weight_decay = weight_decay,
                    initial_accumulator_value = initial_accumulator_value,
                    eps = eps,
                }
            ) { }
    }
}
