namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The schedulers that the factories make.</summary>
            public static partial class impl
            {
                /// <summary>eta_min + (initial rate - eta_min) (1 + cos(pi epoch / T_max)) / 2.</summary>
                /// <remarks>Loshchilov and Hutter 2017, without restarts.</remarks>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double T_max;
                    private readonly double eta_min;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public CosineAnnealingLR(
                        Optimizer optimizer,
                        double T_max,
                        double eta_min = 0,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(T_max);
                        this.T_max = T_max;
                        this.eta_min = eta_min;
                        step();
                    }

                    private double Height(int epoch) => (1 + Math.Cos(Math.PI * epoch / T_max)) / 2;

                    // Where the last height was zero, a ratio of heights says nothing: start anew from the
                    // initial rate.
                    private bool LeavesTheFloor => (_last_epoch - 1 - T_max) % (2 * T_max) == 0;

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        _last_epoch == 0 ? Scaled(1)
                        : LeavesTheFloor
                            ? Groups.Zip(
                                _base_lrs,
                                (g, start) => g.LearningRate + (start - eta_min) * Height(_last_epoch)
                            )
                        : Groups.Select(g =>
                            eta_min
                            + (g.LearningRate - eta_min) * Height(_last_epoch) / Height(_last_epoch - 1)
                        );

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(start => eta_min + (start - eta_min) * Height(_last_epoch));
                }
            }
        }
    }
}
