using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A model's curvature as a value: the Fisher F = 1/n Σᵢ E[gᵢ gᵢᵀ] of some data, or an approximation of it,
/// with products, trace, diagonal and eigenvalues; <see cref="Damped"/> gives its inverse.
/// </summary>
/// <remarks>
/// Vectors are arrays with one matrix [d_out; d_in] for each covered layer, in the order of <see
/// cref="Layers"/>, with a trained bias as the last column: <see cref="Weights"/>, <see cref="Gradients"/>
/// and <see cref="Gradient"/> return the model's in that form, and <see cref="Split"/> converts a vector back
/// to parameters. The matrix belongs to the weights that the model had when it was made. All quantities are
/// means over data points. Members that use the model raise an InvalidOperationException if a covered
/// parameter was freed, for example by the model's <c>to(...)</c>. Not thread-safe. (Benzing 2022, App. I; MATH 2-5)
/// </remarks>
/// <example>
/// <code>
/// using var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, images);
/// using var damped = curvature.Damped(1e-2);
/// var newtonStep = damped.Solve(curvature.Gradient(images, labels));
/// Console.WriteLine($"trace {curvature.Trace}, log det {damped.LogDeterminant}");
/// </code>
/// </example>
public sealed partial class CurvatureMatrix : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly Layer[] layers;
    private readonly Curvature core;
    private bool isDisposed;

    private CurvatureMatrix(
        nn.Module<Tensor, Tensor> model,
        Survey survey,
        Likelihood likelihood,
        CurvatureStructure structure,
        (Curvature Curvature, long Points) found
    )
    {
        (this.model, layers, Coverage) = (model, survey.Layers, survey.Coverage);
        (Likelihood, Structure, (core, Points)) = (likelihood, structure, found);
        Kept.Detach([.. CurvatureModule.tensors(core)]);
    }

    /// <summary>What is kept of the Fisher.</summary>
    public CurvatureStructure Structure { get; }

    /// <summary>The number n of data points that F is a mean over.</summary>
    public long Points { get; }

    /// <summary>
    /// How each parameter of the model is treated: parameters of layers that are not covered are not in the
    /// matrix.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage { get; }

    /// <summary>The names of the covered layers.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Select(layer => layer.Name)];

    /// <summary>The shape [d_out; d_in] of each layer's part of a vector.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Shapes => CurvatureModule.shapes(Core);

    /// <summary>The number p of covered weights.</summary>
    public long Parameters => CurvatureModule.size(Core);

    /// <summary>The trace tr F.</summary>
    public double Trace
    {
        get
        {
            using var trace = CurvatureModule.trace(Core);
            return trace.ToDouble();
        }
    }

    internal Likelihood Likelihood { get; }

    internal nn.Module<Tensor, Tensor> Model => model;

    internal Layer[] CoveredLayers
    {
        get
        {
            SoundModel.RequireParameters(nameof(CurvatureMatrix), layers);
            return layers;
        }
    }

    /// <summary>The core's value, whose tensors this object owns.</summary>
    internal Curvature Core
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return core;
        }
    }

    /// <summary>Returns the product F v.</summary>
    /// <param name="vector">
    /// One matrix [d_out; d_in] per layer, in the curvature's type and on its device.
    /// </param>
    /// <returns>A vector of the same shapes; the caller owns it.</returns>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public Tensor[] Multiply(Tensor[] vector)
    {
        Argument.Whole(vector);
        using var unrecorded = no_grad();
        return CurvatureModule.product(Core, vector);
    }

    /// <summary>Returns the diagonal of F, one matrix [d_out; d_in] per layer; the caller owns it.</summary>
    public Tensor[] Diagonal()
    {
        using var unrecorded = no_grad();
        return CurvatureModule.diagonal(Core);
    }

    /// <summary>
    /// Returns F as one matrix [p; p], in the order of the layers and of each layer's weights row by row; the
    /// caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">The matrix would take more than 4 GB.</exception>
    public Tensor Dense()
    {
        using var unrecorded = no_grad();
        return CurvatureModule.dense(Core);
    }

    /// <summary>
    /// Returns the largest eigenvalues of F in float64, in descending order: [count], or fewer if fewer can
    /// differ from zero. This takes one eigendecomposition: of the Gram matrix of m columns, of the Kronecker
    /// factors, or of a dense matrix. The caller owns the tensor.
    /// </summary>
    /// <exception cref="ArgumentException">The count is less than 1.</exception>
    /// <exception cref="NumericalFailure">The eigendecomposition failed.</exception>
    public Tensor TopEigenvalues(int count = int.MaxValue)
    {
        Argument.AtLeast(1, count);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var prior = PriorModule.isotropic(layers.Length, 1.0);
        var data = DataPrecisionModule.ofCurvature(1.0, Core);
        var mean = WeightPenalty.weights(CoveredLayers);
        var kappa = PosteriorModule.spectrum(PosteriorModule.make(mean, data, prior)).Kappa;
        return scope.MoveToOuter(kappa.topk((int)Math.Min(count, kappa.numel())).values);
    }

    /// <summary>
    /// Returns F + λI, or K-FAC's approximation of it, factored for solves, samples and its determinant. The
    /// caller owns it, and this matrix must outlive it.
    /// </summary>
    /// <param name="damping">λ, greater than zero, in the units of the Fisher of one data point.</param>
    /// <param name="rule">How λ enters Kronecker products; other structures add λI.</param>
    /// <exception cref="ArgumentException">λ is not positive.</exception>
    /// <exception cref="NumericalFailure">The matrix cannot be factored: raise λ.</exception>
    public DampedCurvature Damped(double damping, KfacDamping rule = KfacDamping.Standard)
    {
        Argument.Positive(damping);
        Argument.Known(rule);
        return new(this, damping, rule);
    }

    /// <summary>Describes the structure and its size in one line.</summary>
    public override string ToString() =>
        isDisposed
            ? $"{Structure} curvature, disposed"
            : FormattableString.Invariant(
                $"{Structure} curvature over {Parameters:N0} weights in {layers.Length} layers, of {Points:N0} data points"
            );

    /// <summary>Frees the matrix; the model remains.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in CurvatureModule.tensors(core))
            tensor.Dispose();
    }
}
