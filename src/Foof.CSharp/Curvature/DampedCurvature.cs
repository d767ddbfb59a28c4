using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A damped curvature matrix F + λI, factored once: solves with it, samples of N(0, (F + λI)⁻¹) and its
/// determinant.
/// </summary>
/// <remarks>
/// A low-rank matrix is factored through the Gram matrix of its m columns, a Kronecker product through each
/// of its factors. Vectors have the form that <see cref="CurvatureMatrix"/> describes, and the matrix must
/// outlive this object. (Benzing 2022, eq. 20; MATH 4, 5)
/// </remarks>
/// <example>
/// <code>
/// using var damped = curvature.Damped(1e-2);
/// var direction = damped.Solve(gradient);
/// var sample = damped.Sample();
/// </code>
/// </example>
public sealed class DampedCurvature : IDisposable
{
    private readonly CurvatureMatrix matrix;
    private readonly Factored factored;
    private readonly IReadOnlyList<Tensor> own;
    private bool isDisposed;

    internal DampedCurvature(CurvatureMatrix matrix, double damping, KfacDamping rule)
    {
        (this.matrix, Damping) = (matrix, damping);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var kronecker = rule == KfacDamping.Heuristic ? Foof.Damping.Heuristic : Foof.Damping.Tikhonov;
        factored = FactoredModule.make(kronecker, damping, matrix.Core);
        var shared = new HashSet<Tensor>(CurvatureModule.tensors(matrix.Core), ReferenceEqualityComparer.Instance);
        own = Kept.Detach([.. FactoredModule.tensors(factored).Where(tensor => !shared.Contains(tensor))]);
    }

    /// <summary>The damping λ.</summary>
    public double Damping { get; }

    /// <summary>log det (F + λI), for the matrix that the damping rule gives.</summary>
    public double LogDeterminant
    {
        get
        {
            using var value = FactoredModule.logDet(Alive);
            return value.ToDouble();
        }
    }

    internal Factored Alive
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            _ = matrix.Core;
            return factored;
        }
    }

    /// <summary>Returns the solution (F + λI)⁻¹ v.</summary>
    /// <param name="vector">
    /// One matrix [d_out; d_in] per layer, in the curvature's type and on its device.
    /// </param>
    /// <returns>A vector of the same shapes; the caller owns it.</returns>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public Tensor[] Solve(Tensor[] vector)
    {
        Argument.Whole(vector);
        using var unrecorded = no_grad();
        return FactoredModule.solve(Alive, vector);
    }

    /// <summary>Returns R v, where R Rᵀ = (F + λI)⁻¹; R need not be symmetric.</summary>
    /// <param name="vector">
    /// One matrix [d_out; d_in] per layer, in the curvature's type and on its device.
    /// </param>
    /// <returns>A vector of the same shapes; the caller owns it.</returns>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public Tensor[] InverseRoot(Tensor[] vector)
    {
        Argument.Whole(vector);
        using var unrecorded = no_grad();
        return FactoredModule.rootSolve(Alive, vector);
    }

    /// <summary>
    /// Draws a sample of N(0, (F + λI)⁻¹), one matrix [d_out; d_in] per layer; the caller owns it.
    /// </summary>
    /// <param name="generator">
    /// The source of random numbers, on the matrix's device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">The generator is on another device.</exception>
    public Tensor[] Sample(Generator? generator = null)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var like = matrix.CoveredLayers[0].Weight;
        Require.generator(generator, like.device);
        Tensor[] noise =
        [
            .. FactoredModule
                .shapes(Alive)
                .Select(shape => empty(shape, dtype: like.dtype, device: like.device).normal_(0, 1, generator)),
        ];
        var sample = FactoredModule.rootSolve(Alive, noise);
        foreach (var part in sample)
            scope.MoveToOuter(part);
        return sample;
    }

    /// <summary>Describes the matrix and its damping in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{matrix}, damped by {Damping:G4}");

    /// <summary>Frees the factors; the matrix remains.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in own)
            tensor.Dispose();
    }
}
