using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests;

/// <summary>
/// The files beside this one in Written: TorchSharp 0.107.0 with libtorch 2.10.0 wrote them. They are read, and written
/// again to the same bytes.
/// </summary>
public sealed class WrittenByTorchSharpTests
{
    private static byte[] Written(string name, [CallerFilePath] string here = "") =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "Written", name));

    /// <summary>Numbers that every type of more than a byte holds exactly.</summary>
    private static Tensor Formula(long[] shape, int salt)
    {
        var count = shape.Aggregate(1L, (product, length) => product * length);
        var values = Enumerable
            .Range(0, (int)count)
            .Select(i => ((i * 7919L + salt * 104729L) % 2048 - 1024) / 1024.0);
        return tensor([.. values]).reshape(shape);
    }

    private static void Fill(Module module)
    {
        using var unrecorded = no_grad();
        var salt = 1;
        foreach (var (_, value) in module.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
            value.copy_(Formula(value.shape, salt++).to(value.dtype));
    }

    private static void Same(Module filled, Module read, string file)
    {
        read.load(new MemoryStream(Written(file)));
        Fill(filled);
        foreach (var (name, value) in filled.state_dict())
            Assert.Equal(value.bytes.ToArray(), read.state_dict()[name].bytes.ToArray());
        using var stream = new MemoryStream();
        read.save(stream);
        Assert.Equal(Written(file), stream.ToArray());
    }

    private static Sequential Network() =>
        Sequential(
            ("conv", Conv2d(2, 3, 2)),
            ("norm", BatchNorm2d(3)),
            ("relu", ReLU()),
            ("flat", Flatten()),
            ("linear", Linear(12, 4))
        );

    [Fact]
    public void A_network_with_a_batch_norm_comes_back_to_the_bit()
    {
        using var scope = NewDisposeScope();
        Same(Network(), Network(), "sequential.dat");
    }

    private sealed class Holder : Module
    {
        public Holder()
            : base("holder")
        {
            ScalarType[] types =
            [
                uint8,
                int8,
                int16,
                int32,
                int64,
                float16,
                float32,
                float64,
                complex64,
                complex128,
                ScalarType.Bool,
                bfloat16,
            ];
            string[] names =
            [
                "u8",
                "i8",
                "i16",
                "i32",
                "i64",
                "f16",
                "f32",
                "f64",
                "c64",
                "c128",
                "bool",
                "bf16",
            ];
            foreach (var (name, type) in names.Zip(types))
                register_buffer(name, zeros([2, 3], type));
            register_buffer("scalar", zeros([], float64));
            register_buffer("empty", zeros([0, 3], float32));
            register_buffer("lots", zeros([300], float32));
            register_buffer("ünïcode", zeros([1], float32));
        }
    }

    [Fact]
    public void Tensors_of_all_types_come_back_to_the_bit()
    {
        using var scope = NewDisposeScope();
        Same(new Holder(), new Holder(), "types.dat");
    }

    private static readonly Dictionary<string, Func<IEnumerable<Parameter>, optim.Optimizer>> Optimizers =
        new()
        {
            ["sgd"] = parameters => optim.SGD(parameters, 0.1, momentum: 0.9),
            ["sgdplain"] = parameters => optim.SGD(parameters, 0.1),
            ["adam"] = parameters => optim.Adam(parameters, 0.01),
            ["amsgrad"] = parameters => optim.Adam(parameters, 0.01, amsgrad: true),
            ["adamw"] = parameters => optim.AdamW(parameters, 0.01),
            ["rmsprop"] = parameters => optim.RMSProp(parameters, 0.01, momentum: 0.5, centered: true),
            ["adagrad"] = parameters => optim.Adagrad(parameters, 0.01),
        };

    public static TheoryData<string> Kinds => [.. Optimizers.Keys];

    private static void Step(Linear model, optim.Optimizer optimizer, int t)
    {
        optimizer.zero_grad();
        model.call(Formula([4, 3], 10 + t)).square().sum().backward();
        optimizer.step();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_optimisers_state_goes_on_where_TorchSharp_left_it(string kind)
    {
        using var scope = NewDisposeScope();
        var (stayed, read) = (Linear(3, 2, dtype: float64), Linear(3, 2, dtype: float64));
        Fill(stayed);
        using var source = Optimizers[kind](stayed.parameters());
        for (var t = 0; t < 3; t++)
            Step(stayed, source, t);

        using var target = (OptimizerHelper)Optimizers[kind](read.parameters());
        read.load(new MemoryStream(Written($"{kind}.dat")));
        using var reader = new BinaryReader(new MemoryStream(Written($"{kind}.opt")));
        target.load_state_dict(reader);
        Assert.Equal(reader.BaseStream.Length, reader.BaseStream.Position);
        using var stream = new MemoryStream();
        target.save_state_dict(new BinaryWriter(stream));
        Assert.Equal(Written($"{kind}.opt"), stream.ToArray());

        Step(stayed, source, 3);
        Step(read, target, 3);
        foreach (var (own, other) in stayed.parameters().Zip(read.parameters()))
            Assert.True(own.allclose(other, 1e-12, 1e-12));
    }
}
