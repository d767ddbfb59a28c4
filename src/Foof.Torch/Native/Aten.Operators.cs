namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op RsubScalar = new("rsub.Scalar");
}
