using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

public class SgdTests
{
    [Theory]
    [InlineData(0.0, 0.0, 0.0, false, false)]
    [InlineData(0.0, 0.0, 0.3, false, false)]
    [InlineData(0.0, 0.0, 0.3, false, true)]
    [InlineData(0.9, 0.0, 0.0, false, false)]
    [InlineData(0.9, 0.4, 0.0, false, false)]
    [InlineData(0.9, 0.4, 0.3, false, false)]
    [InlineData(0.9, 0.0, 0.0, true, false)]
    [InlineData(0.9, 0.0, 0.3, true, false)]
    [InlineData(0.9, 0.4, 0.3, false, true)]
    [InlineData(0.9, 0.0, 0.3, true, true)]
    public void Sgd_follows_its_recurrence(
        double momentum,
        double dampening,
        double decay,
        bool nesterov,
        bool maximize
    )
    {
        const double rate = 0.1;
        Toy.Follows(
            p => optim.SGD([p], rate, momentum, dampening, decay, nesterov, maximize),
            _ =>
            {
                var velocity = 0.0;
                return (p, g, t) =>
                {
                    g = (maximize ? -g : g) + decay * p;
                    velocity = t == 1 ? g : momentum * velocity + (1 - dampening) * g;
                    return p - rate * (nesterov ? g + momentum * velocity : velocity);
                };
            }
        );
    }

    [Fact]
    public void Every_setting_out_of_range_is_refused_by_name()
    {
        var p = Toy.Parameter(1);
        Assert.Contains("lr", Refused(() => optim.SGD([p], -0.1)), StringComparison.Ordinal);
        Assert.Contains(
            "momentum",
            Refused(() => optim.SGD([p], 0.1, momentum: -1)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "weight_decay",
            Refused(() => optim.SGD([p], 0.1, weight_decay: -1)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Nesterov",
            Refused(() => optim.SGD([p], 0.1, nesterov: true)),
            StringComparison.Ordinal
        );
        Assert.Contains("NaN", Refused(() => optim.SGD([p], double.NaN)), StringComparison.Ordinal);
    }

    private static string Refused(Action create) => Assert.Throws<ArgumentException>(create).Message;

    [Fact]
    public void Momentum_of_a_group_can_be_changed_between_steps()
    {
        var group = new TorchSharp.Modules.SGD.ParamGroup([Toy.Parameter(0)], lr: 1, momentum: 0.5);
        using var sgd = optim.SGD([group], 1);
        var p = group.Parameters.Single();
        Toy.SetGradient(p, 1);
        sgd.step();
        group.Momentum = 0.25;
        Toy.SetGradient(p, 2);
        sgd.step();
        var (g1, g2) = (Toy.Gradient(1, 0), Toy.Gradient(2, 0));
        Toy.Close([-g1 - (0.25 * g1 + g2)], p.Values());
    }
}
