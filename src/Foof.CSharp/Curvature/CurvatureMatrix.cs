using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A model's curvature as a value: the Fisher F = 1/n Σᵢ E[gᵢ gᵢᵀ] of some data, or what is kept of it, with
/// its products, trace, diagonal and eigenvalues; <see cref="Damped"/> has its inverse.
/// </summary>
/// <remarks>
/// Vectors are arrays with one matrix [d_out; d_in] for each covered layer, in the order of <see
/// cref="Layers"/>, with a trained bias as the last column: <see cref="Weights"/>, <see cref="Gradients"/>
/// and <see cref="Gradient"/> give the model's in that form, and <see cref="Split"/> goes back. The matrix is
/// of the weights as they were when it was made. All is a mean over data points. Not for use from two threads
/// at once. (Benzing 2022, App. I; MATH 2-5)
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
        (Layer[] Layers, Coverage[] Coverage) survey,
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

    /// <summary>The number n of data points that it is of.</summary>
    public long Points { get; }

    /// <summary>
    /// What becomes of each parameter of the model: those of other layers are not in the matrix.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage { get; }

    /// <summary>The names of the layers that are covered.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Select(layer => layer.Name)];

    /// <summary>The shape [d_out; d_in] of each layer's part of a vector.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Shapes => CurvatureModule.shapes(Core);

    /// <summary>The number p of weights that are covered.</summary>
    public long Parameters => CurvatureModule.size(Core);

    /// <summary>tr F.</summary>
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

    internal Layer[] CoveredLayers => layers;

    /// <summary>The core's value; its tensors stay this object's.</summary>
    internal Curvature Core
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return core;
        }
    }

    /// <summary>F v.</summary>
    /// <param name="vector">One [d_out; d_in] a layer, in the matrix's type and on its device.</param>
    /// <returns>The same shapes; the caller owns it.</returns>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public Tensor[] Multiply(Tensor[] vector)
    {
        Argument.Whole(vector);
        using var unrecorded = no_grad();
        return CurvatureModule.product(Core, vector);
    }

    /// <summary>The diagonal of F, one [d_out; d_in] a layer; the caller owns it.</summary>
    public Tensor[] Diagonal()
    {
        using var unrecorded = no_grad();
        return CurvatureModule.diagonal(Core);
    }

    /// <summary>
    /// F written out, [p; p]: the layers' weights row by row, one layer after the other. The caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">It would take more than 4 GB.</exception>
    public Tensor Dense()
    {
        using var unrecorded = no_grad();
        return CurvatureModule.dense(Core);
    }

    /// <summary>
    /// The largest eigenvalues of F in float64, falling: [count], or as many as may differ from zero. One
    /// eigendecomposition: of the Gram matrix of m columns, of Kronecker factors, or of a dense matrix. The
    /// caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">The count is less than 1.</exception>
    /// <exception cref="NumericalFailure">The eigenvalues cannot be found.</exception>
    public Tensor TopEigenvalues(int count = int.MaxValue)
    {
        Argument.AtLeast(1, count);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var prior = PriorModule.isotropic(layers.Length, 1.0);
        var data = DataPrecisionModule.ofCurvature(1.0, Core);
        var mean = WeightPenalty.weights(layers);
        var kappa = PosteriorModule.spectrum(PosteriorModule.make(mean, data, prior)).Kappa;
        return scope.MoveToOuter(kappa.topk((int)Math.Min(count, kappa.numel())).values);
    }

    /// <summary>
    /// F + λI, or K-FAC's approximation of it, ready for solves, samples and its determinant. The matrix must
    /// outlive it; the caller owns it.
    /// </summary>
    /// <param name="damping">λ, greater than zero, in the units of the Fisher of one data point.</param>
    /// <param name="rule">How λ enters Kronecker products; others take it as it is.</param>
    /// <exception cref="ArgumentException">λ is not positive.</exception>
    /// <exception cref="NumericalFailure">The matrix cannot be factored: raise λ.</exception>
    public DampedCurvature Damped(double damping, KfacDamping rule = KfacDamping.Standard)
    {
        Argument.Positive(damping);
        Argument.Known(rule);
        return new(this, damping, rule);
    }

    /// <summary>The structure and its size on one line.</summary>
    public override string ToString() =>
        isDisposed
            ? $"{Structure} curvature, disposed"
            : FormattableString.Invariant(
                $"{Structure} curvature over {Parameters:N0} weights in {layers.Length} layers, of {Points:N0} data points"
            );

    /// <summary>Frees the matrix; the model stays.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in CurvatureModule.tensors(core))
            tensor.Dispose();
    }
}
