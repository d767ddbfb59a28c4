using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

/// <summary>save and load, beside bytes as TorchSharp 0.107 writes them.</summary>
public sealed class ModuleFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foof").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private sealed class Holder : Module
    {
        public Holder(params (string Name, Tensor Value)[] buffers)
            : base("holder")
        {
            foreach (var (name, value) in buffers)
                register_buffer(name, value);
        }
    }

    /// <summary>Linear(2, 1) with the weight [1, -2] and the bias [0.5], as TorchSharp writes it.</summary>
    private static readonly byte[] LinearBytes =
    [
        2,
        .. Entry("weight", 6, [1, 2], 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0),
        .. Entry("bias", 6, [1], 0, 0, 0, 0x3f),
    ];

    private static byte[] Entry(string name, byte type, byte[] shape, params byte[] elements) =>
        [(byte)name.Length, .. name.Select(c => (byte)c), type, (byte)shape.Length, .. shape, .. elements];

    private static Linear TwoToOne()
    {
        var layer = Linear(2, 1);
        using var unrecorded = no_grad();
        layer.weight.copy_(tensor([1f, -2f], [1, 2]));
        layer.bias!.fill_(0.5);
        return layer;
    }

    [Fact]
    public void A_file_has_the_bytes_that_TorchSharp_writes()
    {
        using var scope = NewDisposeScope();
        using var layer = TwoToOne();
        Assert.Same(layer, layer.save(At("model.dat")));
        Assert.Equal(LinearBytes, File.ReadAllBytes(At("model.dat")));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void The_bytes_that_TorchSharp_writes_are_read()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(2, 1);
        File.WriteAllBytes(At("model.dat"), LinearBytes);
        Assert.Same(layer, layer.load(At("model.dat")));
        Assert.Equal([1, -2], layer.weight.ToNumbers());
        Assert.Equal([0.5], layer.bias!.ToNumbers());
        Assert.True(layer.weight.requires_grad);
    }

    [Fact]
    public void Long_names_and_lengths_take_several_bytes()
    {
        using var scope = NewDisposeScope();
        var name = new string('é', 100);
        using var source = new Holder((name, arange(300, float64)));
        using var target = new Holder((name, zeros(300, float64)));
        source.save(At("model.dat"));
        Assert.Equal([1, 200, 1, 0xc3, 0xa9], File.ReadAllBytes(At("model.dat"))[..5]);
        Assert.Equal([7, 1, 0xac, 0x02], File.ReadAllBytes(At("model.dat"))[203..207]);
        target.load(At("model.dat"));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (double)i), target.get_buffer(name)!.ToNumbers());
    }

    public static TheoryData<ScalarType> Types => [.. Enum.GetValues<ScalarType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void Tensors_of_every_type_come_back(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor[] values = [arange(6, float32).reshape(2, 3), tensor(1f), zeros([0, 3]), arange(2, float32)];
        (string, Tensor)[] Named(Func<Tensor, Tensor> change) =>
            [.. values.Select((value, i) => ($"value{i}", change(value.to(type))))];
        using var source = new Holder(Named(value => value.dim() == 2 ? value.t() : value));
        using var target = new Holder(
            Named(value => (value.dim() == 2 ? value.t() : value).logical_not().to(type))
        );
        source.save(At("model.dat"));
        target.load(At("model.dat"));
        foreach (var (name, value) in source.named_buffers())
            Assert.Equal(
                value.contiguous().bytes.ToArray(),
                target.get_buffer(name)!.contiguous().bytes.ToArray()
            );
    }

    [Fact]
    public void Names_on_one_side_are_refused_unless_asked_for()
    {
        using var scope = NewDisposeScope();
        using var source = new Holder(("shared", ones(2)), ("extra", ones(3)), ("last", ones(4)));
        using var target = new Holder(("shared", zeros(2)), ("own", zeros(2)), ("last", zeros(4)));
        source.save(At("model.dat"));
        var error = Assert.Throws<ArgumentException>(() => target.load(At("model.dat")));
        Assert.Contains("missing: [own], unexpected: [extra]", error.Message, StringComparison.Ordinal);
        Assert.Equal([0, 0], target.get_buffer("shared")!.ToNumbers());

        var found = new Dictionary<string, bool>();
        target.load(At("model.dat"), strict: false, loadedParameters: found);
        Assert.Equal([1, 1], target.get_buffer("shared")!.ToNumbers());
        Assert.Equal([0, 0], target.get_buffer("own")!.ToNumbers());
        Assert.Equal([1, 1, 1, 1], target.get_buffer("last")!.ToNumbers());
        Assert.Equal(
            [("shared", true), ("extra", false), ("last", true)],
            found.Select(e => (e.Key, e.Value))
        );
    }

    [Fact]
    public void Skipped_names_are_neither_written_nor_read()
    {
        using var scope = NewDisposeScope();
        using var source = new Holder(("body", ones(2)), ("head", ones(3)), ("extra", ones(1)));
        using var target = new Holder(("body", zeros(2)), ("head", zeros(5)));
        source.save(At("all.dat")).save(At("part.dat"), skip: ["head", "extra"]);
        target.load(At("all.dat"), skip: ["head", "extra"]);
        Assert.Equal([1, 1], target.get_buffer("body")!.ToNumbers());
        Assert.Equal([0, 0, 0, 0, 0], target.get_buffer("head")!.ToNumbers());
        target.get_buffer("body")!.zero_();
        Assert.Throws<ArgumentException>(() => target.load(At("part.dat")));
        target.load(At("part.dat"), skip: ["head"]);
        Assert.Equal([1, 1], target.get_buffer("body")!.ToNumbers());
    }

    [Fact]
    public void Another_shape_or_type_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var source = new Holder(("first", ones(2)), ("second", ones(3)));
        source.save(At("model.dat"));
        foreach (var second in new[] { zeros(4), zeros(3, float64) })
        {
            using var target = new Holder(("first", zeros(2)), ("second", second));
            var error = Assert.Throws<ArgumentException>(() => target.load(At("model.dat")));
            Assert.Contains("'second' must be", error.Message, StringComparison.Ordinal);
            Assert.Contains("Float32 of shape [3]", error.Message, StringComparison.Ordinal);
            Assert.Equal([0, 0], target.get_buffer("first")!.ToNumbers());
        }
    }

    [Fact]
    public void A_file_cut_anywhere_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(2, 1);
        var before = layer.weight.ToNumbers();
        var live = LiveTensors.Settled();
        for (var length = 0; length < LinearBytes.Length; length++)
        {
            File.WriteAllBytes(At("model.dat"), LinearBytes[..length]);
            foreach (var strict in new[] { true, false })
            {
                var error = Assert.Throws<InvalidDataException>(() => layer.load(At("model.dat"), strict));
                Assert.Contains("ends early", error.Message, StringComparison.Ordinal);
            }
        }
        Assert.Equal(before, layer.weight.ToNumbers());
        Assert.Equal(live, Tensor.TotalCount);
    }

    public static TheoryData<byte[], string> ForeignFiles =>
        new()
        {
            { [.. Enumerable.Repeat((byte)0xff, 40)], "a number or a name" },
            { [1, 2, 0xc3, 0x28, 6, 0], "a number or a name" },
            { [1, 0xff, 0xff, 0xff, 0xff, 0x0f], "a name in it takes" },
            { [1, .. Entry("w", 12, [1], 0)], "elements of type 12" },
            { [1, 1, (byte)'w', 6, 65], "65 dimensions" },
            { [1, .. Entry("w", 6, [.. Enumerable.Repeat((byte)127, 64)])], "'w' has shape [127" },
            { [2, .. Entry("w", 0, [0]), .. Entry("w", 0, [0])], "'w' twice" },
        };

    [Theory]
    [MemberData(nameof(ForeignFiles))]
    public void Other_files_are_told_apart(byte[] bytes, string words)
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(2, 1);
        File.WriteAllBytes(At("model.dat"), bytes);
        var error = Assert.Throws<InvalidDataException>(() => layer.load(At("model.dat"), strict: false));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_save_that_fails_leaves_the_old_file_alone()
    {
        using var scope = NewDisposeScope();
        using var gone = new Holder(("first", ones(2)), ("second", ones(2)));
        gone.save(At("model.dat"));
        var before = File.ReadAllBytes(At("model.dat"));
        var state = gone.get_buffer("second")!;
        using var failing = new Failing(state);
        Assert.ThrowsAny<Exception>(() => failing.save(At("model.dat")));
        Assert.Equal(before, File.ReadAllBytes(At("model.dat")));
        Assert.Single(Directory.GetFiles(folder));
    }

    /// <summary>A module whose second tensor is gone when it is written.</summary>
    private sealed class Failing(Tensor first) : Module("failing")
    {
        public override Dictionary<string, Tensor> state_dict(
            Dictionary<string, Tensor>? destination = null,
            string? prefix = null
        )
        {
            var gone = ones(2);
            gone.Dispose();
            return new() { ["first"] = first, ["gone"] = gone };
        }
    }

    [Fact]
    public void Streams_and_writers_carry_several_modules()
    {
        using var scope = NewDisposeScope();
        using var first = TwoToOne();
        using var second = new Holder(("value", ones(2)));
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.save(writer);
            second.save(writer);
        }
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        using var read = Linear(2, 1);
        using var other = new Holder(("value", zeros(2)));
        read.load(reader);
        other.load(reader);
        Assert.Equal([1, -2], read.weight.ToNumbers());
        Assert.Equal([1, 1], other.get_buffer("value")!.ToNumbers());
        first.save(File.Create(At("stream.dat")));
        read.load(File.OpenRead(At("stream.dat")));
        Assert.Equal(LinearBytes, File.ReadAllBytes(At("stream.dat")));
    }
}
