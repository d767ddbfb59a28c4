using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Mistakes;

/// <summary>A model and a batch with a mistake, and the uses that run into it.</summary>
internal sealed record Mistake(nn.Module<Tensor, Tensor> Model, Tensor? Input, Tensor? Target, params string[] Spared)
{
    internal static IReadOnlyDictionary<string, Func<Mistake>> All { get; } =
        new Dictionary<string, Func<Mistake>>
        {
            ["a change in place of what a derivative needs"] = () =>
                new(Chain(z => z.sigmoid().mul_(2)), Points(), Labels()),
            ["an in-place change of a layer's input"] = () =>
                new(new CustomModule([Linear(3, 3), Linear(3, 4)], ChangesInput), Points(), Labels()),
            ["a graph used twice"] = () => new(UsedTwice(), Points(), Labels()),
            ["an output without classes"] = () => new(Chain(last: z => z.sum(1)), Points(), Labels(), "Jacobian"),
            ["an output of other points than the labels"] = () =>
                new(Chain(last: z => z.narrow(0, 0, 5)), Points(), Labels(), "Gauss-Newton"),
            ["an input that does not fit the first layer"] = () => new(Chain(), rand(6, 5), Labels()),
            ["a hidden layer's input that does not fit"] = () => new(Chain(z => z.narrow(1, 0, 3)), Points(), Labels()),
            ["data points that change between layers"] = () =>
                new(
                    Reshapes(),
                    Points(),
                    Labels(3),
                    "FOOF's step",
                    "FOOF's step after others",
                    "Hessian",
                    "Gauss-Newton"
                ),
            ["an output that depends on no parameter"] = () => new(Chain(last: z => z.detach()), Points(), Labels()),
            ["a label out of range"] = () => new(Chain(), Points(), Labels().fill_(7), "Gauss-Newton", "Jacobian"),
            ["a label below zero"] = () => new(Chain(), Points(), Labels().fill_(-7), "Gauss-Newton", "Jacobian"),
            ["a label out of range where the model differentiates"] = () =>
                new(Penalised(), Points(), Labels().fill_(7), "Gauss-Newton", "Jacobian"),
            ["an input that does not fit where the model differentiates"] = () =>
                new(Penalised(), rand(6, 5), Labels()),
            ["labels that are all ignored where the model differentiates"] = () =>
                new(Penalised(), Points(), Labels().fill_(-100), "Hessian", "Gauss-Newton", "Jacobian"),
            ["no input"] = () => new(Chain(), null, Labels()),
            ["no label"] = () => new(Chain(), Points(), null, "Laplace", "Gauss-Newton", "Jacobian"),
            ["a module that returns nothing"] = () => new(Chain(last: _ => null!), Points(), Labels()),
            ["a module that disposes its input"] = () => new(Chain(first: DisposesAtOnce), Points(), Labels()),
            ["a module that disposes what a layer returned"] = () => new(Chain(DisposesAtOnce), Points(), Labels()),
            ["a module that throws"] = () =>
                new(Chain(_ => throw new NotSupportedException("mine")), Points(), Labels()),
            ["a float64 input"] = () => new(Chain(), Points().@double(), Labels()),
            ["an int64 input"] = () => new(Chain(), Points().@long(), Labels()),
            ["an input on another device"] = () => new(Chain(), Points().to(META), Labels()),
            ["labels on another device"] = () => new(Chain(), Points(), Labels().to(META), "Gauss-Newton", "Jacobian"),
            ["labels that are no indices"] = () => new(Chain(), Points(), rand(6), "Gauss-Newton", "Jacobian"),
            ["no data points"] = () => new(Chain(), rand(0, 3), Labels(0)),
            ["a disposed input"] = () => new(Chain(), Disposed(Points()), Labels()),
            ["a disposed weight"] = DisposedWeight,
        };

    /// <summary>Two layers with functions before, between and after them.</summary>
    private static CustomModule Chain(
        Func<Tensor, Tensor>? between = null,
        Func<Tensor, Tensor>? first = null,
        Func<Tensor, Tensor>? last = null
    ) =>
        new(
            [Linear(3, 4), Linear(4, 4)],
            (layers, x) =>
            {
                var z = layers[0].call(first is null ? x : first(x));
                var y = layers[1].call(between is null ? z.tanh() : between(z));
                return last is null ? y : last(y);
            }
        );

    /// <summary>
    /// Its output has a derivative of its own, for which TorchSharp ends the process without a graph.
    /// </summary>
    private static CustomModule Penalised() =>
        Chain(z =>
        {
            var h = z.tanh();
            var slope = autograd.grad([h.sum()], [z], retain_graph: true, create_graph: true)[0];
            return h + slope.square();
        });

    private static Tensor ChangesInput(nn.Module<Tensor, Tensor>[] layers, Tensor x)
    {
        var z = layers[0].call(x).tanh();
        var y = layers[1].call(z);
        z.mul_(2);
        return y;
    }

    /// <summary>
    /// A first layer whose output is kept, and its graph gone with an earlier backward pass.
    /// </summary>
    private static CustomModule UsedTwice()
    {
        var first = Linear(3, 4);
        var kept = first.call(Points()).tanh();
        kept.sum().backward();
        return new([first, Linear(4, 4)], (layers, _) => layers[1].call(kept));
    }

    private static CustomModule Reshapes() =>
        new([Linear(3, 4), Linear(8, 4)], (layers, x) => layers[1].call(layers[0].call(x).tanh().reshape(3, 8)));

    private static Mistake DisposedWeight()
    {
        var model = Chain();
        model.parameters().First().Dispose();
        return new(model, Points(), Labels());
    }

    private static Tensor DisposesAtOnce(Tensor x)
    {
        x.Dispose();
        return x;
    }

    private static Tensor Disposed(Tensor x)
    {
        x.Dispose();
        return x;
    }

    private static Tensor Points() => rand(6, 3);

    private static Tensor Labels(long count = 6) => arange(count).remainder(4);

    private static nn.Module<Tensor, Tensor> Linear(long inputs, long outputs) => nn.Linear(inputs, outputs);
}
