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
                /// One scheduler after another: scheduler i runs from milestone i - 1 until milestone i.
                /// </summary>
                public class SequentialLR : LRScheduler
                {
                    private readonly LRScheduler[] schedulers;
                    private readonly int[] milestones;

                    /// <summary>
                    /// Takes over <paramref name="schedulers"/>, made for the same optimiser just before.
                    /// </summary>
                    /// <exception cref="ArgumentException">
                    /// A scheduler is another optimiser's, or there is not one milestone less than
                    /// schedulers.
                    /// </exception>
                    public SequentialLR(
                        Optimizer optimizer,
                        IEnumerable<LRScheduler> schedulers,
                        IEnumerable<int> milestones,
                        int last_epoch = -1
                    )
                        : base(optimizer, last_epoch + 1)
                    {
                        this.schedulers = [.. schedulers];
                        this.milestones = [.. milestones];
                        if (this.schedulers.Any(scheduler => scheduler._optimizer != optimizer))
                            throw new ArgumentException(
                                "The schedulers must be made for this optimiser.",
                                nameof(schedulers)
                            );
                        if (this.milestones.Length != this.schedulers.Length - 1)
                            throw new ArgumentException(
                                $"There must be one milestone less than schedulers; got "
                                    + $"{this.milestones.Length} milestones "
                                    + $"and {this.schedulers.Length} schedulers.",
                                nameof(milestones)
                            );
                        // Making them set the rates one over the other; epoch 0 is the first one's alone.
                        foreach (var group in optimizer.ParamGroups)
                            group.LearningRate = group.InitialLearningRate;
                        foreach (var scheduler in this.schedulers)
                            scheduler._last_epoch--;
                        this.schedulers[0].step();
                        _last_lrs = [.. this.schedulers[0]._last_lrs];
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        var place = milestones.Count(milestone => milestone <= _last_epoch);
                        if (place > 0 && milestones[place - 1] == _last_epoch)
                            schedulers[place].step(0);
                        else
                            schedulers[place].step();
                        return Scaled(1);
                    }
                }

                /// <summary>Several schedulers at once: each scales what the one before it left.</summary>
                public class ChainedLR : LRScheduler
                {
                    private readonly LRScheduler[] schedulers;

                    /// <summary>Takes over <paramref name="schedulers"/>.</summary>
                    public ChainedLR(IEnumerable<LRScheduler> schedulers) =>
                        this.schedulers = [.. schedulers];

                    /// <inheritdoc/>
                    public override void step() => step(null);

                    /// <inheritdoc/>
                    public override void step(int? epoch)
                    {
                        foreach (var scheduler in schedulers)
                            scheduler.step(epoch);
                        _last_lrs = [.. schedulers.LastOrDefault()?._last_lrs ?? []];
                    }
                }
            }
        }
    }
}
