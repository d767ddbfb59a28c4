using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>The influence of sequences, some of whose labels, or all, are ignored.</summary>
public sealed class InfluenceOfSequencesTests
{
    /// <summary>Turns [n; positions; C] into [n; C; positions].</summary>
    private sealed class ClassesSecond() : nn.Module<Tensor, Tensor>(nameof(ClassesSecond))
    {
        public override Tensor forward(Tensor input) => input.transpose(1, 2);
    }

    [Theory]
    [InlineData(CurvatureStructure.LowRank)]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Diagonal)]
    public void It_is_the_product_of_each_sequences_gradient(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        manual_seed(9);
        var model = nn.Sequential(
            ("table", nn.Embedding(5, 3, dtype: ScalarType.Float64)),
            ("last", nn.Linear(3, 5, dtype: ScalarType.Float64)),
            ("classes", new ClassesSecond())
        );
        var (input, target) = (randint(0, 5, [6, 4]), randint(0, 5, [6, 4]));
        target[1].fill_(-100);
        target[2, 0].fill_(-100);
        target[4, TensorIndex.Slice(1)].fill_(-100);
        var (testInput, testTarget) = (input.narrow(0, 3, 3).flip(1), target.narrow(0, 3, 3));
        using var curvature = CurvatureMatrix.Fisher(
            model,
            Loss.CrossEntropy,
            input,
            target,
            new() { Structure = structure }
        );
        Assert.Equal(5, curvature.Points);
        using var damped = curvature.Damped(0.1);
        var direction = Explicit.Flat(damped.Solve(curvature.Gradient(testInput, testTarget)));
        var expected = zeros(6, dtype: ScalarType.Float64);
        foreach (var i in new[] { 0, 2, 3, 4, 5 })
        {
            var own = Explicit.Flat(curvature.Gradient(input.narrow(0, i, 1), target.narrow(0, i, 1)));
            expected[i] = -own.dot(direction);
        }
        using var influence = new InfluenceFunction(curvature, 0.1);
        Explicit.Agree(expected, influence.OfPoints(input, target, testInput, testTarget));
        (Tensor, Tensor)[] batches =
        [
            (input.narrow(0, 0, 1), target.narrow(0, 0, 1)),
            (input.narrow(0, 1, 5), target.narrow(0, 1, 5)),
        ];
        Explicit.Agree(expected, influence.OfPoints(batches, testInput, testTarget));
    }
}
