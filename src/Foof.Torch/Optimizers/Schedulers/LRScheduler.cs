namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>
        /// Schedules of the learning rates. A scheduler sets the rates for epoch 0 when it is made; call its
        /// <c>step</c> once per epoch (or per batch), after the optimiser's.
        /// </summary>
        public static partial class lr_scheduler
        {
            /// <summary>A schedule of the learning rates of an optimiser's groups.</summary>
            public abstract partial class LRScheduler
            {
                internal Optimizer _optimizer = null!;
                internal int _last_epoch = -1;
                internal bool _verbose;
                internal IList<double> _last_lrs = [];
                internal IList<double> _base_lrs = [];

                /// <summary>How often the scheduler stepped, epoch 0 included.</summary>
                protected int _step_count;

                /// <summary>A scheduler that drives others.</summary>
                protected LRScheduler() { }

                /// <summary>A scheduler of <paramref name="optimizer"/>, before epoch 0.</summary>
                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    _base_lrs = [.. optimizer.ParamGroups.Select(group => group.InitialLearningRate)];
                    _last_lrs = [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
                }

                internal IReadOnlyList<ILearningRateController> Groups => [.. _optimizer.ParamGroups];

                /// <summary>Sets the rates of the next epoch.</summary>
                public virtual void step() => step(null);

                /// <summary>Sets the rates of <paramref name="epoch"/>, or of the next one.</summary>
                public virtual void step(int? epoch)
                {
                    _step_count++;
                    _last_epoch = epoch ?? _last_epoch + 1;
                    Apply([.. epoch is null ? get_lr() : get_closed_form_lr()]);
                }

                /// <summary>
                /// Sets the rates; only schedulers that watch a measure use <paramref name="current"/>.
                /// </summary>
                public virtual void step(double current, int? epoch = null) => step(epoch);

                /// <summary>The rates of the groups in this epoch, from those in the last one.</summary>
                protected virtual IEnumerable<double> get_lr() => Groups.Select(group => group.LearningRate);

                /// <summary>The rates of the groups in this epoch, from the initial ones.</summary>
                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                /// <summary>The rates that were set last, one a group.</summary>
                public IEnumerable<double> get_last_lr() => _last_lrs;

                /// <summary>Every group's rate times <paramref name="factor"/>.</summary>
                private protected IEnumerable<double> Scaled(double factor) =>
                    Groups.Select(group => group.LearningRate * factor);

                /// <summary>Every group's initial rate times <paramref name="factor"/>.</summary>
                private protected IEnumerable<double> ScaledBase(double factor) =>
                    _base_lrs.Select(rate => rate * factor);

                /// <summary>Sets one rate a group. A group that was added later keeps its own.</summary>
                private protected void Apply(double[] rates)
                {
                    foreach (
                        var (group, place) in Groups.Take(_base_lrs.Count).Select((group, i) => (group, i))
                    )
                    {
                        group.LearningRate = rates[place];
                        if (_verbose && _last_lrs[place] != rates[place])
                            Console.WriteLine(
                                $"Epoch {_last_epoch}: group {place} has learning rate {rates[place]}."
                            );
                        _last_lrs[place] = rates[place];
                    }
                }
            }
        }
    }
}
