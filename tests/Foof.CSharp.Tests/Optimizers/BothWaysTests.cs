using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>
/// Step(input, target) and the ordinary loop are one method for FOOF, in networks with more than linear layers.
/// </summary>
public sealed class BothWaysTests
{
    private static readonly Dictionary<string, Func<ScalarType, nn.Module<Tensor, Tensor>>> Networks = new()
    {
        ["images"] = type => Images().to(type),
        ["tokens"] = type => new Tokens().to(type),
        ["tied tokens"] = type => Tied(new Tokens().to(type)),
        ["a frozen layer"] = type => Frozen(new Tokens().to(type)),
    };

    public static TheoryData<string, ScalarType> Cases
    {
        get
        {
            var cases = new TheoryData<string, ScalarType>();
            foreach (var name in Networks.Keys)
            {
                cases.Add(name, ScalarType.Float32);
                cases.Add(name, ScalarType.Float64);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Steps_of_both_ways_agree(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var inOne = Train(name, type, (optimizer, _, input, target) => optimizer.Step(input, target).Dispose());
        var ordinary = Train(
            name,
            type,
            (optimizer, model, input, target) =>
            {
                optimizer.zero_grad();
                // A sum over positions, a mean over the data points that count.
                var sum = nn.functional.cross_entropy(model.call(input), target, reduction: nn.Reduction.Sum);
                (sum / Counted(target)).backward();
                optimizer.step();
            }
        );
        Assert.Equal(inOne.Select(own => own.Name), ordinary.Select(own => own.Name));
        var tolerance = type == ScalarType.Float64 ? 1e-11 : 1e-4;
        foreach (var ((parameter, expected), (_, found)) in inOne.Zip(ordinary))
        {
            var apart = (expected - found).norm().ToDouble() / expected.norm().ToDouble();
            Assert.True(apart <= tolerance, $"'{parameter}' differs by {apart:E2}.");
        }
    }

    private static long Counted(Tensor target) =>
        (target.dim() == 1 ? target.ne(-100) : target.ne(-100).any(1)).sum().ToInt64();

    private static (string Name, Tensor Value)[] Train(
        string name,
        ScalarType type,
        Action<FoofOptimizer, nn.Module<Tensor, Tensor>, Tensor, Tensor> step
    )
    {
        manual_seed(31);
        var model = Networks[name](type);
        (Tensor, Tensor)[] batches = [.. Enumerable.Range(0, 4).Select(at => Batch(name, type, 6 - at))];
        using var optimizer = new FoofOptimizer(
            model,
            learningRate: 0.05,
            damping: 0.1,
            schedule: new() { InvertEvery = 2, StatisticsSteps = 1 },
            options: new() { Momentum = 0.5, WeightDecay = 0.01 }
        );
        // Dropout draws the same numbers in both runs.
        manual_seed(32);
        foreach (var (input, target) in batches)
            step(optimizer, model, input, target);
        return [.. model.state_dict().Select(own => (own.Key, own.Value.to(ScalarType.Float64)))];
    }

    private static (Tensor, Tensor) Batch(string name, ScalarType type, long points)
    {
        if (name == "images")
            return (randn(points, 2, 5, 5, dtype: type), randint(0, 3, [points]));
        var target = randint(0, 5, [points, 4]);
        // Of a data point without any label that counts, only Step(input, target) knows.
        target[0].narrow(0, 1, 3).fill_(-100);
        target[1, 2].fill_(-100);
        return (randint(0, 5, [points, 4]), target);
    }

    private static Sequential Images() =>
        nn.Sequential(
            ("conv", nn.Conv2d(2, 4, 3, padding: 1, bias: false)),
            ("norm", nn.BatchNorm2d(4)),
            ("relu", nn.ReLU()),
            ("groups", nn.Conv2d(4, 4, 3, stride: 2, groups: 2)),
            ("drop", nn.Dropout(0.3)),
            ("flat", nn.Flatten()),
            ("last", nn.Linear(16, 3))
        );

    private static Tokens Tied(Tokens tokens)
    {
        tokens.Last.weight = tokens.Table.weight!;
        return tokens;
    }

    private static Tokens Frozen(Tokens tokens)
    {
        tokens.Table.weight!.requires_grad = false;
        tokens.Last.bias!.requires_grad = false;
        return tokens;
    }

    private sealed class Tokens : nn.Module<Tensor, Tensor>
    {
        private readonly Linear middle = nn.Linear(3, 3);
        private readonly LayerNorm norm = nn.LayerNorm(3);
        private readonly Embedding table = nn.Embedding(5, 3);
        private readonly Linear last = nn.Linear(3, 5);

        internal Tokens()
            : base(nameof(Tokens)) => RegisterComponents();

        internal Embedding Table => table;

        internal Linear Last => last;

        public override Tensor forward(Tensor input) =>
            last.call(norm.call(middle.call(table.call(input)).tanh())).transpose(1, 2);
    }
}
