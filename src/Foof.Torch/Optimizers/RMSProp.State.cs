using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

public partial class RMSProp
{
    /// <summary>The averages of one parameter's gradients.</summary>
    public sealed class State : BufferState
    {
        /// <summary>State of <paramref name="parameter"/>.</summary>
        public State(Parameter parameter)
            : base(parameter, 3, 1) { }

        /// <summary>The moving average v of the squared gradients.</summary>
        public Tensor square_avg
        {
            get => Buffer(0)!;
            set => SetBuffer(0, value);
        }

        /// <summary>The momentum b, or null before the first step with momentum.</summary>
        public Tensor? momentum_buffer
        {
            get => Buffer(1);
            set => SetBuffer(1, value);
        }

        /// <summary>The moving average m of the gradients, or null where v is not centred.</summary>
        public Tensor? grad_avg
        {
            get => Buffer(2);
            set => SetBuffer(2, value);
        }

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Fill(0, 0);
            grad_avg = null;
            momentum_buffer = null;
            if (((Options)options).centered!.Value)
                Fill(2, 0);
        }

        internal void Step(Tensor gradient, Options options)
        {
            var alpha = options.alpha!.Value;
            var rate = options.LearningRate!.Value;
            step++;
            Aten.Mul_Scalar.Run(square_avg, alpha);
            Aten.Addcmul_.Run(square_avg, gradient, gradient, 1 - alpha);
            using var root = Root(gradient, alpha);
            Aten.Add_Scalar.Run(root, options.eps!.Value, 1L);
            if (options.momentum!.Value == 0)
            {
                Aten.Addcdiv_.Run(_parameter, gradient, root, -rate);
                return;
            }
            if (momentum_buffer is null)
                Fill(1, 0);
            Aten.Mul_Scalar.Run(momentum_buffer, options.momentum!.Value);
            Aten.Addcdiv_.Run(momentum_buffer, gradient, root, 1.0);
            Aten.Add_Tensor.Run(_parameter, momentum_buffer, -rate);
        }

        // sqrt(v), or centred sqrt(v - m^2)
        private Tensor Root(Tensor gradient, double alpha)
        {
            if (grad_avg is not { } mean)
                return Aten.Sqrt.Call(square_avg);
            Aten.Lerp_.Run(mean, gradient, 1 - alpha);
            var root = Aten.Addcmul.Call(square_avg, mean, mean, -1.0);
            Aten.Sqrt_.Run(root);
            return root;
        }
    }

    /// <summary>The settings of a group.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>Whether the loss is to grow.</summary>
        public bool? maximize;

        /// <summary>The share of the momentum that is kept.</summary>
        public double? momentum;

        /// <summary>The share of the averages that is kept.</summary>
        public double? alpha;

        /// <summary>What is added to the root of the average.</summary>
        public double? eps;

        /// <summary>The factor of the parameter that is added to its gradient.</summary>
        public double? weight_decay;

        /// <summary>
        /// Whether the mean is taken out of the average of squares; fixed when the group is added.
        /// </summary>
        public bool? centered;

        internal override void Visit(IOptionVisitor visitor, OptimizerOptions other)
        {
            var source = (Options)other;
            visitor.Flag(ref maximize, source.maximize);
            visitor.Number(ref momentum, source.momentum);
            visitor.Number(ref alpha, source.alpha);
            visitor.Number(ref eps, source.eps);
            visitor.Number(ref weight_decay, source.weight_decay);
            visitor.Flag(ref centered, source.centered);
        }
    }

    /// <summary>Parameters that share their settings.</summary>
    public class ParamGroup : ParamGroup<Options>, torch.optim.IMomentum
    {
        /// <summary>A group without parameters and settings yet.</summary>
        public ParamGroup() { }

        /// <summary>
        /// A group; what is null in <paramref name="options"/> takes the optimiser's default.
        /// </summary>
        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options) { }

        /// <summary>A group with all settings but the direction, which is the optimiser's.</summary>
        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double eps = 1e-8,
            double alpha = 0.99,
            double weight_decay = 0,
            double momentum = 0.0,
            bool centered = false
        )
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    eps = eps,
                    alpha = alpha,
                    weight_decay = weight_decay,
                    momentum = momentum,
                    centered = centered,
                }
            ) { }

        /// <summary>The momentum of the next step.</summary>
        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }
}
