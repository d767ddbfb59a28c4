namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>
                /// The momentum of each group, or its first beta, as a schedule that cycles it sees it.
                /// </summary>
                private sealed class MomentumCycle
                {
                    private readonly ILearningRateController[] groups;
                    internal readonly double[] Low;
                    internal readonly double[] High;

                    /// <exception cref="ArgumentException">
                    /// The groups have neither momentum nor betas.
                    /// </exception>
                    internal MomentumCycle(
                        Optimizer optimizer,
                        IEnumerable<double> low,
                        IEnumerable<double> high
                    )
                    {
                        groups = [.. optimizer.ParamGroups];
                        if (!groups.All(group => group is IMomentum or IBetas))
                            throw new ArgumentException(
                                "The optimiser's groups must have a momentum or betas to cycle; "
                                    + "give cycle_momentum: false.",
                                nameof(optimizer)
                            );
                        Low = PerGroup(low, groups.Length, "base_momentum");
                        High = PerGroup(high, groups.Length, "max_momentum");
                    }

                    internal void Set(int place, double momentum)
                    {
                        if (groups[place] is IBetas betas)
                            betas.Betas = (momentum, betas.Betas.Item2);
                        else
                            ((IMomentum)groups[place]).Momentum = momentum;
                    }
                }
            }
        }
    }
}
