using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Optimisers: what changes parameters along their gradients.</summary>
    public static partial class optim
    {
        /// <summary>
        /// What changes parameters along their gradients, in groups with their own settings.
        /// </summary>
        public abstract partial class Optimizer : IDisposable
        {
            /// <summary>The groups, in the order in which they were added.</summary>
            protected IList<ParamGroup> _parameter_groups = [];

            /// <summary>
            /// An optimiser without groups; all are managed code, so no native handle is kept.
            /// </summary>
            protected Optimizer(IntPtr handle)
            {
                if (handle != 0)
                    throw new NotSupportedException(
                        "An optimiser is managed code; give IntPtr.Zero as its handle."
                    );
            }

            /// <summary>The groups, as a scheduler sees them: their learning rates.</summary>
            public virtual IEnumerable<ILearningRateController> ParamGroups => _parameter_groups;

            /// <summary>The parameters of all groups, in order.</summary>
            public virtual IEnumerable<Parameter> parameters() =>
                _parameter_groups.SelectMany(group => group.Parameters);

            /// <summary>Changes every parameter that has a gradient by one step.</summary>
            /// <param name="closure">Computes the loss and its gradients anew; run first, if given.</param>
            /// <returns>The closure's loss, or null without a closure.</returns>
            public abstract Tensor? step(Func<Tensor>? closure = null);

            /// <summary>
            /// Sets every gradient to zero, in place; a parameter without a gradient keeps none.
            /// </summary>
            public virtual void zero_grad()
            {
                using var unrecorded = no_grad();
                foreach (var group in _parameter_groups)
                foreach (var parameter in group.Parameters)
                {
                    using var gradient = parameter.grad;
                    if (gradient is not null)
                        Aten.Zero_.Run(gradient);
                }
            }

            /// <summary>Adds a group of parameters with settings of their own.</summary>
            public virtual void add_param_group(ParamGroup param_group) => _parameter_groups.Add(param_group);

            /// <summary>Frees what the optimiser keeps for its parameters; the parameters stay.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Frees what the optimiser keeps for its parameters.</summary>
            protected virtual void Dispose(bool disposing) { }
        }

        /// <summary>What a learning-rate scheduler turns.</summary>
        public interface ILearningRateController
        {
            /// <summary>The learning rate of the next step.</summary>
            double LearningRate { set; get; }

            /// <summary>The learning rate at the start, which schedulers scale.</summary>
            double InitialLearningRate { set; get; }
        }

        /// <summary>What has a momentum that a scheduler can turn.</summary>
        public interface IMomentum
        {
            /// <summary>The momentum of the next step.</summary>
            double Momentum { get; set; }
        }

        /// <summary>What has decay rates of its moments that a scheduler can turn.</summary>
        public interface IBetas
        {
            /// <summary>The decay rates of the first and second moment.</summary>
            (double, double) Betas { get; set; }
        }
    }
}
