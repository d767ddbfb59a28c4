using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    /// <summary>Samples of the weights, [k; d_out; d_in] a layer; the caller owns them.</summary>
    /// <exception cref="ArgumentException">k is 0, or the generator is on another device.</exception>
    public Tensor[] Sample(int k, Generator? generator = null) => Sampling.draw(k, generator, Alive);

    /// <summary>The same into the caller's memory.</summary>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public void SampleInto(Tensor[] samples, Generator? generator = null)
    {
        Argument.Whole(samples);
        Sampling.into(generator, samples, Alive);
    }

    /// <summary>The same in chunks that fit memory; each is freed when the next one is asked for.</summary>
    /// <exception cref="ArgumentException">k is 0, or the generator is on another device.</exception>
    public IEnumerable<Tensor[]> Samples(int k, Generator? generator = null) =>
        Sampling.stream(k, generator, Alive);

    /// <summary>The weights' marginal variances, [d_out; d_in] a layer; the caller owns them.</summary>
    public Tensor[] Variances() => PosteriorModule.variances(Alive);

    /// <summary>
    /// T (P + N F)^-1 v, the covariance times a vector. Shapes: v and the result [d_out; d_in] a layer; the
    /// caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public Tensor[] CovarianceProduct(params Tensor[] v)
    {
        Argument.Whole(v);
        using var unrecorded = no_grad();
        return PosteriorModule.covarianceProduct(v, Alive);
    }

    /// <summary>
    /// log q(theta) of weights theta, -1/2 (theta - theta*)^T (P + N F) (theta - theta*) / T + 1/2 log det
    /// ((P + N F) / T) - p/2 log 2 pi, in nats. Shapes: [d_out; d_in] a layer.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public double LogDensity(params Tensor[] weights)
    {
        Argument.Whole(weights);
        using var unrecorded = no_grad();
        return PosteriorModule.logDensity(weights, Alive);
    }
}
