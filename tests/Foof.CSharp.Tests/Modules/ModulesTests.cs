using Foof.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Modules;

/// <summary>Attention and recurrent layers compute what TorchSharp's do, and have curvature.</summary>
public sealed class ModulesTests
{
    private const double Tolerance = 1e-10;

    private static Tensor Random(params long[] shape) => randn(shape, dtype: ScalarType.Float64);

    private static void Agree(Tensor expected, Tensor found) =>
        Assert.True(
            (expected - found).norm().ToDouble() <= Tolerance * (1 + expected.norm().ToDouble()),
            $"expected {expected.str()}, found {found.str()}"
        );

    private static void Copy(Tensor from, Tensor to)
    {
        using var quiet = no_grad();
        to.copy_(from);
    }

    public static TheoryData<string> Kinds => ["Rnn", "Lstm", "Gru"];

    private static RecurrentLayer Own(string kind) =>
        kind switch
        {
            "Rnn" => new Rnn(3, 4, dtype: ScalarType.Float64),
            "Lstm" => new Lstm(3, 4, dtype: ScalarType.Float64),
            _ => new Gru(3, 4, dtype: ScalarType.Float64),
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_recurrent_layer_computes_what_TorchSharps_computes(string kind)
    {
        using var scope = NewDisposeScope();
        using var own = Own(kind);
        nn.Module theirs = kind switch
        {
            "Rnn" => nn.RNN(3, 4, batchFirst: true, dtype: ScalarType.Float64),
            "Lstm" => nn.LSTM(3, 4, batchFirst: true, dtype: ScalarType.Float64),
            _ => nn.GRU(3, 4, batchFirst: true, dtype: ScalarType.Float64),
        };
        var weights = theirs.state_dict();
        Copy(weights["weight_ih_l0"], own.Input.weight!);
        Copy(weights["bias_ih_l0"], own.Input.bias!);
        Copy(weights["weight_hh_l0"], own.Recurrent.weight!);
        Copy(weights["bias_hh_l0"], own.Recurrent.bias!);
        var input = Random(2, 5, 3);
        var expected = theirs switch
        {
            TorchSharp.Modules.RNN rnn => rnn.call(input).Item1,
            TorchSharp.Modules.LSTM lstm => lstm.call(input).Item1,
            TorchSharp.Modules.GRU gru => gru.call(input).Item1,
            _ => throw new InvalidOperationException(),
        };
        Agree(expected, own.call(input));
    }

    [Fact]
    public void Attention_computes_what_TorchSharps_computes_with_a_mask_and_without()
    {
        using var scope = NewDisposeScope();
        using var own = new SelfAttention(6, 2, dtype: ScalarType.Float64);
        using var causal = new SelfAttention(6, 2, isCausal: true, dtype: ScalarType.Float64);
        using var theirs = nn.MultiheadAttention(6, 2);
        theirs.to(ScalarType.Float64);
        var weights = theirs.state_dict();
        foreach (var attention in new[] { own, causal })
        {
            Linear[] projections = [attention.Query, attention.Key, attention.Value];
            foreach (var (projection, i) in projections.Select((projection, i) => (projection, i)))
            {
                Copy(weights["in_proj_weight"].narrow(0, 6 * i, 6), projection.weight!);
                Copy(weights["in_proj_bias"].narrow(0, 6 * i, 6), projection.bias!);
            }
            Copy(weights["out_proj.weight"], attention.Output.weight!);
            Copy(weights["out_proj.bias"], attention.Output.bias!);
        }
        var input = Random(3, 5, 6);
        var x = input.transpose(0, 1);
        Tensor Theirs(Tensor? mask) => theirs.call(x, x, x, null!, false, mask!).Item1.transpose(0, 1);
        Agree(Theirs(null), own.call(input));
        var earlier = ones(5, 5, dtype: ScalarType.Bool).tril();
        // libtorch's C++ module adds its mask to the scores.
        var hidden = zeros(5, 5, dtype: ScalarType.Float64).masked_fill(earlier.logical_not(), double.NegativeInfinity);
        Agree(Theirs(hidden), causal.call(input));
        Agree(causal.call(input), own.Attend(input, earlier));
        Agree(causal.call(input), own.Attend(input, earlier.expand(3, 5, 5)));
        // A token that attends to nothing.
        Agree(own.Output.bias!.expand(3, 5, 6), own.Attend(input, zeros(5, 5, dtype: ScalarType.Bool)));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both()
    {
        using var scope = NewDisposeScope();
        using var attention = new SelfAttention(6, 2, dtype: ScalarType.Float64);
        void Refused(string words, Action action) =>
            Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);

        Refused("multiple of the 4 heads; got 6", () => new SelfAttention(6, 4).Dispose());
        Refused("[n; tokens; 6]; got [3; 5; 7]", () => attention.call(Random(3, 5, 7)));
        Refused(
            "[5; 5] or [3; 5; 5]; got [3; 5] of Bool",
            () => attention.Attend(Random(3, 5, 6), ones(3, 5, dtype: ScalarType.Bool))
        );
        Refused("got [5; 5] of Float64", () => attention.Attend(Random(3, 5, 6), Random(5, 5)));
        using var lstm = new Lstm(3, 4, dtype: ScalarType.Float64);
        Refused("[n; times; 3] with one time at least; got [2; 0; 3]", () => lstm.call(Random(2, 0, 3)));
        Refused("must be", () => new Gru(0, 4).Dispose());
    }

    public static TheoryData<string> Models => ["attention", "Rnn", "Lstm", "Gru", "two inputs"];

    private static (nn.Module<Tensor, Tensor> Model, Tensor Input) Made(string kind)
    {
        if (kind == "attention")
            return (
                nn.Sequential(
                    ("attention", new SelfAttention(4, 2, isCausal: true, dtype: ScalarType.Float64)),
                    ("flat", nn.Flatten()),
                    ("head", nn.Linear(12, 2, dtype: ScalarType.Float64))
                ),
                Random(4, 3, 4)
            );
        if (kind == "two inputs")
        {
            var bilinear = new TwoInputs();
            var (x, y) = (Random(4, 3), Random(4, 2, 2));
            var packed = new PackedModel(bilinear, inputs => bilinear.call(inputs[0], inputs[1]).Item1, x, y);
            return (packed, packed.Pack(x, y));
        }
        return (
            nn.Sequential(
                ("recurrent", Own(kind)),
                ("flat", nn.Flatten()),
                ("head", nn.Linear(12, 2, dtype: ScalarType.Float64))
            ),
            Random(4, 3, 3)
        );
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Curvature_is_that_of_autograds_jacobian(string kind)
    {
        using var scope = NewDisposeScope();
        var (model, input) = Made(kind);
        var output = model.call(input);
        var rows = new List<Tensor>();
        for (var i = 0; i < output.shape[0]; i++)
        for (var c = 0; c < output.shape[1]; c++)
            rows.Add(
                cat([
                    .. autograd
                        .grad([output[i, c]], [.. model.parameters()], retain_graph: true)
                        .Select(gradient => gradient.flatten()),
                ])
            );
        var J = stack([.. rows]);
        using var curvature = CurvatureMatrix.Fisher(model, Loss.SquaredError, input);
        Assert.All(curvature.Coverage, line => Assert.True(line.Treatment.IsPreconditioned, $"{line}"));
        var K = J.matmul(J.t()) / input.shape[0];
        Agree(linalg.eigvalsh(K), linalg.eigvalsh(curvature.Dense()).narrow(0, J.shape[1] - 8, 8));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_family_of_methods_trains_them(string kind)
    {
        foreach (
            var make in new Func<nn.Module<Tensor, Tensor>, Optimizer>[]
            {
                model => new FoofOptimizer(model, Loss.SquaredError, learningRate: 0.05),
                model => new KfacOptimizer(model, Loss.SquaredError, learningRate: 0.05),
                model => new NaturalGradientOptimizer(model, Loss.SquaredError, learningRate: 0.05),
            }
        )
        {
            using var scope = NewDisposeScope();
            random.manual_seed(4);
            var (model, input) = Made(kind);
            var target = Random(4, 2);
            using var optimizer = make(model);
            double Loss() => optimizer.Step(input, target).ReadLoss();
            var first = Loss();
            for (var i = 0; i < 20; i++)
                Loss();
            Assert.True(Loss() < 0.9 * first, $"{optimizer.GetType().Name} on {kind}: {first} to {Loss()}");
        }
    }

    [Fact]
    public void A_packed_model_takes_shapes_and_types_as_they_were()
    {
        using var scope = NewDisposeScope();
        using var table = nn.Embedding(7, 3);
        using var model = nn.Linear(6, 2);
        Tensor[] batch = [randint(0, 7, [4, 2]), rand(4, 6) > 0.5];
        var seen = new List<(long[], ScalarType)>();
        using var packed = new PackedModel(
            model,
            inputs =>
            {
                seen.AddRange(inputs.Select(input => (input.shape, input.dtype)));
                Assert.True(batch.Zip(inputs).All(pair => pair.First.eq(pair.Second).all().ToBoolean()));
                return model.call(table.call(inputs[0]).flatten(1) * inputs[1].to(ScalarType.Float32));
            },
            batch
        );
        var found = packed.call(packed.Pack(batch));
        Assert.Equal([4L, 2], found.shape);
        Assert.Equal([ScalarType.Int64, ScalarType.Bool], seen.Select(input => input.Item2));
        void Refused(string words, Action action) =>
            Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
        Refused("must be 2 tensors", () => packed.Pack(batch[0]));
        Refused("inputs[1] must be [4; 6] of Bool", () => packed.Pack(batch[0], rand(4, 6)));
        Refused("inputs[1] must be [4; 6] of Bool", () => packed.Pack(batch[0], batch[1].narrow(0, 0, 3)));
        Refused("[n; 8]; got [4; 6]", () => packed.call(rand(4, 6)));
        Refused("one input at least", () => new PackedModel(model, inputs => inputs[0]).Dispose());
    }

    private sealed class TwoInputs : nn.Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly Linear first = nn.Linear(3, 2, dtype: ScalarType.Float64);
        private readonly Linear second = nn.Linear(2, 2, dtype: ScalarType.Float64);

        public TwoInputs()
            : base(nameof(TwoInputs)) => RegisterComponents();

        public override (Tensor, Tensor) forward(Tensor x, Tensor y)
        {
            var both = first.call(x).tanh() * second.call(y).mean([1]);
            return (both, x);
        }
    }
}
