using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>The curvature of a model as a value, beside the explicit matrix.</summary>
public sealed class CurvatureMatrixTests
{
    private const double Lambda = 0.3;

    public static TheoryData<CurvatureStructure> Exact => [CurvatureStructure.LowRank, CurvatureStructure.Dense];

    public static TheoryData<CurvatureStructure> All => [.. Enum.GetValues<CurvatureStructure>()];

    private static CurvatureMatrix Make(Explicit own, CurvatureStructure structure) =>
        CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, own.Input, options: new() { Structure = structure });

    [Theory]
    [MemberData(nameof(Exact))]
    public void The_whole_matrix_is_the_explicit_one(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = Make(own, structure);
        var F = own.Fisher();
        Assert.Equal(["first", "last"], curvature.Layers);
        Assert.Equal(Explicit.Weights, curvature.Parameters);
        Assert.Equal(Explicit.Points, curvature.Points);
        Explicit.Agree(F, curvature.Dense());
        Assert.Equal(linalg.diagonal(F).sum().ToDouble(), curvature.Trace, Explicit.Tolerance);
        Explicit.Agree(linalg.eigvalsh(F).flip(0).narrow(0, 0, 4), curvature.TopEigenvalues(4));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Everything_agrees_with_the_matrix_written_out(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = Make(own, structure);
        var C = curvature.Dense();
        var damped = C + Lambda * eye(C.shape[0], dtype: ScalarType.Float64);
        var v = Explicit.Vector(curvature);
        Explicit.Agree(C.mv(Explicit.Flat(v)), Explicit.Flat(curvature.Multiply(v)));
        Explicit.Agree(linalg.diagonal(C), Explicit.Flat(curvature.Diagonal()));
        using var factored = curvature.Damped(Lambda);
        Explicit.Agree(linalg.inv(damped).mv(Explicit.Flat(v)), Explicit.Flat(factored.Solve(v)));
        Assert.Equal(linalg.eigvalsh(damped).log().sum().ToDouble(), factored.LogDeterminant, Explicit.Tolerance);
        Explicit.Agree(linalg.eigvalsh(C).max(), curvature.TopEigenvalues(1)[0]);
    }

    [Fact]
    public void Heuristic_damping_is_the_cores()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = Make(own, CurvatureStructure.Kronecker);
        using var damped = curvature.Damped(Lambda, KfacDamping.Heuristic);
        var problem = Problem.OfModel(own.Model, Likelihood.Categorical);
        CurvatureBatch batch = new(own.Input, null);
        var factor = FisherModule.factor(problem, Fisher.Ggn, batch);
        var core = Structure.kronecker(Positions.Summed, Positions.Averaged, factor);
        var expected = FactoredModule.make(Damping.Heuristic, Lambda, core);
        var v = Explicit.Vector(curvature);
        Explicit.Agree(Explicit.Flat(FactoredModule.solve(expected, v)), Explicit.Flat(damped.Solve(v)));
        Assert.Equal(FactoredModule.logDet(expected).ToDouble(), damped.LogDeterminant, Explicit.Tolerance);
    }

    [Fact]
    public void The_root_is_a_root_of_the_inverse()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = Make(own, CurvatureStructure.LowRank);
        using var damped = curvature.Damped(Lambda);
        var unit = eye(Explicit.Weights, dtype: ScalarType.Float64);
        Tensor Column(long j)
        {
            var (first, last) = (unit[j].narrow(0, 0, 25), unit[j].narrow(0, 25, 15));
            return Explicit.Flat(damped.InverseRoot([first.view(5, 5), last.view(3, 5)]));
        }
        var R = stack([.. Enumerable.Range(0, Explicit.Weights).Select(j => Column(j))], 1);
        var inverse = linalg.inv(curvature.Dense() + Lambda * unit);
        Explicit.Agree(inverse, R.mm(R.t()));
        using var generator = new Generator(3);
        var samples = damped.Sample(generator);
        Assert.Equal(curvature.Shapes, samples.Select(part => (IReadOnlyList<long>)part.shape));
        using var equal = new Generator(3);
        Explicit.Agree(Explicit.Flat(samples), Explicit.Flat(damped.Sample(equal)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Batches_together_are_one_batch(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var whole = Make(own, structure);
        var reports = new List<int>();
        using var parts = CurvatureMatrix.Fisher(
            own.Model,
            Loss.CrossEntropy,
            [(own.Input.narrow(0, 0, 3), null), (own.Input.narrow(0, 3, 4), null)],
            new() { Structure = structure },
            progress: new Reports(reports.Add)
        );
        Explicit.Agree(whole.Dense(), parts.Dense());
        Assert.Equal([1, 2], reports);
    }

    [Fact]
    public void Vectors_go_between_the_model_and_the_matrix()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = Make(own, CurvatureStructure.Foof);
        var weights = curvature.Weights();
        foreach (var (parameter, value) in curvature.Split(weights))
            Explicit.Agree(parameter.detach(), value);
        Explicit.Agree(own.MeanGradient(), Explicit.Flat(curvature.Gradient(own.Input, own.Target)));
        Assert.Equal(0, Explicit.Flat(curvature.Gradients()).norm().ToDouble());
        nn.functional.cross_entropy(own.Model.call(own.Input), own.Target).backward();
        Explicit.Agree(Explicit.Flat(curvature.Gradient(own.Input, own.Target)), Explicit.Flat(curvature.Gradients()));
    }

    [Fact]
    public async Task It_can_be_made_on_another_thread_and_stopped()
    {
        using var own = new Explicit();
        (Tensor, Tensor?)[] batches = [(own.Input, own.Target)];
        var options = new CurvatureOptions { FisherType = FisherType.Empirical };
        using var here = CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, batches, options);
        using var there = await CurvatureMatrix.FisherAsync(own.Model, Loss.CrossEntropy, batches, options);
        Assert.Equal(here.Trace, there.Trace);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            CurvatureMatrix.FisherAsync(own.Model, Loss.CrossEntropy, batches, cancellation: stop.Token)
        );
    }

    [Fact]
    public void Nothing_leaks()
    {
        using var own = new Explicit();
        void Use()
        {
            foreach (var structure in Enum.GetValues<CurvatureStructure>())
            {
                using var scope = NewDisposeScope();
                using var curvature = Make(own, structure);
                using var damped = curvature.Damped(Lambda);
                damped.Sample();
                curvature.TopEigenvalues();
                using var influence = new InfluenceFunction(curvature, Lambda);
                influence.OfPoints(own.Input, own.Target, own.Input, own.Target);
            }
        }
        Use();
        var before = LiveTensors.Settled();
        Use();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private sealed class Reports(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
