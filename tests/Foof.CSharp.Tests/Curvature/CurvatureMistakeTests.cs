using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>Mistakes are refused at entry, with a sentence that says what to do.</summary>
public sealed class CurvatureMistakeTests
{
    [Fact]
    public void A_model_without_covered_layers_lists_what_it_found()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(("act", nn.ReLU()), ("fc", nn.Linear(2, 2)));
        var error = Assert.Throws<ArgumentException>(() =>
            CurvatureMatrix.Fisher(model, Loss.CrossEntropy, ones(1, 2), options: new() { Select = (_, _) => false })
        );
        foreach (var word in new[] { "CurvatureMatrix", "ReLU", "'fc.weight' [2; 2]", "not selected" })
            Assert.Contains(word, error.Message);
    }

    [Fact]
    public void Data_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        CurvatureMatrix Of(Tensor input, Tensor? target = null, CurvatureOptions? options = null) =>
            CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, input, target, options);

        Refused(["Float32", "Float64"], () => Of(own.Input.to(ScalarType.Float32)));
        Refused(["at least one"], () => Of(own.Input.narrow(0, 0, 0)));
        Refused(["labels"], () => Of(own.Input, null, new() { FisherType = FisherType.Empirical }));
        Refused(
            ["class indices from 0"],
            () => Of(own.Input, own.Target + 5, new() { FisherType = FisherType.Empirical })
        );
        Refused(["memory budget", "100"], () => Of(own.Input, null, new() { MemoryBudget = 100 }));
        Refused(["MemoryBudget", "0"], () => Of(own.Input, null, new() { MemoryBudget = 0 }));
        Refused(
            ["batch 2 must have an input; it is null"],
            () => CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, [(own.Input, null), (null!, null)])
        );
        Refused(["Structure"], () => Of(own.Input, null, new() { Structure = (CurvatureStructure)99 }));
        Refused(["fisherType"], () => Of(own.Input, null, new() { FisherType = (FisherType)99 }));
        Refused(
            ["sampledLabels", "0"],
            () => Of(own.Input, null, new() { FisherType = FisherType.MonteCarlo, SampledLabels = 0 })
        );
        Refused(
            ["observationNoise", "-1"],
            () =>
                CurvatureMatrix.Fisher(
                    own.Model,
                    Loss.SquaredError,
                    own.Input,
                    options: new() { ObservationNoise = -1 }
                )
        );
        Refused(["at least one"], () => CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, []));
        Assert.Throws<NumericalFailure>(() => Of(own.Input * double.NaN));
    }

    [Fact]
    public void Vectors_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        using var curvature = CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, own.Input);
        using var damped = curvature.Damped(1);
        var vector = Explicit.Vector(curvature);
        Refused(["2 matrices", "1"], () => curvature.Multiply([vector[0]]));
        Refused(["[3; 5]", "[5; 3]"], () => damped.Solve([vector[0], vector[1].t()]));
        Refused(
            ["Float64", "Float32"],
            () => damped.InverseRoot([.. vector.Select(part => part.to(ScalarType.Float32))])
        );
        Refused(["layer 0"], () => curvature.Split([vector[1], vector[1]]));
        Refused(["damping", "-1"], () => curvature.Damped(-1));
        Refused(["count"], () => curvature.TopEigenvalues(0));
        Assert.Throws<ArgumentNullException>(() => curvature.Multiply(null!));
    }

    [Fact]
    public void Disposed_objects_say_that_they_are()
    {
        using var scope = NewDisposeScope();
        using var own = new Explicit();
        var curvature = CurvatureMatrix.Fisher(own.Model, Loss.CrossEntropy, own.Input);
        var damped = curvature.Damped(1);
        var vector = Explicit.Vector(curvature);
        damped.Dispose();
        damped.Dispose();
        Assert.Throws<ObjectDisposedException>(() => damped.Solve(vector));
        using var other = curvature.Damped(1);
        curvature.Dispose();
        curvature.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.LogDeterminant);
        Assert.Throws<ObjectDisposedException>(() => curvature.Multiply(vector));
        Assert.Throws<ObjectDisposedException>(() => curvature.Shapes);
        Assert.Throws<ObjectDisposedException>(() => curvature.Parameters);
        Assert.Throws<ObjectDisposedException>(() => curvature.Weights());
        Assert.Throws<ObjectDisposedException>(() => curvature.Damped(1));
    }

    private static void Refused(string[] parts, Action action)
    {
        var error = Assert.ThrowsAny<ArgumentException>(action);
        Assert.All(parts, part => Assert.Contains(part, error.Message));
    }
}
