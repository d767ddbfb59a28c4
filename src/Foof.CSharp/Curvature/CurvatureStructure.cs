namespace Foof;

/// <summary>
/// What is kept of the Fisher F = G Gᵀ, a mean over data points; p is the number of weights and m the number
/// of columns of G.
/// </summary>
/// <remarks>
/// <see cref="CurvatureMatrix"/> supports all of them. A class that supports fewer rejects the others with a
/// message that lists its own.
/// </remarks>
/// <example>
/// <code>var options = new CurvatureOptions { Structure = CurvatureStructure.Kronecker };</code>
/// </example>
public enum CurvatureStructure
{
    /// <summary>
    /// All of F, over all layers together, as its columns G [p; m], which are never formed:
    /// O(m Σ (d_in + d_out)) numbers. Exact (MATH 3).
    /// </summary>
    LowRank,

    /// <summary>
    /// The block of each layer, as its columns: exact within a layer, zero between layers (MATH 4).
    /// </summary>
    LowRankBlocks,

    /// <summary>All of F, over all layers together, as one matrix [p; p] of at most 4 GB. Exact.</summary>
    Dense,

    /// <summary>The block of each layer, as one matrix: exact within a layer, zero between layers.</summary>
    DenseBlocks,

    /// <summary>E ⊗ A for each layer, as in K-FAC (Martens &amp; Grosse 2015; MATH 5).</summary>
    Kronecker,

    /// <summary>
    /// The Kronecker product's eigenbasis with the exact second moments in it, as in EKFAC (George et al.
    /// 2018; MATH 5).
    /// </summary>
    Eigenbasis,

    /// <summary>I ⊗ A for each layer, as in FOOF (Benzing 2022, App. G).</summary>
    Foof,

    /// <summary>The diagonal of F.</summary>
    Diagonal,
}
