using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

/// <summary>The optimisers that scale by squared gradients alone.</summary>
public class SquaresTests
{
    private const double Rate = 0.05;
    private const double Epsilon = 1e-3;

    [Theory]
    [InlineData(0.0, 0.0, false, false)]
    [InlineData(0.3, 0.0, false, false)]
    [InlineData(0.0, 0.9, false, false)]
    [InlineData(0.0, 0.0, true, false)]
    [InlineData(0.3, 0.9, true, true)]
    public void RMSProp_follows_its_recurrence(double decay, double momentum, bool centered, bool maximize)
    {
        const double alpha = 0.8;
        Toy.Follows(
            p => optim.RMSProp([p], Rate, alpha, Epsilon, decay, momentum, centered, maximize),
            _ =>
            {
                var (square, mean, buffer) = (0.0, 0.0, 0.0);
                return (p, g, t) =>
                {
                    g = (maximize ? -g : g) + decay * p;
                    square = alpha * square + (1 - alpha) * g * g;
                    mean = alpha * mean + (1 - alpha) * g;
                    var root = Math.Sqrt(centered ? square - mean * mean : square) + Epsilon;
                    buffer = momentum * buffer + g / root;
                    return p - Rate * buffer;
                };
            }
        );
    }

    [Theory]
    [InlineData(0.0, 0.0, 0.0)]
    [InlineData(0.1, 0.3, 0.5)]
    public void Adagrad_follows_its_recurrence(double rateDecay, double decay, double start) =>
        Toy.Follows(
            p => optim.Adagrad([p], Rate, rateDecay, decay, start, Epsilon),
            _ =>
            {
                var sum = start;
                return (p, g, t) =>
                {
                    g += decay * p;
                    sum += g * g;
                    return p - Rate / (1 + (t - 1) * rateDecay) * g / (Math.Sqrt(sum) + Epsilon);
                };
            }
        );
}
