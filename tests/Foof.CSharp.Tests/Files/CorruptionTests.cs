using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Files;

public class CorruptionTests
{
    private const int Cases = 1000;

    // A JSON token takes a few dozen bytes at most; the rest is the stream, the exception and its message.
    private const long BytesPerFileByte = 200;
    private const long BytesPerLoad = 1 << 17;

    private static byte[] Valid(Folder folder)
    {
        Dictionary<string, Tensor> tensors = new()
        {
            ["layer.weight"] = randn([3, 4]),
            ["layer.bias"] = randn([3], float64),
            ["mask"] = ones([5]).to_type(ScalarType.Bool),
            ["step"] = tensor(17L),
        };
        Safetensors.Save(folder["valid"], tensors, [new("format", "pt")]);
        return File.ReadAllBytes(folder["valid"]);
    }

    private static byte[] Corrupt(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var place = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] = (byte)"0123456789-[]{}\":,."[random.Next(19)];
                    break;
                case 2:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                case 3:
                    bytes.Insert(place, (byte)('0' + random.Next(10)));
                    break;
                default:
                    bytes.RemoveAt(place);
                    break;
            }
            if (bytes.Count == 0)
                break;
        }
        return [.. bytes];
    }

    [Fact]
    public void A_corrupted_file_is_read_or_refused_and_takes_no_more_memory_than_it_has()
    {
        using var folder = new Folder();
        var valid = Valid(folder);
        var random = new Random(42);
        var refused = 0;
        Safetensors.Load(folder["valid"]).Dispose();
        var before = LiveTensors.Settled();
        for (var i = 0; i < Cases; i++)
        {
            var bytes = Corrupt(valid, random);
            File.WriteAllBytes(folder["corrupt"], bytes);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            refused += Refused(folder["corrupt"], bytes.Length) ? 1 : 0;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.InRange(allocated, 0, BytesPerLoad + BytesPerFileByte * bytes.Length);
        }
        Assert.InRange(refused, Cases / 2, Cases - 1);
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static bool Refused(string path, long size)
    {
        try
        {
            using var content = Safetensors.Load(path);
            Assert.InRange(content.Tensors.Values.Sum(tensor => tensor.NumberOfElements * tensor.ElementSize), 0, size);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }
}
