using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

public class AdamTests
{
    private const double Rate = 0.05;
    private const double Beta1 = 0.8;
    private const double Beta2 = 0.7;
    private const double Epsilon = 1e-3;

    [Theory]
    [InlineData(0.0, false, false)]
    [InlineData(0.3, false, false)]
    [InlineData(0.0, true, false)]
    [InlineData(0.3, true, true)]
    [InlineData(0.0, false, true)]
    public void Adam_follows_its_recurrence(double decay, bool amsgrad, bool maximize) =>
        Toy.Follows(
            p => optim.Adam([p], Rate, Beta1, Beta2, Epsilon, decay, amsgrad, maximize),
            _ =>
            {
                var move = Moments(amsgrad);
                return (p, g, t) => p - move((maximize ? -g : g) + decay * p, t);
            }
        );

    [Theory]
    [InlineData(0.0, false, false)]
    [InlineData(0.3, false, false)]
    [InlineData(0.3, true, true)]
    public void AdamW_follows_its_recurrence(double decay, bool amsgrad, bool maximize) =>
        Toy.Follows(
            p => optim.AdamW([p], Rate, Beta1, Beta2, Epsilon, decay, amsgrad, maximize),
            _ =>
            {
                var move = Moments(amsgrad);
                return (p, g, t) => p * (1 - Rate * decay) - move(maximize ? -g : g, t);
            }
        );

    private static Func<double, int, double> Moments(bool amsgrad)
    {
        var (first, second, largest) = (0.0, 0.0, 0.0);
        return (g, t) =>
        {
            first = Beta1 * first + (1 - Beta1) * g;
            second = Beta2 * second + (1 - Beta2) * g * g;
            largest = Math.Max(largest, second);
            var unbiased = (amsgrad ? largest : second) / (1 - Math.Pow(Beta2, t));
            return Rate * first / (1 - Math.Pow(Beta1, t)) / (Math.Sqrt(unbiased) + Epsilon);
        };
    }

    [Fact]
    public void Every_setting_out_of_range_is_refused_by_name()
    {
        var p = Toy.Parameter(1);
        Assert.Contains("lr", Refused(() => optim.Adam([p], lr: -1)), StringComparison.Ordinal);
        Assert.Contains("beta1", Refused(() => optim.Adam([p], beta1: 1)), StringComparison.Ordinal);
        Assert.Contains("beta2", Refused(() => optim.AdamW([p], beta2: -0.1)), StringComparison.Ordinal);
        Assert.Contains("eps", Refused(() => optim.AdamW([p], eps: -1)), StringComparison.Ordinal);
    }

    private static string Refused(Action create) => Assert.Throws<ArgumentException>(create).Message;
}
