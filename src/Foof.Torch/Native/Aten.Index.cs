namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op IndexTensor = new("index.Tensor");
    internal static readonly Op IndexPut_ = new("index_put_");
}
