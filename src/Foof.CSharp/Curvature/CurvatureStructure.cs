namespace Foof;

/// <summary>What a <see cref="CurvatureMatrix"/> keeps of the Fisher F = G Gᵀ.</summary>
/// <example>
/// <code>var options = new CurvatureOptions { Structure = CurvatureStructure.Kronecker };</code>
/// </example>
public enum CurvatureStructure
{
    /// <summary>
    /// All of it, all layers together, as the columns G: never written out, O(m Σ (d_in + d_out)) numbers for
    /// m columns. Exact.
    /// </summary>
    Full,

    /// <summary>As <see cref="Full"/>, for each layer by itself.</summary>
    Blocks,

    /// <summary>All of it, written out: p² numbers for p parameters, at most 4 GB. Exact.</summary>
    Dense,

    /// <summary>As <see cref="Dense"/>, for each layer by itself.</summary>
    DenseBlocks,

    /// <summary>E ⊗ A for each layer, K-FAC's. (Martens &amp; Grosse 2015)</summary>
    Kronecker,

    /// <summary>
    /// The Kronecker product's eigenbasis with the exact second moments in it, EKFAC's. (George et al. 2018)
    /// </summary>
    Eigenbasis,

    /// <summary>I ⊗ A for each layer, FOOF's. (Benzing 2022)</summary>
    Foof,

    /// <summary>The diagonal.</summary>
    Diagonal,
}
