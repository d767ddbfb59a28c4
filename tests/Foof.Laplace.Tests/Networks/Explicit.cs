using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Networks;

/// <summary>
/// A network's posterior by a backward pass for every output of every data point, and dense matrices in float64.
/// </summary>
internal sealed class Explicit
{
    private readonly Zoo network;
    private readonly Parameter[] parameters;

    /// <summary>Of the parameters that the posterior covers, in the model's order.</summary>
    internal Explicit(Zoo network, LaplacePosterior posterior)
    {
        this.network = network;
        var covered = posterior.Coverage.Where(line => line.Treatment.IsPreconditioned).Select(line => line.Parameter);
        var names = covered.ToHashSet();
        parameters =
        [
            .. network.Model.named_parameters().Where(own => names.Contains(own.name)).Select(own => own.parameter),
        ];
        Jacobian = JacobianAt(network.Input);
        Data = DataPrecision();
    }

    /// <summary>The outputs' derivatives by the covered weights, [n C; p].</summary>
    internal Tensor Jacobian { get; }

    /// <summary>N F, the Gauss-Newton matrix of the summed loss, [p; p].</summary>
    internal Tensor Data { get; }

    /// <summary>|theta*|^2.</summary>
    internal double SquaredNorm => parameters.Sum(own => own.detach().to(ScalarType.Float64).square().sum().ToDouble());

    internal Tensor Covariance(double prior) => linalg.inv(Precision(prior));

    internal Tensor Precision(double prior) => Data + eye(Data.shape[0], dtype: ScalarType.Float64) * prior;

    /// <summary>log p(D | theta*), with all constants.</summary>
    internal double LogLikelihood()
    {
        using var unrecorded = no_grad();
        var f = network.Model.call(network.Input).to(ScalarType.Float64);
        var y = network.Loss == Loss.CrossEntropy ? network.Target : network.Target.to(ScalarType.Float64);
        return network.Loss switch
        {
            Loss.CrossEntropy => -nn.functional.cross_entropy(f, y, reduction: nn.Reduction.Sum).ToDouble(),
            Loss.BinaryCrossEntropy => (y * f.sigmoid().log() + (1 - y) * (-f).sigmoid().log()).sum().ToDouble(),
            Loss.Poisson => (y * f - f.exp() - (y + 1).lgamma()).sum().ToDouble(),
            _ => -0.5 * ((f - y).square() + Math.Log(2 * Math.PI)).sum().ToDouble(),
        };
    }

    private Tensor JacobianAt(Tensor input)
    {
        var outputs = network.Model.call(input).flatten();
        var rows = Enumerable
            .Range(0, (int)outputs.numel())
            .Select(row =>
            {
                network.Model.zero_grad();
                outputs[row].backward(retain_graph: true);
                return cat([.. parameters.Select(own => (own.grad ?? zeros_like(own)).flatten())], 0)
                    .to(ScalarType.Float64)
                    .clone();
            });
        var matrix = stack([.. rows], 0);
        network.Model.zero_grad();
        return matrix;
    }

    private Tensor DataPrecision()
    {
        using var unrecorded = no_grad();
        var f = network.Model.call(network.Input).to(ScalarType.Float64);
        return Jacobian.t().mm(Hessian(f)).mm(Jacobian);
    }

    // The second derivatives of the summed loss by all outputs, [n C; n C].
    private Tensor Hessian(Tensor f)
    {
        if (network.Loss != Loss.CrossEntropy)
            return network.Loss switch
            {
                Loss.BinaryCrossEntropy => (f.sigmoid() * (-f).sigmoid()).flatten().diag(),
                Loss.Poisson => f.exp().flatten().diag(),
                _ => eye(f.numel(), dtype: ScalarType.Float64),
            };
        var at = arange(f.numel()).reshape(f.shape).movedim([1], [-1]).reshape(-1, f.shape[1]);
        var p = f.softmax(1).movedim([1], [-1]).reshape(-1, f.shape[1]);
        var labels = network.Target.flatten();
        var sum = zeros(f.numel(), f.numel(), dtype: ScalarType.Float64);
        for (long position = 0; position < labels.shape[0]; position++)
        {
            if (labels[position].ToInt64() == -100)
                continue;
            var (places, own) = (at[position], p[position]);
            sum.index_put_(own.diag() - own.outer(own), places.unsqueeze(1), places.unsqueeze(0));
        }
        return sum;
    }
}
