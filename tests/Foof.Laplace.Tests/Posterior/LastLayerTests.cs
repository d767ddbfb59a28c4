using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>The last layer is the one that runs last, in whatever order a module has its fields.</summary>
public sealed class LastLayerTests : IDisposable
{
    private static readonly LaplaceOptions Last = new() { LastLayer = true };

    private readonly HeadFirst model = new();
    private readonly Tensor input = randn(20, 2);
    private readonly Tensor target = randint(0, 3, 20);

    private LaplacePosterior Fit(LaplaceOptions options) =>
        LaplacePosterior.Fit(model, Loss.CrossEntropy, [(input, target)], options);

    [Fact]
    public void A_head_that_is_registered_first_is_the_last_layer()
    {
        using var posterior = Fit(Last);
        Assert.Equal(["head"], posterior.Layers);
        Assert.True(posterior.Summary.IsLastLayer);
        using var head = Fit(new() { Select = (name, _) => name == "head" });
        using var body = Fit(new() { Select = (name, _) => name == "body" });
        Assert.True(head.Summary.IsLastLayer);
        Assert.False(body.Summary.IsLastLayer);
        using var without = Fit(new() { LastLayer = true, Select = (name, _) => name != "head" });
        Assert.Equal(["body"], without.Layers);
        Assert.False(without.Summary.IsLastLayer);
    }

    [Fact]
    public void It_is_loaded_by_the_files_names()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var posterior = Fit(Last))
                posterior.Save(path);
            foreach (var options in new[] { null, Last })
            {
                using var again = LaplacePosterior.Load(model, path, options);
                Assert.Equal(["head"], again.Layers);
            }
            using (var posterior = Fit(new()))
                posterior.Save(path);
            var error = Assert.Throws<ArgumentException>(() => LaplacePosterior.Load(model, path, Last));
            Assert.Contains("it is of 2 layers: leave LastLayer out", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Its_batches_are_enumerated_once_and_the_exact_structure_is_that_of_the_head()
    {
        var requested = 0;
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, Counted(), Last);
        Assert.Equal(2, requested);
        Assert.Equal(40, posterior.Summary.Points);
        var narrow = Last with { MemoryBudget = 3 * 8 * 21 * 21 };
        Assert.Equal(CurvatureStructure.LowRank, narrow.ExactStructure(model, input));
        Assert.Equal(CurvatureStructure.Dense, narrow.ExactStructure(model));

        IEnumerable<(Tensor, Tensor)> Counted()
        {
            for (var batch = 0; batch < 2; batch++)
            {
                requested++;
                yield return (input, target);
            }
        }
    }

    public void Dispose()
    {
        model.Dispose();
        input.Dispose();
        target.Dispose();
    }

    /// <summary>21 weights in the body, 24 in the head.</summary>
    private sealed class HeadFirst : nn.Module<Tensor, Tensor>
    {
        private readonly Linear head = nn.Linear(7, 3);
        private readonly Linear body = nn.Linear(2, 7);

        internal HeadFirst()
            : base("network") => RegisterComponents();

        public override Tensor forward(Tensor input) => head.call(body.call(input).tanh());
    }
}
