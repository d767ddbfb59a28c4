namespace Foof;

/// <summary>What a Laplace posterior keeps of the Fisher.</summary>
/// <example>
/// <code>var options = new LaplaceOptions { Structure = LaplaceStructure.Kronecker };</code>
/// </example>
public enum LaplaceStructure
{
    /// <summary>
    /// All of it: written out for few weights (one layer, or a small network), else as the low-rank factor
    /// U U^T of all layers together. No better calibrated than <see cref="Kronecker"/> where the factor holds a part
    /// of the data only.
    /// </summary>
    Full,

    /// <summary>One Kronecker product a layer, damped exactly in its eigenbasis (Ritter et al. 2018).</summary>
    Kronecker,

    /// <summary>The Kronecker product with the identity for the errors (Benzing 2022, App. G).</summary>
    Foof,

    /// <summary>The diagonal.</summary>
    Diagonal,
}
