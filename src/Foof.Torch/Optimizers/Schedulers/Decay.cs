namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>The initial rate times gamma^(epoch / step_size), divided as integers.</summary>
                public class StepLR : LRScheduler
                {
                    private readonly int step_size;
                    private readonly double gamma;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public StepLR(
                        Optimizer optimizer,
                        int step_size,
                        double gamma = 0.1,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentOutOfRangeException.ThrowIfLessThan(step_size, 1);
                        this.step_size = step_size;
                        this.gamma = gamma;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Scaled(_last_epoch == 0 || _last_epoch % step_size != 0 ? 1 : gamma);

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(Math.Pow(gamma, _last_epoch / step_size));
                }

                /// <summary>The initial rate times gamma for each milestone that was reached.</summary>
                public class MultiStepLR : LRScheduler
                {
                    private readonly int[] milestones;
                    private readonly double gamma;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public MultiStepLR(
                        Optimizer optimizer,
                        IList<int> milestones,
                        double gamma = 0.1,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        this.milestones = [.. milestones.Distinct()];
                        this.gamma = gamma;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Scaled(milestones.Contains(_last_epoch) ? gamma : 1);

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(Math.Pow(gamma, milestones.Count(milestone => milestone <= _last_epoch)));
                }

                /// <summary>The initial rate times gamma^epoch.</summary>
                public class ExponentialLR : LRScheduler
                {
                    private readonly double gamma;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public ExponentialLR(
                        Optimizer optimizer,
                        double gamma = 0.1,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        this.gamma = gamma;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() => Scaled(_last_epoch == 0 ? 1 : gamma);

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(Math.Pow(gamma, _last_epoch));
                }

                /// <summary>
                /// The initial rate times (1 - min(epoch, total_iters) / total_iters)^power.
                /// </summary>
                public class PolynomialLR : LRScheduler
                {
                    private readonly double total_iters;
                    private readonly double power;

                    /// <summary>
                    /// A schedule that starts with epoch <paramref name="last_epoch"/> + 1.
                    /// </summary>
                    public PolynomialLR(
                        Optimizer optimizer,
                        int total_iters = 5,
                        double power = 1.0,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentOutOfRangeException.ThrowIfLessThan(total_iters, 1);
                        this.total_iters = total_iters;
                        this.power = power;
                        step();
                    }

                    private double Left(int epoch) =>
                        Math.Pow(1 - Math.Min(total_iters, epoch) / total_iters, power);

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Scaled(
                            _last_epoch == 0 || _last_epoch > total_iters
                                ? 1
                                : Left(_last_epoch) / Left(_last_epoch - 1)
                        );

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        ScaledBase(Left(_last_epoch));
                }
            }
        }
    }
}
