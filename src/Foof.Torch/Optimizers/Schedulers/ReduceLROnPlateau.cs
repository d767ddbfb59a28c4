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
                /// Scales the rates by a factor when a measure did not improve for more than <c>patience</c>
                /// epochs.
                /// </summary>
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly Func<double, double, bool> better;
                    private readonly double factor;
                    private readonly int patience;
                    private readonly int cooldown;
                    private readonly double[] min_lr;
                    private readonly double eps;
                    private double best;
                    private int waited;
                    private int cooling;

                    /// <summary>
                    /// A scheduler of the measure that is given to <see cref="step(double, int?)"/>.
                    /// </summary>
                    /// <param name="optimizer">Whose rates to set.</param>
                    /// <param name="mode">
                    /// "min" where the measure should fall, "max" where it should rise.
                    /// </param>
                    /// <param name="factor">What the rates are multiplied with; below 1.</param>
                    /// <param name="patience">How many epochs without improvement are borne.</param>
                    /// <param name="threshold">How much counts as an improvement.</param>
                    /// <param name="threshold_mode">
                    /// "rel": threshold is a share of the best measure; "abs": a difference.
                    /// </param>
                    /// <param name="cooldown">How many epochs after a reduction nothing is counted.</param>
                    /// <param name="min_lr">The lowest rate: none, one for all, or one a group.</param>
                    /// <param name="eps">A reduction by less than this is left out.</param>
                    /// <param name="verbose">Whether to print each reduction.</param>
                    /// <exception cref="ArgumentException">
                    /// A mode is unknown, or factor is not below 1.
                    /// </exception>
                    public ReduceLROnPlateau(
                        Optimizer optimizer,
                        string mode = "min",
                        double factor = 0.1,
                        int patience = 10,
                        double threshold = 1e-4,
                        string threshold_mode = "rel",
                        int cooldown = 0,
                        IList<double>? min_lr = null,
                        double eps = 1e-8,
                        bool verbose = false
                    )
                        : base(optimizer, -1, verbose)
                    {
                        if (!(factor < 1))
                            throw new ArgumentException(
                                $"factor must be below 1; got {factor}.",
                                nameof(factor)
                            );
                        better = Comparison(mode, threshold, threshold_mode);
                        best = mode == "min" ? double.PositiveInfinity : double.NegativeInfinity;
                        this.factor = factor;
                        this.patience = patience;
                        this.cooldown = cooldown;
                        var floors = min_lr is null or [] ? [0.0] : min_lr;
                        this.min_lr = PerGroup(
                            floors.Count == 1 ? _base_lrs.Select(_ => floors[0]) : floors,
                            _base_lrs.Count,
                            nameof(min_lr)
                        );
                        this.eps = eps;
                    }

                    private static Func<double, double, bool> Comparison(
                        string mode,
                        double threshold,
                        string threshold_mode
                    ) =>
                        (mode, threshold_mode) switch
                        {
                            ("min", "rel") => (a, best) => a < best * (1 - threshold),
                            ("min", "abs") => (a, best) => a < best - threshold,
                            ("max", "rel") => (a, best) => a > best * (1 + threshold),
                            ("max", "abs") => (a, best) => a > best + threshold,
                            _ => throw new ArgumentException(
                                $"mode must be min or max and threshold_mode rel or abs; "
                                    + $"got '{mode}' and '{threshold_mode}'."
                            ),
                        };

                    /// <summary>
                    /// Takes note of the measure of an epoch, and scales the rates if it is time.
                    /// </summary>
                    public override void step(double current, int? epoch = null)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        var improved = better(current, best);
                        if (improved)
                            best = current;
                        waited = improved || cooling > 0 ? 0 : waited + 1;
                        cooling = Math.Max(0, cooling - 1);
                        if (waited <= patience)
                            return;
                        Apply([.. Groups.Zip(min_lr, (group, floor) => Reduced(group.LearningRate, floor))]);
                        cooling = cooldown;
                        waited = 0;
                    }

                    private double Reduced(double rate, double floor)
                    {
                        var reduced = Math.Max(rate * factor, floor);
                        return rate - reduced > eps ? reduced : rate;
                    }

                    /// <summary>Not for this scheduler: it needs the measure.</summary>
                    /// <exception cref="InvalidOperationException">Always.</exception>
                    public override void step() => step((int?)null);

                    /// <summary>Not for this scheduler: it needs the measure.</summary>
                    /// <exception cref="InvalidOperationException">Always.</exception>
                    public override void step(int? epoch) =>
                        throw new InvalidOperationException(
                            "ReduceLROnPlateau needs the measure: call step(measure)."
                        );
                }
            }
        }
    }
}
