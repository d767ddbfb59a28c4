namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>The initial rate times a function of the epoch.</summary>
                public class LambdaLR : LRScheduler
                {
                    private readonly Func<int, double>[] lr_lambdas;

                    /// <summary>The same function for every group.</summary>
                    public LambdaLR(
                        Optimizer optimizer,
                        Func<int, double> lr_lambda,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : this(optimizer, optimizer.ParamGroups.Select(_ => lr_lambda), last_epoch, verbose)
                    { }

                    /// <summary>One function a group.</summary>
                    public LambdaLR(
                        Optimizer optimizer,
                        IEnumerable<Func<int, double>> lr_lambdas,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        this.lr_lambdas = PerGroup(lr_lambdas, _base_lrs.Count, nameof(lr_lambdas));
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        _base_lrs.Zip(lr_lambdas, (rate, lambda) => rate * lambda(_last_epoch));
                }

                /// <summary>The last epoch's rate times a function of the epoch, from epoch 1 on.</summary>
                public class MultiplicativeLR : LRScheduler
                {
                    private readonly Func<int, double>[] lr_lambdas;

                    /// <summary>The same function for every group.</summary>
                    public MultiplicativeLR(
                        Optimizer optimizer,
                        Func<int, double> lr_lambda,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : this(optimizer, optimizer.ParamGroups.Select(_ => lr_lambda), last_epoch, verbose)
                    { }

                    /// <summary>One function a group.</summary>
                    public MultiplicativeLR(
                        Optimizer optimizer,
                        IEnumerable<Func<int, double>> lr_lambdas,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        this.lr_lambdas = PerGroup(lr_lambdas, _base_lrs.Count, nameof(lr_lambdas));
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        _last_epoch > 0
                            ? Groups.Zip(
                                lr_lambdas,
                                (group, lambda) => group.LearningRate * lambda(_last_epoch)
                            )
                            : Scaled(1);
                }

                private static T[] PerGroup<T>(IEnumerable<T> values, int groups, string name)
                {
                    T[] given = [.. values];
                    return given.Length == groups
                        ? given
                        : throw new ArgumentException(
                            $"{name} needs one entry for each of {groups} groups; got {given.Length}.",
                            name
                        );
                }
            }
        }
    }
}
