using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>A hash of a file's whole content, which shows damage.</summary>
internal static class FileCheckSum
{
    /// <summary>Returns the hash of named tensors and a text.</summary>
    internal static string Of(
        IEnumerable<KeyValuePair<string, Tensor>> tensors,
        string text,
        long chunkBytes = Safetensors.ChunkBytes
    )
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        foreach (var (name, tensor) in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}: {tensor.dtype} [{string.Join(", ", tensor.shape)}]"));
            using var own = NewDisposeScope();
            foreach (var chunk in Safetensors.Chunks(Safetensors.Flat(tensor), chunkBytes))
                hash.AppendData(chunk.bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
