using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class GradientTests
{
    private const double Step = 1e-5;

    /// <summary>Compares every parameter's gradient with central differences, in float64.</summary>
    private static void CheckParameters(Module<Tensor, Tensor> model, Tensor input)
    {
        using var owner = model;
        double Loss()
        {
            using var inner = NewDisposeScope();
            var output = model.call(input);
            return output.mul(output).sum().ToNumber();
        }
        var outputs = model.call(input);
        outputs.mul(outputs).sum().backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad!.ToNumbers();
            var values = parameter.ToNumbers();
            for (var i = 0; i < values.Length; i++)
            {
                var slope = (Shifted(Step) - Shifted(-Step)) / (2 * Step);
                Assert.True(
                    Math.Abs(slope - gradient[i]) < 1e-6 * Math.Max(1, Math.Abs(slope)),
                    $"{name}[{i}]: difference {slope}, gradient {gradient[i]}"
                );

                double Shifted(double step)
                {
                    var changed = (double[])values.Clone();
                    changed[i] += step;
                    using var inner = NewDisposeScope();
                    using (no_grad())
                        Aten.Copy_.Run(parameter, Numbers.Of(parameter.shape, changed));
                    var loss = Loss();
                    using (no_grad())
                        Aten.Copy_.Run(parameter, Numbers.Of(parameter.shape, values));
                    return loss;
                }
            }
        }
    }

    [Fact]
    public void Gradients_of_a_multilayer_network_are_its_finite_differences()
    {
        using var scope = NewDisposeScope();
        CheckParameters(
            Sequential(Linear(3, 4), Tanh(), LayerNorm(4), GELU(), Linear(4, 2)).@double(),
            randn([5, 3], float64)
        );
    }

    [Fact]
    public void Gradients_of_a_convolutional_network_are_its_finite_differences()
    {
        using var scope = NewDisposeScope();
        CheckParameters(
            Sequential(
                    Conv2d(2, 4, 3, stride: 2, padding: 1, groups: 2),
                    BatchNorm2d(4),
                    SiLU(),
                    AvgPool2d(2),
                    Flatten(),
                    Linear(4, 2)
                )
                .@double(),
            randn([2, 2, 4, 4], float64)
        );
    }

    [Fact]
    public void Clipping_scales_gradients_to_a_common_norm_or_clamps_them()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(Parameter(Numbers.Of([1, 2], 1, 1)), Parameter(Numbers.Of([1], 0)));
        layer.call(Numbers.Of([1, 2], 2, 2)).sum().backward();
        Assert.Equal(3, utils.clip_grad_norm_(layer.parameters(), 30), 1e-12);
        Numbers.Close([2, 2], layer.weight.grad!);
        Assert.Equal(3, utils.clip_grad_norm_(layer.parameters(), 1.5), 1e-12);
        Numbers.Close([1, 1], layer.weight.grad!, 1e-6);
        Numbers.Close([0.5], layer.bias!.grad!, 1e-6);
        utils.clip_grad_value_(layer.parameters(), 0.75);
        Numbers.Close([0.75, 0.75], layer.weight.grad!, 1e-6);
        Numbers.Close([0.5], layer.bias!.grad!, 1e-6);
    }

    [Fact]
    public void Parameters_pass_to_a_vector_and_back()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(Parameter(Numbers.Of([1, 2], 1, 2)), Parameter(Numbers.Of([1], 3)));
        Numbers.Close([1, 2, 3], utils.parameters_to_vector(layer.parameters()));
        utils.vector_to_parameters(Numbers.Of([3], 4, 5, 6), layer.parameters());
        Numbers.Close([4, 5], layer.weight);
        Numbers.Close([6], layer.bias!);
        Assert.True(layer.weight.is_leaf);
        Assert.Throws<ArgumentException>(() => utils.vector_to_parameters(randn([4]), layer.parameters()));
    }
}
