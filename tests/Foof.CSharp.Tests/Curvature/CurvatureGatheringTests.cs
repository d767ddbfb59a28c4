using Foof.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>
/// The loop over batches: how batches count, what is reported, and what an error leaves behind.
/// </summary>
public sealed class CurvatureGatheringTests
{
    public static TheoryData<CurvatureStructure> All => [.. Enum.GetValues<CurvatureStructure>()];

    private sealed class Reports : IProgress<int>
    {
        internal List<int> Values { get; } = [];

        public void Report(int value) => Values.Add(value);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Points_whose_labels_are_ignored_do_not_count(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        var options = new CurvatureOptions { Structure = structure };
        var reports = new Reports();
        var target = own.Target.clone();
        target[0] = target[4] = -100;
        using var batches = CurvatureMatrix.Fisher(
            own.Model,
            Loss.CrossEntropy,
            [(own.Input.narrow(0, 0, 2), target.narrow(0, 0, 2)), (own.Input.narrow(0, 2, 5), target.narrow(0, 2, 5))],
            options,
            progress: reports
        );
        var counted = target.ge(0).nonzero().squeeze(1);
        using var counting = CurvatureMatrix.Fisher(
            own.Model,
            Loss.CrossEntropy,
            own.Input.index_select(0, counted),
            target.index_select(0, counted),
            options
        );
        Assert.Equal((5, 5), (batches.Points, counting.Points));
        Assert.Equal([1, 2], reports.Values);
        Explicit.Agree(counting.Dense(), batches.Dense());
        Assert.Equal(
            $"{structure} curvature over {Explicit.Weights} weights in 2 layers, of 5 data points",
            batches.ToString()
        );
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_error_in_a_later_batch_leaves_no_tensor(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        var options = new CurvatureOptions { Structure = structure };
        using var stop = new CancellationTokenSource();

        IEnumerable<(Tensor, Tensor?)> Batches(Action second)
        {
            yield return (own.Input, own.Target);
            second();
            yield return (own.Input, own.Target);
            yield return (own.Input * float.NaN, own.Target);
        }

        void Fails<T>(Action second, CurvatureOptions options)
            where T : Exception
        {
            using (NewDisposeScope())
                Assert.Throws<T>(() =>
                    CurvatureMatrix.Fisher(
                        own.Model,
                        Loss.CrossEntropy,
                        Batches(second),
                        options,
                        cancellation: stop.Token
                    )
                );
        }

        Fails<NumericalFailure>(() => { }, options);
        var before = LiveTensors.Settled();
        Fails<NumericalFailure>(() => { }, options);
        Fails<NotSupportedException>(() => throw new NotSupportedException(), options);
        Fails<ArgumentException>(() => { }, options with { MemoryBudget = 100 });
        Fails<OperationCanceledException>(stop.Cancel, options);
        Assert.Equal(before, Tensor.TotalCount);
    }
}
