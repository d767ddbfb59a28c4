using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Modules;

/// <summary>
/// A model whose forward pass takes several tensors, or returns several, as one that takes and returns one: its
/// inputs are packed into a matrix with a row for each data point, and a function of yours calls the model.
/// </summary>
/// <remarks>
/// A packed batch is in float64, which holds float32, truth values and whole numbers up to 2⁵³ exactly; each input is
/// unpacked in its own shape and type. Layers, parameters and their names are the model's.
/// </remarks>
/// <example>
/// <code>
/// var packed = new PackedModel(
///     model,
///     x => model.call(x[0] * x[1]),
///     images,
///     masks
/// );
/// using var optimizer = new FoofOptimizer(packed);
/// optimizer.Step(packed.Pack(images, masks), labels).Dispose();
/// </code>
/// </example>
public sealed class PackedModel : nn.Module<Tensor, Tensor>
{
    private readonly Func<IReadOnlyList<Tensor>, Tensor> run;
    private readonly Part[] parts;

    /// <summary>Wraps a model.</summary>
    /// <param name="model">The model; its layers are covered. It stays the caller's and must outlive this one.</param>
    /// <param name="run">
    /// Calls the model with the inputs of a batch, in the order of <paramref name="examples"/>, and returns the
    /// output that the loss takes: one of a tuple, say.
    /// </param>
    /// <param name="examples">A batch of each input, data points first: its other dimensions and its type count.</param>
    /// <exception cref="ArgumentException">There is no input, or one has no dimension for data points.</exception>
    public PackedModel(nn.Module model, Func<IReadOnlyList<Tensor>, Tensor> run, params Tensor[] examples)
        : base(nameof(PackedModel))
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(examples);
        if (examples.Length == 0)
            throw new ArgumentException("examples must hold one input at least; got none.", nameof(examples));
        this.run = run;
        parts = [.. examples.Select((example, i) => Part.Of(example, $"examples[{i}]"))];
        register_module("model", model);
    }

    /// <summary>One batch as a matrix, for this model.</summary>
    /// <param name="inputs">The inputs, data points first, in the order of the constructor's examples.</param>
    /// <returns>[n; numbers of a data point], in float64; the caller owns it.</returns>
    /// <exception cref="ArgumentException">Their number, a shape, a type or the number of data points differs.</exception>
    public Tensor Pack(params Tensor[] inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Length != parts.Length)
            throw new ArgumentException(
                $"inputs must be {parts.Length} tensors, as the model's examples; got {inputs.Length}.",
                nameof(inputs)
            );
        for (var i = 0; i < inputs.Length; i++)
            parts[i].Require(inputs[i], inputs[0], $"inputs[{i}]");
        using var scope = NewDisposeScope();
        var rows = inputs.Select(input => input.to(ScalarType.Float64).reshape(input.shape[0], -1));
        return cat([.. rows], 1).MoveToOuterDisposeScope();
    }

    /// <summary>The output of the function, for a packed batch.</summary>
    /// <param name="input">What <see cref="Pack"/> returned, or some of its rows.</param>
    /// <returns>What the function returns.</returns>
    /// <exception cref="ArgumentException">It is no packed batch of this model.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var total = parts.Sum(part => part.Numbers);
        if (input.dim() != 2 || input.shape[1] != total)
            throw new ArgumentException(
                $"input must be a batch that Pack made, [n; {total}]; got [{Shape.text(input.shape)}].",
                nameof(input)
            );
        using var scope = NewDisposeScope();
        var first = 0L;
        var inputs = new List<Tensor>();
        foreach (var part in parts)
        {
            inputs.Add(part.Unpacked(input.narrow(1, first, part.Numbers)));
            first += part.Numbers;
        }
        return run(inputs).MoveToOuterDisposeScope();
    }

    private sealed record Part(long[] Shape, ScalarType Type)
    {
        public long Numbers => Shape.Aggregate(1L, (product, size) => product * size);

        public static Part Of(Tensor example, string name)
        {
            if (example is null || example.dim() == 0)
                throw new ArgumentException($"{name} must have a first dimension for data points; got none.", name);
            return new(example.shape[1..], example.dtype);
        }

        public void Require(Tensor input, Tensor first, string name)
        {
            ArgumentNullException.ThrowIfNull(input, name);
            if (
                input.dim() == 0
                || !input.shape.AsSpan(1).SequenceEqual(Shape)
                || input.dtype != Type
                || input.shape[0] != first.shape[0]
            )
                throw new ArgumentException(
                    $"{name} must be [{string.Join("; ", Shape.Prepend(first.shape[0]))}] of {Type}, as its example; "
                        + $"got [{string.Join("; ", input.shape)}] of {input.dtype}.",
                    name
                );
        }

        public Tensor Unpacked(Tensor rows) => rows.reshape([rows.shape[0], .. Shape]).to(Type);
    }
}
