using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Networks;

/// <summary>A network as users build them, with data for its loss.</summary>
internal sealed record Zoo(nn.Module<Tensor, Tensor> Model, Tensor Input, Tensor Target, Loss Loss)
{
    private const int Points = 6;

    private static readonly Dictionary<string, Func<ScalarType, Zoo>> All = new()
    {
        ["convolution, batch norm, dropout"] = type => Of(type, Convolutional(), [2, 5, 5], Loss.CrossEntropy),
        ["layer norm, rates"] = type => Of(type, Normalised(), [3], Loss.Poisson),
        ["tokens, some ignored"] = type => OfTokens(type, Tagger()),
        ["tokens, tied table"] = type => OfTokens(type, new Tied()),
        ["numbers at positions"] = type => Of(type, PerPosition(), [2, 3], Loss.SquaredError),
        ["yes and no, a layer used twice"] = type => Of(type, new Recurrent(), [3], Loss.BinaryCrossEntropy),
        ["a frozen layer and a frozen bias"] = type => Of(type, Frozen(), [3], Loss.CrossEntropy),
        ["one linear layer"] = type => Of(type, nn.Linear(3, 2), [3], Loss.SquaredError),
    };

    internal static IEnumerable<string> Names => All.Keys;

    /// <summary>Makes the network of a name, with weights and data that depend on nothing else.</summary>
    internal static Zoo Named(string name, ScalarType type)
    {
        manual_seed(17);
        return All[name](type);
    }

    /// <summary>The data in batches of 1, 3 and 2 points.</summary>
    internal (Tensor Input, Tensor? Target)[] Batches => [Rows(0, 1), Rows(1, 3), Rows(4, 2)];

    internal (Tensor Input, Tensor? Target) Rows(long start, long count) =>
        (Input.narrow(0, start, count), Target.narrow(0, start, count));

    private static Zoo Of(ScalarType type, nn.Module<Tensor, Tensor> model, long[] shape, Loss loss)
    {
        model = model.to(type);
        model.eval();
        var input = randn([Points, .. shape], dtype: type);
        using var unrecorded = no_grad();
        var like = model.call(input);
        var target = loss switch
        {
            Loss.CrossEntropy => arange(Points).remainder(like.shape[1]),
            Loss.BinaryCrossEntropy => rand_like(like).round(),
            Loss.Poisson => (rand_like(like) * 4).floor(),
            _ => randn_like(like),
        };
        return new(model, input, target, loss);
    }

    private static Zoo OfTokens(ScalarType type, nn.Module<Tensor, Tensor> model)
    {
        model = model.to(type);
        model.eval();
        var target = randint(0, 5, [Points, 3]);
        // All labels of one data point and one label of another are ignored.
        target[1].fill_(-100);
        target[4, 0].fill_(-100);
        return new(model, randint(0, 5, [Points, 3]), target, Loss.CrossEntropy);
    }

    private static Sequential Convolutional()
    {
        var norm = nn.BatchNorm2d(4);
        norm.running_mean!.normal_();
        norm.running_var!.uniform_(0.5, 2);
        return nn.Sequential(
            ("conv", nn.Conv2d(2, 4, 3, stride: 2, padding: 1)),
            ("norm", norm),
            ("relu", nn.Tanh()),
            ("drop", nn.Dropout(0.5)),
            ("flat", nn.Flatten()),
            ("last", nn.Linear(36, 3))
        );
    }

    private static Sequential Normalised() =>
        nn.Sequential(
            ("first", nn.Linear(3, 4)),
            ("norm", nn.LayerNorm(4)),
            ("tanh", nn.Tanh()),
            ("last", nn.Linear(4, 2))
        );

    private static Sequential Tagger() =>
        nn.Sequential(("table", nn.Embedding(5, 3)), ("last", nn.Linear(3, 5)), ("classes", new ClassesSecond()));

    private static Sequential PerPosition() =>
        nn.Sequential(("first", nn.Linear(3, 4)), ("tanh", nn.Tanh()), ("last", nn.Linear(4, 2)));

    private static Sequential Frozen()
    {
        var (first, last) = (nn.Linear(3, 4), nn.Linear(4, 3));
        last.bias!.requires_grad = false;
        foreach (var parameter in first.parameters())
            parameter.requires_grad = false;
        return nn.Sequential(("first", first), ("tanh", nn.Tanh()), ("middle", nn.Linear(4, 4)), ("last", last));
    }

    /// <summary>Turns [n; positions; C] into [n; C; positions].</summary>
    private sealed class ClassesSecond() : nn.Module<Tensor, Tensor>(nameof(ClassesSecond))
    {
        public override Tensor forward(Tensor input) => input.transpose(1, 2);
    }

    /// <summary>A language model whose output layer has the weight of its table.</summary>
    private sealed class Tied : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding table = nn.Embedding(5, 3);
        private readonly Linear middle = nn.Linear(3, 3);
        private readonly Linear last = nn.Linear(3, 5, hasBias: false);

        internal Tied()
            : base(nameof(Tied))
        {
            RegisterComponents();
            last.weight = table.weight!;
        }

        public override Tensor forward(Tensor input) =>
            last.call(middle.call(table.call(input)).tanh()).transpose(1, 2);
    }

    /// <summary>A layer that is called twice, then another one.</summary>
    private sealed class Recurrent : nn.Module<Tensor, Tensor>
    {
        private readonly Linear again = nn.Linear(3, 3);
        private readonly Linear last = nn.Linear(3, 2);

        internal Recurrent()
            : base(nameof(Recurrent)) => RegisterComponents();

        public override Tensor forward(Tensor input) => last.call(again.call(again.call(input).tanh()).tanh());
    }
}
