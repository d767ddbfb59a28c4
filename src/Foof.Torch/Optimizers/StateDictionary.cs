using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public abstract partial class Optimizer
        {
            /// <summary>
            /// An optimiser's settings and state: the live objects, not copies, so it follows the optimiser.
            /// </summary>
            public class StateDictionary
            {
                internal StateDictionary() { }

                /// <summary>The settings of each group.</summary>
                public List<OptimizerOptions> Options { get; } = [];

                /// <summary>The state of each parameter, group by group.</summary>
                public List<OptimizerState> State { get; } = [];

                /// <summary>
                /// For each group, where in <see cref="State"/> its parameters' states are.
                /// </summary>
                public List<List<int>> StateIndexRef { get; } = [];
            }
        }
    }
}
