using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A posterior that was read from a file takes further data in as the one that was written.</summary>
public sealed class UpdateAfterLoadTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly RegressionProblem problem = new();
    private readonly string path = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(path);
        problem.Dispose();
        scope.Dispose();
    }

    private (Tensor, Tensor?) Batch(long start, long count) =>
        (problem.Input.narrow(0, start, count), problem.Target.narrow(0, start, count));

    private LaplacePosterior Saved(LaplaceOptions options)
    {
        var posterior = LaplacePosterior.Fit(problem.Model, Loss.SquaredError, [Batch(0, 9)], options);
        posterior.Save(path);
        return posterior;
    }

    private static void Same(LaplacePosterior expected, LaplacePosterior found)
    {
        Assert.Equal(expected.LogDetPrecision, found.LogDetPrecision);
        Assert.Equal(expected.Columns, found.Columns);
        foreach (var (x, y) in expected.Variances().Zip(found.Variances()))
            Assert.True(x.eq(y).all().item<bool>());
    }

    public static TheoryData<LaplaceOptions> Fits =>
        [
            new() { Structure = CurvatureStructure.Dense },
            new() { Structure = CurvatureStructure.LowRank, MemoryBudget = 6_500 },
            new() { Structure = CurvatureStructure.Dense, LastLayer = true },
            new() { Structure = CurvatureStructure.Dense, FisherType = FisherType.Empirical },
            new() { Structure = CurvatureStructure.Diagonal, Select = (name, _) => name.StartsWith("fc1") },
            new() { Structure = CurvatureStructure.Kronecker },
            new()
            {
                Structure = CurvatureStructure.Foof,
                FisherType = FisherType.MonteCarlo,
                SampledLabels = 2,
            },
        ];

    [Theory]
    [MemberData(nameof(Fits), DisableDiscoveryEnumeration = true)]
    public void No_setting_is_repeated(LaplaceOptions options)
    {
        using var posterior = Saved(options);
        using var again = LaplacePosterior.Load(problem.Model, path);
        Assert.Equal(posterior.Layers, again.Layers);
        posterior.Update([Batch(9, 3)], generator: new Generator(4));
        again.Update([Batch(9, 3)], generator: new Generator(4));
        Same(posterior, again);
        Assert.Equal(posterior.Summary, again.Summary);
        again.Save(path);
        using var third = LaplacePosterior.Load(problem.Model, path);
        posterior.Update([Batch(12, 2)], generator: new Generator(5));
        third.Update([Batch(12, 2)], generator: new Generator(5));
        Same(posterior, third);
    }

    [Fact]
    public void Labels_and_budget_may_be_chosen_again()
    {
        using var posterior = Saved(new() { Structure = CurvatureStructure.LowRank, MemoryBudget = 6_500 });
        using var again = LaplacePosterior.Load(
            problem.Model,
            path,
            new() { FisherType = FisherType.Empirical, MemoryBudget = 7_000 }
        );
        again.Update([Batch(9, 1)]);
        Assert.Equal((10, false), (again.Summary.Points, again.Summary.IsWhole));
        var error = Assert.Throws<ArgumentException>(() => again.Update([Batch(10, 20)]));
        Assert.Contains("memory budget of 7,000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_structure_than_the_files_is_refused_with_the_remedy()
    {
        using var posterior = Saved(new() { Structure = CurvatureStructure.Kronecker });
        var error = Assert.ThrowsAny<ArgumentException>(() =>
            LaplacePosterior.Load(problem.Model, path, new() { Structure = CurvatureStructure.Diagonal })
        );
        Assert.Contains(
            "is of structure Kronecker, and the options say Diagonal: leave Structure out",
            error.Message,
            StringComparison.Ordinal
        );
    }
}
