namespace TorchSharp;

/// <summary>What stands beyond the edges of an image.</summary>
public enum PaddingModes
{
    /// <summary>Zeros.</summary>
    Zeros = 0,

    /// <summary>The image mirrored at its edge, without the edge itself.</summary>
    Reflect = 1,

    /// <summary>The edge.</summary>
    Replicate = 2,

    /// <summary>The opposite side.</summary>
    Circular = 3,

    /// <summary>A given number.</summary>
    Constant = 4,
}

/// <summary>How much a convolution pads, by its effect.</summary>
public enum Padding
{
    /// <summary>Nothing: the output shrinks.</summary>
    Valid = 0,

    /// <summary>So much that the output is as large as the input; the stride must be 1.</summary>
    Same = 1,
}
