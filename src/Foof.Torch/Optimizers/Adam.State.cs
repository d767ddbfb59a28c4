using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

public partial class Adam
{
    /// <summary>The moments of one parameter's gradients.</summary>
    public class State : BufferState
    {
        /// <summary>State of <paramref name="parameter"/>.</summary>
        public State(Parameter parameter)
            : base(parameter, 3, 2) { }

        /// <summary>The moving average m of the gradients.</summary>
        public Tensor exp_avg
        {
            get => Buffer(0)!;
            set => SetBuffer(0, value);
        }

        /// <summary>The moving average v of the squared gradients.</summary>
        public Tensor exp_avg_sq
        {
            get => Buffer(1)!;
            set => SetBuffer(1, value);
        }

        /// <summary>The largest v so far, or null without amsgrad.</summary>
        public Tensor? max_exp_avg_sq
        {
            get => Buffer(2);
            set => SetBuffer(2, value);
        }

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Fill(0, 0);
            Fill(1, 0);
            max_exp_avg_sq = null;
            if (((Options)options).amsgrad!.Value)
                Fill(2, 0);
        }

        /// <summary>
        /// Adam's step along <paramref name="gradient"/>, with one temporary: the root of v.
        /// </summary>
        /// <remarks>
        /// lr m / c1 / (sqrt(v / c2) + eps) = (lr sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)),
        /// where ci = 1 - betai^t.
        /// </remarks>
        internal void Step(Tensor gradient, Options options)
        {
            var (beta1, beta2) = options.Betas;
            step++;
            var correction1 = 1 - Math.Pow(beta1, step);
            var correction2 = Math.Sqrt(1 - Math.Pow(beta2, step));
            Aten.Lerp_.Run(exp_avg, gradient, 1 - beta1);
            Aten.Mul_Scalar.Run(exp_avg_sq, beta2);
            Aten.Addcmul_.Run(exp_avg_sq, gradient, gradient, 1 - beta2);
            if (max_exp_avg_sq is { } largest)
                Aten.MaximumOut.Run(largest, exp_avg_sq, largest);
            using var root = Aten.Sqrt.Call(max_exp_avg_sq ?? exp_avg_sq);
            Aten.Add_Scalar.Run(root, options.eps!.Value * correction2, 1L);
            var rate = options.LearningRate!.Value * correction2 / correction1;
            Aten.Addcdiv_.Run(_parameter, exp_avg, root, -rate);
        }
    }

    /// <summary>The settings of a group.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>The share of the first moment that is kept.</summary>
        public double? beta1;

        /// <summary>The share of the second moment that is kept.</summary>
        public double? beta2;

        /// <summary>The factor of the parameter that its gradient, or with AdamW its step, gains.</summary>
        public double? weight_decay;

        /// <summary>What is added to the root of the second moment.</summary>
        public double? eps;

        /// <summary>Whether the largest second moment so far is used.</summary>
        public bool? amsgrad;

        /// <summary>Whether the loss is to grow.</summary>
        public bool? maximize;

        internal (double, double) Betas
        {
            get => (beta1!.Value, beta2!.Value);
            set => (beta1, beta2) = value;
        }

        internal override void Visit(IOptionVisitor visitor, OptimizerOptions other)
        {
            var source = (Options)other;
            visitor.Number(ref beta1, source.beta1);
            visitor.Number(ref beta2, source.beta2);
            visitor.Number(ref eps, source.eps);
            visitor.Number(ref weight_decay, source.weight_decay);
            visitor.Flag(ref amsgrad, source.amsgrad);
            visitor.Flag(ref maximize, source.maximize);
        }

        /// <summary>Fills <paramref name="options"/>, after a check of each value.</summary>
        internal static TOptions Checked<TOptions>(
            TOptions options,
            double lr,
            double beta1,
            double beta2,
            double eps,
            double weight_decay,
            bool amsgrad,
            bool maximize
        )
            where TOptions : Options
        {
            Check.NotNegative(lr);
            Check.BelowOne(beta1);
            Check.BelowOne(beta2);
            Check.NotNegative(eps);
            Check.NotNegative(weight_decay);
            options.LearningRate = lr;
            options.InitialLearningRate = lr;
            options.Betas = (beta1, beta2);
            options.eps = eps;
            options.weight_decay = weight_decay;
            options.amsgrad = amsgrad;
            options.maximize = maximize;
            return options;
        }
    }

    /// <summary>Parameters that share their settings.</summary>
    public class ParamGroup : ParamGroup<Options>, torch.optim.IBetas
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
                Options.Checked(new Options(), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
            ) { }

        /// <summary>The decay rates of the moments.</summary>
        public (double, double) Betas
        {
            get => Options.Betas;
            set => Options.Betas = value;
        }
    }
}
