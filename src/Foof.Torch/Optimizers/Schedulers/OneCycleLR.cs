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
                /// One cycle: the rate climbs from max_lr / div_factor to max_lr in the first pct_start of
                /// the steps, then falls to its start / final_div_factor, while the momentum falls and
                /// climbs. Step it after each batch.
                /// </summary>
                /// <remarks>
                /// Smith and Topin 2019. With three phases the rate falls as long as it climbed, then to its
                /// end.
                /// </remarks>
                public class OneCycleLR : LRScheduler
                {
                    /// <summary>The way from one bound to the next.</summary>
                    public enum AnnealStrategy
                    {
                        /// <summary>Half a period of the cosine.</summary>
                        Cos,

                        /// <summary>A straight line.</summary>
                        Linear,
                    }

                    private readonly record struct Bound(double[] Rates, double[]? Momenta);

                    private readonly record struct Phase(double End, Bound From, Bound To);

                    private readonly int steps;
                    private readonly AnnealStrategy strategy;
                    private readonly MomentumCycle? cycle;
                    private readonly Phase[] phases;

                    /// <summary>The same bounds for every group.</summary>
                    public OneCycleLR(
                        Optimizer optimizer,
                        double max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        double base_momentum = 0.85,
                        double max_momentum = 0.95,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : this(
                            optimizer,
                            optimizer.ParamGroups.Select(_ => max_lr),
                            total_steps,
                            epochs,
                            steps_per_epoch,
                            pct_start,
                            anneal_strategy,
                            cycle_momentum,
                            optimizer.ParamGroups.Select(_ => base_momentum),
                            optimizer.ParamGroups.Select(_ => max_momentum),
                            div_factor,
                            final_div_factor,
                            three_phase,
                            last_epoch,
                            verbose
                        ) { }

                    /// <summary>Bounds for each group.</summary>
                    /// <exception cref="ArgumentException">
                    /// Neither total_steps nor epochs and steps_per_epoch are positive, or pct_start is not
                    /// in [0, 1].
                    /// </exception>
                    public OneCycleLR(
                        Optimizer optimizer,
                        IEnumerable<double> max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        IEnumerable<double>? base_momentum = null,
                        IEnumerable<double>? max_momentum = null,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        if (!(pct_start >= 0 && pct_start <= 1))
                            throw new ArgumentException(
                                $"pct_start must lie in [0, 1]; got {pct_start}.",
                                nameof(pct_start)
                            );
                        steps = Steps(total_steps, epochs, steps_per_epoch);
                        strategy = anneal_strategy;
                        if (cycle_momentum)
                            cycle = new(
                                optimizer,
                                base_momentum ?? _base_lrs.Select(_ => 0.85),
                                max_momentum ?? _base_lrs.Select(_ => 0.95)
                            );
                        var top = PerGroup(max_lr, _base_lrs.Count, nameof(max_lr));
                        var start = new Bound([.. top.Select(rate => rate / div_factor)], cycle?.High);
                        var peak = new Bound(top, cycle?.Low);
                        var end = new Bound(
                            [.. start.Rates.Select(rate => rate / final_div_factor)],
                            cycle?.High
                        );
                        phases = three_phase
                            ?
                            [
                                new(pct_start * steps - 1, start, peak),
                                new(2 * pct_start * steps - 2, peak, start),
                                new(steps - 1, start, end),
                            ]
                            : [new(pct_start * steps - 1, start, peak), new(steps - 1, peak, end)];
                        step();
                    }

                    private static int Steps(int total_steps, int epochs, int steps_per_epoch) =>
                        total_steps > 0 ? total_steps
                        : total_steps == -1 && epochs > 0 && steps_per_epoch > 0
                            ? checked(epochs * steps_per_epoch)
                        : throw new ArgumentException(
                            "total_steps, or else epochs and steps_per_epoch, must be positive; "
                                + $"got {total_steps}, {epochs} and {steps_per_epoch}."
                        );

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > steps)
                            throw new InvalidOperationException(
                                $"The schedule has {steps} steps; this would be step {_last_epoch}."
                            );
                        var place = Array.FindIndex(phases, phase => _last_epoch <= phase.End);
                        place = place < 0 ? phases.Length - 1 : place;
                        var (phase, begin) = (phases[place], place == 0 ? 0 : phases[place - 1].End);
                        var share =
                            phase.End > begin ? Math.Min(1, (_last_epoch - begin) / (phase.End - begin)) : 1;
                        for (var i = 0; i < _base_lrs.Count; i++)
                        {
                            cycle?.Set(i, Between(phase.From.Momenta![i], phase.To.Momenta![i], share));
                            yield return Between(phase.From.Rates[i], phase.To.Rates[i], share);
                        }
                    }

                    private double Between(double from, double to, double share) =>
                        strategy == AnnealStrategy.Linear
                            ? from + (to - from) * share
                            : to + (from - to) / 2 * (Math.Cos(Math.PI * share) + 1);
                }
            }
        }
    }
}
