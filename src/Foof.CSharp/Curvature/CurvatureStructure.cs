namespace Foof;

/// <summary>
/// What is kept of the Fisher F = G Gᵀ, a mean over data points; p is the number of weights, m that of the
/// columns G.
/// </summary>
/// <remarks>
/// <see cref="CurvatureMatrix"/> has all of them. A class that has fewer refuses the others with a sentence
/// that lists its own.
/// </remarks>
/// <example>
/// <code>var options = new CurvatureOptions { Structure = CurvatureStructure.Kronecker };</code>
/// </example>
public enum CurvatureStructure
{
    /// <summary>
    /// All of F over all layers together by its columns G [p; m], which are never written out:
    /// O(m Σ (d_in + d_out)) numbers. Exact (MATH 3).
    /// </summary>
    LowRank,

    /// <summary>
    /// The block of each layer by its columns: exact within a layer, zero between layers (MATH 4).
    /// </summary>
    LowRankBlocks,

    /// <summary>All of F over all layers together written out, [p; p], at most 4 GB. Exact.</summary>
    Dense,

    /// <summary>The block of each layer written out: exact within a layer, zero between layers.</summary>
    DenseBlocks,

    /// <summary>E ⊗ A for each layer, K-FAC's (Martens &amp; Grosse 2015; MATH 5).</summary>
    Kronecker,

    /// <summary>
    /// The Kronecker product's eigenbasis with the exact second moments in it, EKFAC's (George et al. 2018;
    /// MATH 5).
    /// </summary>
    Eigenbasis,

    /// <summary>I ⊗ A for each layer, FOOF's (Benzing 2022, App. G).</summary>
    Foof,

    /// <summary>The diagonal of F.</summary>
    Diagonal,
}
