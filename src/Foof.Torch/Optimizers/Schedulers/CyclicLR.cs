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
                /// The rate climbs from base_lr to max_lr and back, cycle after cycle, while the momentum
                /// falls and climbs.
                /// </summary>
                /// <remarks>
                /// Smith 2017. The height of cycle c (from 1) is scaled by 1 (Triangular), 1 / 2^(c - 1)
                /// (Triangular2), gamma^epoch (ExpRange), or by <c>scale_fn</c>; momentum = max_momentum -
                /// scaled height.
                /// </remarks>
                public class CyclicLR : LRScheduler
                {
                    /// <summary>How the height of the cycles changes.</summary>
                    public enum Mode
                    {
                        /// <summary>All are equally high.</summary>
                        Triangular,

                        /// <summary>Each is half as high as the one before.</summary>
                        Triangular2,

                        /// <summary>They fall by gamma each epoch.</summary>
                        ExpRange,
                    }

                    /// <summary>What a scale function is given.</summary>
                    public enum ScaleMode
                    {
                        /// <summary>The number of the cycle, from 1.</summary>
                        Cycle,

                        /// <summary>The epoch.</summary>
                        Iterations,
                    }

                    private readonly double[] max_lr;
                    private readonly double length;
                    private readonly double climbing;
                    private readonly Func<double, double> scale;
                    private readonly ScaleMode scaledBy;
                    private readonly MomentumCycle? cycle;

                    /// <summary>The same bounds for every group.</summary>
                    public CyclicLR(
                        Optimizer optimizer,
                        double base_lr,
                        double max_lr,
                        int step_size_up = 2000,
                        int step_size_down = -1,
                        Mode mode = Mode.Triangular,
                        double gamma = 1.0,
                        Func<double, double>? scale_fn = null,
                        ScaleMode scale_mode = ScaleMode.Cycle,
                        bool cycle_momentum = true,
                        double base_momentum = 0.8,
                        double max_momentum = 0.9,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : this(
                            optimizer,
                            optimizer.ParamGroups.Select(_ => base_lr),
                            optimizer.ParamGroups.Select(_ => max_lr),
                            step_size_up,
                            step_size_down,
                            mode,
                            gamma,
                            scale_fn,
                            scale_mode,
                            cycle_momentum,
                            optimizer.ParamGroups.Select(_ => base_momentum),
                            optimizer.ParamGroups.Select(_ => max_momentum),
                            last_epoch,
                            verbose
                        ) { }

                    /// <summary>Bounds for each group.</summary>
                    public CyclicLR(
                        Optimizer optimizer,
                        IEnumerable<double> base_lr,
                        IEnumerable<double> max_lr,
                        int step_size_up = 2000,
                        int step_size_down = -1,
                        Mode mode = Mode.Triangular,
                        double gamma = 1.0,
                        Func<double, double>? scale_fn = null,
                        ScaleMode scale_mode = ScaleMode.Cycle,
                        bool cycle_momentum = true,
                        IEnumerable<double>? base_momentum = null,
                        IEnumerable<double>? max_momentum = null,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentOutOfRangeException.ThrowIfLessThan(step_size_up, 1);
                        length = step_size_up + (step_size_down == -1 ? step_size_up : step_size_down);
                        climbing = step_size_up / length;
                        this.max_lr = PerGroup(max_lr, _base_lrs.Count, nameof(max_lr));
                        _base_lrs = PerGroup(base_lr, _base_lrs.Count, nameof(base_lr));
                        (scale, scaledBy) = scale_fn is null ? ScaleOf(mode, gamma) : (scale_fn, scale_mode);
                        if (cycle_momentum)
                            cycle = new(
                                optimizer,
                                base_momentum ?? _base_lrs.Select(_ => 0.8),
                                max_momentum ?? _base_lrs.Select(_ => 0.9)
                            );
                        step();
                    }

                    private static (Func<double, double>, ScaleMode) ScaleOf(Mode mode, double gamma) =>
                        mode switch
                        {
                            Mode.Triangular2 => (c => Math.Pow(2, 1 - c), ScaleMode.Cycle),
                            Mode.ExpRange => (epoch => Math.Pow(gamma, epoch), ScaleMode.Iterations),
                            _ => (_ => 1, ScaleMode.Cycle),
                        };

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        var done = Math.Floor(_last_epoch / length);
                        var position = _last_epoch / length - done;
                        var height =
                            (position <= climbing ? position / climbing : (1 - position) / (1 - climbing))
                            * scale(scaledBy == ScaleMode.Cycle ? done + 1 : _last_epoch);
                        for (var i = 0; i < _base_lrs.Count; i++)
                        {
                            cycle?.Set(i, cycle.High[i] - (cycle.High[i] - cycle.Low[i]) * height);
                            yield return _base_lrs[i] + (max_lr[i] - _base_lrs[i]) * height;
                        }
                    }
                }
            }
        }
    }
}
