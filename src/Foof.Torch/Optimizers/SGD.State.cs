using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

public partial class SGD
{
    /// <summary>The velocity of one parameter.</summary>
    public sealed class State : BufferState
    {
        /// <summary>State of <paramref name="parameter"/>.</summary>
        public State(Parameter parameter)
            : base(parameter, 1, 0) { }

        private protected override bool WritesStep => false;

        /// <summary>The velocity v, or null before the first step with momentum.</summary>
        public Tensor? momentum_buffer
        {
            get => Buffer(0);
            set => SetBuffer(0, value);
        }

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            momentum_buffer = null;
        }

        /// <summary>
        /// v = momentum v + (1 - dampening) (sign g + decay p); at first v = sign g + decay p.
        /// </summary>
        internal Tensor Advance(Tensor gradient, double sign, Options options)
        {
            var velocity = momentum_buffer;
            var share = 1.0;
            if (velocity is null)
            {
                velocity = momentum_buffer = Aten.Clone.Call(gradient);
                if (sign < 0)
                    Aten.Mul_Scalar.Run(velocity, sign);
            }
            else
            {
                share -= options.dampening!.Value;
                Aten.Mul_Scalar.Run(velocity, options.momentum!.Value);
                Aten.Add_Tensor.Run(velocity, gradient, sign * share);
            }
            if (options.weight_decay!.Value != 0)
                Aten.Add_Tensor.Run(velocity, _parameter, share * options.weight_decay!.Value);
            step++;
            return velocity;
        }
    }

    /// <summary>The settings of a group.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>The share of the velocity that is kept.</summary>
        public double? momentum;

        /// <summary>The share of the gradient that the velocity leaves out.</summary>
        public double? dampening;

        /// <summary>The factor of the parameter that is added to its gradient.</summary>
        public double? weight_decay;

        /// <summary>Whether the step looks ahead along the velocity.</summary>
        public bool? nesterov;

        /// <summary>Whether the loss is to grow.</summary>
        public bool? maximize;

        internal override void Visit(IOptionVisitor visitor, OptimizerOptions other)
        {
            var source = (Options)other;
            visitor.Number(ref momentum, source.momentum);
            visitor.Number(ref dampening, source.dampening);
            visitor.Number(ref weight_decay, source.weight_decay);
            visitor.Flag(ref nesterov, source.nesterov);
            visitor.Flag(ref maximize, source.maximize);
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

        /// <summary>A group with all settings.</summary>
        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double momentum = 0.0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false
        )
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    momentum = momentum,
                    dampening = dampening,
                    weight_decay = weight_decay,
                    nesterov = nesterov,
                    maximize = maximize,
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
