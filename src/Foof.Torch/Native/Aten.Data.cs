namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Item = new("item");
}
