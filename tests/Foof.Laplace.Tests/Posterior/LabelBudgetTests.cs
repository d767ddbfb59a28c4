using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>All labels of ten points are 30 columns, one sampled label each 10.</summary>
public sealed class LabelBudgetTests
{
    private const long FitsSampled = 12_000;
    private const long FitsAll = 30_000;
    private const long FitsNone = 2_000;

    private static LaplaceOptions Options(long budget, FisherType? type = null) =>
        new()
        {
            Structure = CurvatureStructure.LowRank,
            MemoryBudget = budget,
            FisherType = type,
        };

    private static LaplacePosterior Fit(SmallProblem problem, LaplaceOptions options) =>
        LaplacePosterior.Fit(
            problem.Model,
            Loss.CrossEntropy,
            [(problem.Input.narrow(0, 0, 10), problem.Target.narrow(0, 0, 10))],
            options,
            new Generator(5)
        );

    [Fact]
    public void Sampled_labels_replace_all_labels_that_do_not_fit_with_a_warning()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = Fit(problem, Options(FitsSampled));
        Assert.Equal((FisherType.MonteCarlo, 10), (posterior.Summary.FisherType, posterior.Columns));
        var warning = Assert.Single(posterior.Warnings);
        Assert.StartsWith("All labels of 10 data points do not fit the memory budget of 12,000 bytes", warning);

        // Sampled labels that are asked for give the same bits, without a warning.
        using var asked = Fit(problem, Options(FitsSampled, FisherType.MonteCarlo));
        Assert.Empty(asked.Warnings);
        Assert.Equal(asked.LogEvidence, posterior.LogEvidence);
        using var found = posterior.Predict(problem.Input);
        Assert.True(found.Probabilities!.isfinite().all().item<bool>());
    }

    [Fact]
    public void All_labels_are_taken_where_they_fit()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = Fit(problem, Options(FitsAll));
        Assert.Equal((FisherType.Ggn, 30), (posterior.Summary.FisherType, posterior.Columns));
        Assert.Empty(posterior.Warnings);
    }

    [Theory]
    [InlineData(FitsNone, null)]
    [InlineData(FitsNone, FisherType.MonteCarlo)]
    [InlineData(FitsSampled, FisherType.Ggn)]
    public void A_budget_that_nothing_fits_is_refused(long budget, FisherType? type)
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var error = Assert.Throws<ArgumentException>(() => Fit(problem, Options(budget, type)));
        Assert.Contains($"must fit the memory budget of {budget:N0} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("larger budget", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_its_bytes_and_what_would_fit()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var error = Assert.Throws<ArgumentException>(() => Fit(problem, Options(FitsNone, FisherType.Ggn)));
        var words = System.Text.RegularExpressions.Regex.Match(
            error.Message,
            "the first 10 data points take ([0-9,]+) bytes, and about ([0-9]+) would fit"
        );
        Assert.True(words.Success, error.Message);
        // Three float64 matrices over 30 columns are 21,600 bytes.
        Assert.InRange(long.Parse(words.Groups[1].Value.Replace(",", "")), 21_600, FitsAll);
        var most = int.Parse(words.Groups[2].Value);
        Assert.InRange(most, 1, 9);
        LaplacePosterior FitOf(int points) =>
            LaplacePosterior.Fit(
                problem.Model,
                Loss.CrossEntropy,
                [(problem.Input.narrow(0, 0, points), problem.Target.narrow(0, 0, points))],
                Options(FitsNone, FisherType.Ggn)
            );
        FitOf(most).Dispose();
        Assert.Throws<ArgumentException>(() => FitOf(most + 2));
    }

    [Theory]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Diagonal)]
    [InlineData(CurvatureStructure.Foof)]
    public void Structures_without_columns_name_others_that_take_less(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var options = new LaplaceOptions { Structure = structure, MemoryBudget = 100 };
        var error = Assert.Throws<ArgumentException>(() => Fit(problem, options));
        Assert.Matches("it takes [0-9]+ bytes: use .*Diagonal, LastLayer or Select", error.Message);
        Assert.DoesNotContain("columns", error.Message, StringComparison.Ordinal);
    }
}
