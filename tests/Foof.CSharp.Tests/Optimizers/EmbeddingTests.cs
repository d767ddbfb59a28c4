using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

public sealed class EmbeddingTests
{
    private const long Padding = 2;

    private static (Sequential Model, Embedding Table, Tensor Numbers, Tensor Labels) Classifier(bool sparse = false)
    {
        random.manual_seed(3);
        var table = nn.Embedding(6, 4, padding_idx: sparse ? null : Padding, sparse: sparse);
        var model = nn.Sequential(("table", table), ("flatten", nn.Flatten()), ("head", nn.Linear(8, 3)));
        return (model, table, randint(0, 6, [20, 2]), randint(0, 3, [20]));
    }

    private static float[] Row(Embedding table, long row) => table.weight!.detach()[row].data<float>().ToArray();

    [Fact]
    public void A_padding_row_is_found_and_stays_while_the_others_move()
    {
        using var scope = NewDisposeScope();
        foreach (var ordinary in new[] { false, true })
        {
            var (model, table, numbers, labels) = Classifier();
            var (idle, learnt) = (Row(table, Padding), Row(table, 0));
            using var optimizer = new FoofOptimizer(model);
            Assert.True(optimizer.Coverage[0].Treatment.IsPreconditioned);
            for (var i = 0; i < 3; i++)
                if (ordinary)
                {
                    optimizer.zero_grad();
                    nn.functional.cross_entropy(model.call(numbers), labels).backward();
                    optimizer.step();
                }
                else
                {
                    using var step = optimizer.Step(numbers, labels);
                }
            Assert.Equal(idle, Row(table, Padding));
            Assert.NotEqual(learnt, Row(table, 0));
        }
    }

    [Fact]
    public void A_padding_row_has_no_curvature()
    {
        using var scope = NewDisposeScope();
        var (model, _, numbers, _) = Classifier();
        using var curvature = CurvatureMatrix.Fisher(
            model,
            Loss.CrossEntropy,
            numbers,
            options: new() { Structure = CurvatureStructure.Diagonal }
        );
        var diagonal = curvature.Diagonal()[0];
        Assert.Equal(0, diagonal.select(1, Padding).abs().sum().ToDouble());
        Assert.Equal(1, diagonal.eq(0).all(0).sum().ToDouble());
    }

    [Fact]
    public void A_table_with_a_sparse_gradient_trains_by_gradient_descent_and_says_why()
    {
        using var scope = NewDisposeScope();
        var (model, table, numbers, labels) = Classifier(sparse: true);
        var before = Row(table, 0);
        using var optimizer = new FoofOptimizer(model);
        Assert.Equal(
            (true, "its gradient is sparse"),
            (optimizer.Coverage[0].Treatment.IsPlain, optimizer.Coverage[0].Detail)
        );
        using (var step = optimizer.Step(numbers, labels)) { }
        Assert.NotEqual(before, Row(table, 0));
    }
}
