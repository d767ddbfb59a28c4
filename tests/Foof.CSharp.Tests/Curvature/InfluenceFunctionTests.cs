using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>Influences in a linear regression, for which they are derivatives of a closed form.</summary>
public sealed class InfluenceFunctionTests
{
    private const double Lambda = 0.2;
    private const double Step = 1e-5;

    // Central differences of a smooth function with steps of 1e-5.
    private const double Tolerance = 1e-7;
    private const int Points = 6;

    private static readonly Tensor X = Draw(1, Points, 3);
    private static readonly Tensor Y = Draw(2, Points, 1);
    private static readonly Tensor TestX = Draw(3, 4, 3);
    private static readonly Tensor TestY = Draw(4, 4, 1);

    private static Tensor Draw(int seed, params long[] shape)
    {
        manual_seed(seed);
        return randn(shape, dtype: ScalarType.Float64).DetachFromDisposeScope();
    }

    /// <summary>argmin of 1/2n sum (1 + n eps_i) (x_i w - y_i)^2 + lambda/2 w^2 with one eps.</summary>
    private static Tensor Optimum(double lambda, int point = 0, double eps = 0)
    {
        var weights = ones(Points, 1, dtype: ScalarType.Float64) / Points;
        weights[point, 0] += eps;
        var A = X.t().mm(X * weights) + lambda * eye(3, dtype: ScalarType.Float64);
        return linalg.inv(A).mm(X.t().mm(Y * weights));
    }

    private static double TestLoss(Tensor w) => 0.5 * (TestX.mm(w) - TestY).square().sum().ToDouble() / TestX.shape[0];

    private static (nn.Module<Tensor, Tensor> Model, CurvatureMatrix Curvature) Fit()
    {
        var model = nn.Linear(3, 1, hasBias: false, dtype: ScalarType.Float64);
        using (no_grad())
            model.weight!.copy_(Optimum(Lambda).t());
        return (model, CurvatureMatrix.Fisher(model, Loss.SquaredError, X));
    }

    [Fact]
    public void The_influence_of_a_point_is_the_derivative_by_its_weight()
    {
        using var scope = NewDisposeScope();
        var (_, curvature) = Fit();
        using var influence = new InfluenceFunction(curvature, Lambda);
        var found = influence.OfPoints(X, Y, TestX, TestY);
        Assert.Equal([Points], found.shape);
        for (var i = 0; i < Points; i++)
        {
            var (up, down) = (Optimum(Lambda, i, Step), Optimum(Lambda, i, -Step));
            Assert.Equal((TestLoss(up) - TestLoss(down)) / (2 * Step), found[i].ToDouble(), Tolerance);
        }
        curvature.Dispose();
    }

    [Fact]
    public async Task Batches_give_what_all_points_at_once_give()
    {
        var (model, curvature) = Fit();
        using var influence = new InfluenceFunction(curvature, Lambda);
        using var whole = influence.OfPoints(X, Y, TestX, TestY);
        (Tensor, Tensor)[] batches = [(X[..4], Y[..4]), (X[4..], Y[4..])];
        var reports = new Reports();
        using var parts = influence.OfPoints(batches, TestX, TestY, reports);
        Assert.Equal([1, 2], reports.Lines);
        using var later = await influence.OfPointsAsync(batches, TestX, TestY);
        Assert.Equal(parts.data<double>().ToArray(), later.data<double>().ToArray());
        foreach (var (one, other) in whole.data<double>().ToArray().Zip(parts.data<double>().ToArray()))
            Assert.Equal(one, other, 1e-12);

        using var stop = new CancellationTokenSource();
        reports.Then = stop.Cancel;
        Assert.Throws<OperationCanceledException>(() => influence.OfPoints(batches, TestX, TestY, reports, stop.Token));
        Assert.Equal([1, 2, 1], reports.Lines);
        var none = Assert.Throws<ArgumentException>(() => influence.OfPoints([], TestX, TestY));
        Assert.Contains("at least one", none.Message);
        var missing = Assert.Throws<ArgumentException>(() => influence.OfPoints([(X, null!)], TestX, TestY));
        Assert.Contains("batch 1 must have a target", missing.Message);
        curvature.Dispose();
        model.Dispose();
    }

    private sealed class Reports : IProgress<int>
    {
        internal List<int> Lines { get; } = [];

        internal Action Then { get; set; } = () => { };

        public void Report(int value)
        {
            Lines.Add(value);
            Then();
        }
    }

    [Fact]
    public void The_hypergradient_is_the_derivative_by_weight_decay()
    {
        using var scope = NewDisposeScope();
        var (_, curvature) = Fit();
        using var influence = new InfluenceFunction(curvature, Lambda);
        var (up, down) = (Optimum(Lambda + Step), Optimum(Lambda - Step));
        var found = influence.Hypergradient(TestX, TestY);
        Assert.Equal([1], found.shape);
        Assert.Equal((TestLoss(up) - TestLoss(down)) / (2 * Step), found.sum().ToDouble(), Tolerance);
        var change = influence.OfWeightDecay()[0];
        Assert.True((change - ((up - down) / (2 * Step)).t()).abs().max().ToDouble() < Tolerance, "dtheta/dlambda");
        curvature.Dispose();
    }

    [Fact]
    public async Task The_hypergradient_of_batches_is_that_of_all_their_points()
    {
        var (model, curvature) = Fit();
        using var influence = new InfluenceFunction(curvature, Lambda);
        using var whole = influence.Hypergradient(TestX, TestY);
        // The batches have three points and one point, so their means have different weights.
        (Tensor, Tensor)[] batches = [(TestX[..3], TestY[..3]), (TestX[3..], TestY[3..])];
        var reports = new Reports();
        using var parts = influence.Hypergradient(batches, reports);
        Assert.Equal([1, 2], reports.Lines);
        Assert.Equal(whole.data<double>().ToArray()[0], parts.data<double>().ToArray()[0], 1e-12);
        using var later = await influence.HypergradientAsync(batches, reports);
        Assert.Equal([1, 2, 1, 2], reports.Lines);
        Assert.Equal(parts.data<double>().ToArray(), later.data<double>().ToArray());

        using var stop = new CancellationTokenSource();
        reports.Then = stop.Cancel;
        Assert.Throws<OperationCanceledException>(() => influence.Hypergradient(batches, reports, stop.Token));
        Assert.Equal([1, 2, 1, 2, 1], reports.Lines);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            influence.HypergradientAsync(batches, cancellation: stop.Token)
        );
        var none = Assert.Throws<ArgumentException>(() => influence.Hypergradient([]));
        Assert.Contains("at least one", none.Message);
        var missing = Assert.Throws<ArgumentException>(() => influence.Hypergradient([(TestX, null!)]));
        Assert.Contains("batch 1 must have a target", missing.Message);
        Assert.Throws<ArgumentNullException>(() => influence.Hypergradient(null!));
        influence.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => influence.HypergradientAsync(batches));
        curvature.Dispose();
        model.Dispose();
    }

    [Fact]
    public void Points_whose_labels_are_ignored_do_not_count_in_a_hypergradient()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var model = nn.Linear(3, 2, dtype: ScalarType.Float64);
        using var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, X);
        using var influence = new InfluenceFunction(curvature, Lambda);
        var labels = tensor(new long[] { 0, -100, 1, -100, -100, 1 });
        var whole = influence.Hypergradient(X, labels);
        var parts = influence.Hypergradient([(X[..4], labels[..4]), (X[4..], labels[4..])]);
        Assert.Equal(whole.ToDouble(), parts.ToDouble(), 1e-12);
    }

    [Fact]
    public async Task Hypergradients_leave_no_tensors()
    {
        using var scope = NewDisposeScope();
        var (_, curvature) = Fit();
        using var influence = new InfluenceFunction(curvature, Lambda);
        (Tensor, Tensor)[] batches = [(TestX[..3], TestY[..3]), (TestX[3..], TestY[3..]), (TestX, TestY)];
        (await influence.HypergradientAsync(batches)).Dispose();
        var before = LiveTensors.Settled();
        (await influence.HypergradientAsync(batches)).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
        curvature.Dispose();
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        using var scope = NewDisposeScope();
        var (model, curvature) = Fit();
        Assert.Throws<ArgumentNullException>(() => new InfluenceFunction(null!, 1));
        var error = Assert.Throws<ArgumentException>(() => new InfluenceFunction(curvature, 0));
        Assert.Equal("weightDecay", error.ParamName);
        using var influence = new InfluenceFunction(curvature, Lambda);
        void Missing(string name, Action action) =>
            Assert.Equal(name, Assert.Throws<ArgumentNullException>(action).ParamName);
        Missing("trainInputs", () => influence.OfPoints(null!, Y, TestX, TestY));
        Missing("trainTargets", () => influence.OfPoints(X, null!, TestX, TestY));
        Missing("testInputs", () => influence.OfPoints(X, Y, null!, TestY));
        Missing("testTargets", () => influence.OfPoints(X, Y, TestX, null!));
        Missing("targets", () => influence.Hypergradient(TestX, null!));
        var passes = 0;
        _ = model.register_forward_pre_hook(
            (_, _) =>
            {
                passes++;
                return null!;
            }
        );
        var rows = Assert.Throws<ArgumentException>(() => influence.OfPoints(X, Y.narrow(0, 0, 2), TestX, TestY));
        Assert.Contains("trainInputs and trainTargets", rows.Message);
        Assert.Equal(0, passes);
        curvature.Dispose();
        Assert.Throws<ObjectDisposedException>(() => influence.OfPoints(X, Y, TestX, TestY));
        influence.Dispose();
        Assert.Throws<ObjectDisposedException>(() => influence.Hypergradient(TestX, TestY));
        Assert.Equal(0, passes);
    }
}
