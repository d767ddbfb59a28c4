using TorchSharp.Modules;

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
                /// The initial rate times factor, and from epoch total_iters on the initial rate.
                /// </summary>
                public class ConstantLR : LRScheduler
                {
                    private readonly double factor;
                    private readonly int total_iters;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public ConstantLR(
                        Optimizer optimizer,
                        double factor = 1.0 / 3,
                        int total_iters = 5,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        Check.Positive(factor);
                        this.factor = factor;
                        this.total_iters = total_iters;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Scaled(
                            _last_epoch == 0 ? factor
                            : _last_epoch == total_iters ? 1 / factor
                            : 1
                        );

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(_last_epoch >= total_iters ? 1 : factor);
                }

                /// <summary>
                /// The initial rate times a factor that goes linearly from start_factor to end_factor in
                /// total_iters epochs.
                /// </summary>
                public class LinearLR : LRScheduler
                {
                    private readonly double start_factor;
                    private readonly double end_factor;
                    private readonly int total_iters;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public LinearLR(
                        Optimizer optimizer,
                        double start_factor = 1.0 / 3,
                        double end_factor = 1.0,
                        int total_iters = 5,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentOutOfRangeException.ThrowIfLessThan(total_iters, 1);
                        Check.Positive(start_factor);
                        this.start_factor = start_factor;
                        this.end_factor = end_factor;
                        this.total_iters = total_iters;
                        step();
                    }

                    private double Factor(int epoch) =>
                        start_factor
                        + (end_factor - start_factor) * Math.Min(total_iters, epoch) / total_iters;

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Scaled(
                            _last_epoch == 0 ? start_factor
                            : _last_epoch > total_iters ? 1
                            : Factor(_last_epoch) / Factor(_last_epoch - 1)
                        );

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(Factor(_last_epoch));
                }
            }
        }
    }
}
