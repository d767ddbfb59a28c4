using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// One tensor in the header of a safetensors file; offsets count from the end of the header.
/// </summary>
internal sealed record TensorEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);
