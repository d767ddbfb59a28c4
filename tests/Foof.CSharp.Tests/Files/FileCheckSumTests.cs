using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Files;

public class FileCheckSumTests
{
    [Fact]
    public void A_tensor_in_chunks_has_the_sum_of_the_whole()
    {
        using var scope = NewDisposeScope();
        var matrix = arange(15, dtype: ScalarType.Float32).reshape(3, 5);
        KeyValuePair<string, Tensor>[] tensors =
        [
            new("matrix", matrix.t()),
            new("number", tensor(3L)),
            new("none", empty(0)),
        ];
        byte[] text =
        [
            .. Encoding.UTF8.GetBytes("textmatrix: Float32 [5, 3]"),
            .. matrix.t().contiguous().bytes,
            .. Encoding.UTF8.GetBytes("number: Int64 []"),
            .. BitConverter.GetBytes(3L),
            .. Encoding.UTF8.GetBytes("none: Float32 [0]"),
        ];
        var expected = Convert.ToHexStringLower(SHA256.HashData(text))[..16];
        Assert.Equal(expected, FileCheckSum.Of(tensors, "text"));
        Assert.Equal(expected, FileCheckSum.Of(tensors, "text", chunkBytes: 8));
    }
}
