using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>
/// Batches that do not fit the model or its loss are refused with a sentence that names both sides.
/// </summary>
public sealed class MismatchTests
{
    [Fact]
    public void A_wrong_type_names_both()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<ArgumentException>(() => optimizer.Step(input.to(ScalarType.Float64), target));
        Assert.Contains("Float32", error.Message);
        Assert.Contains("Float64", error.Message);
        optimizer.Step(input, target);
    }

    [Fact]
    public void A_warm_up_with_the_wrong_data_says_so()
    {
        using var scope = NewDisposeScope();
        var (input, _) = Toy.Batches(1)[0];
        using var optimizer = new FoofOptimizer(Toy.Model());
        void Refused(string[] parts, params Tensor[] batches)
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.WarmUp(batches));
            Assert.All(parts, part => Assert.Contains(part, error.Message));
        }
        Refused(["input must be Float32", "Float64"], input, input.to(ScalarType.Float64));
        Refused(["input must be Float32", "Byte"], input.to(ScalarType.Byte));
        Refused(["input [10; 5] does not fit the model", "'0' takes [.; 6]"], input.narrow(1, 0, 5));
        Refused(["batch 2 must have an input; it is null"], input, null!);
        Assert.Equal(0, optimizer.BatchesSeen);
        optimizer.WarmUp([input]);
    }

    [Fact]
    public void A_warm_up_batch_without_data_points_is_refused()
    {
        using var scope = NewDisposeScope();
        var (input, _) = Toy.Batches(1)[0];
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<ArgumentException>(() => optimizer.WarmUp([input, input.narrow(0, 0, 0)]));
        Assert.StartsWith("batch 2 must have at least one data point; got [0; 6].", error.Message);
        _ = Assert.Throws<NumericalFailure>(() => optimizer.WarmUp([input, input * float.NaN]));
        Assert.Equal(0, optimizer.BatchesSeen);
        optimizer.WarmUp([input]);
    }

    [Fact]
    public void A_step_on_data_that_do_not_fit_says_what_does()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        optimizer.Step(input, target);
        var weights = Toy.Weights(model);
        void Refused(string[] parts, Tensor x, Tensor y)
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.Step(x, y));
            Assert.All(parts, part => Assert.Contains(part, error.Message));
        }
        Refused(["input must be Float32, like the model's weights; got Byte"], input.to(ScalarType.Byte), target);
        Refused(
            ["input [10; 5] does not fit the model", "'0' takes [.; 6]", "cannot be multiplied"],
            input.narrow(1, 0, 5),
            target
        );
        Refused(["target must hold class indices from 0 to 2", "10 of 10"], input, target + 3);
        Refused(["target must hold class indices, whole numbers"], input, target.to(ScalarType.Bool));
        Refused(["target must be cpu, like the model's weights; got meta"], input, target.to(META));
        var elsewhere = Assert.Throws<ArgumentException>(() => optimizer.Step(input, target.to(META)));
        Assert.Equal("target", elsewhere.ParamName);
        Assert.Equal(weights, Toy.Weights(model));
        Assert.True(model.training);
        optimizer.Step(input, target);
    }

    [Theory]
    [InlineData(7, "10 of 10 labels are not")]
    [InlineData(-100, "target must hold a label that counts; all 10 are -100")]
    public void Labels_are_refused_without_another_pass_and_nothing_changes(int label, string sentence)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var model = Toy.Model();
        var passes = 0;
        model.register_forward_pre_hook(
            (_, _) =>
            {
                passes++;
                return null!;
            }
        );
        using var optimizer = new FoofOptimizer(model);
        optimizer.Step(input, target);
        var weights = Toy.Weights(model);
        var numbers = get_rng_state();
        passes = 0;
        var error = Assert.Throws<ArgumentException>(() => optimizer.Step(input, full_like(target, label)));
        Assert.Contains(sentence, error.Message);
        Assert.Throws<ArgumentException>(() => optimizer.Step(input.narrow(1, 0, 5), target));
        Assert.Equal(2, passes);
        Assert.Equal(numbers.data<byte>().ToArray(), get_rng_state().data<byte>().ToArray());
        Assert.Equal(weights, Toy.Weights(model));
    }

    [Fact]
    public void Numbers_that_are_not_finite_point_to_the_data()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<NumericalFailure>(() => optimizer.Step(input * double.NaN, target));
        Assert.Contains("check the data for NaN", error.Message);
    }

    [Fact]
    public void A_convolution_says_how_many_channels_it_takes()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(
            ("conv", nn.Conv2d(4, 8, 3, groups: 2)),
            ("flat", nn.Flatten()),
            ("fc", nn.Linear(8, 2))
        );
        using var optimizer = new FoofOptimizer(model);
        var error = Assert.Throws<ArgumentException>(() =>
            optimizer.Step(ones(5, 4, 5, 5), zeros(5, dtype: ScalarType.Int64))
        );
        Assert.Contains("input [5; 4; 5; 5] does not fit the model", error.Message);
        Assert.Contains("'conv' takes [.; 4; .; .]", error.Message);
    }

    [Fact]
    public void An_embedding_takes_whole_numbers()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 3));
        using var optimizer = new FoofOptimizer(model);
        var error = Assert.Throws<ArgumentException>(() =>
            optimizer.Step(full(5, 2, 7, dtype: ScalarType.Int64), zeros(5, dtype: ScalarType.Int64))
        );
        Assert.Contains("input [5; 2] does not fit the model", error.Message);
        Assert.Contains("'0' takes indices below 5", error.Message);
    }
}
