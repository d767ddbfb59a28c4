using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A classifier made of some of a classifier's outputs: the head of one of several tasks that have their own
/// classes, if the task of a data point is known at test time (task-incremental learning).
/// </summary>
/// <remarks>
/// The softmax is only over these outputs, so that the others get no gradient and have no curvature. Labels
/// count from 0 in the order of these outputs (<see cref="Labels"/>). The head calls the model and does not
/// own it: the head has no parameters, and its <c>train</c>, <c>eval</c> and <c>to</c> leave the model as it is.
/// If the task is not known (class-incremental learning), a penalty on the weights alone hardly helps, whatever
/// the method.
/// </remarks>
/// <example>
/// <code>
/// using var head = new TaskHead(model, [2, 3]);
/// using var labels = head.Labels(labelsOfTask);
/// var loss = nn.functional.cross_entropy(head.call(images), labels);
/// </code>
/// </example>
public sealed class TaskHead : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly long[] outputs;

    /// <summary>Makes a head of the model's outputs with the given numbers.</summary>
    /// <param name="model">The classifier; it stays the caller's.</param>
    /// <param name="outputs">Numbers of outputs, counted from 0, in the order of the head's own classes.</param>
    /// <exception cref="ArgumentException">
    /// No output is given, or one is given twice or is negative.
    /// </exception>
    public TaskHead(nn.Module<Tensor, Tensor> model, IEnumerable<long> outputs)
        : base(nameof(TaskHead))
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(outputs);
        this.model = model;
        this.outputs = [.. outputs];
        if (
            this.outputs.Length == 0
            || this.outputs.Any(output => output < 0)
            || this.outputs.Distinct().Count() < this.outputs.Length
        )
            throw new ArgumentException(
                $"outputs must be different numbers of at least 0, and one or more; got [{string.Join(", ", this.outputs)}].",
                nameof(outputs)
            );
    }

    /// <summary>Returns the model's outputs with these numbers, [n; outputs; ...]; the caller owns them.</summary>
    /// <exception cref="ArgumentException">The model's output has no such numbers.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var all = model.call(input);
        if (all.dim() < 2 || outputs.Max() >= all.shape[1])
            throw new ArgumentException(
                $"The model's output must be [n; {outputs.Max() + 1} or more; ...] for these outputs; "
                    + $"got [{Shape.text(all.shape)}]."
            );
        return scope.MoveToOuter(all.index_select(1, Numbers(all.device)));
    }

    /// <summary>
    /// Converts labels of the whole classifier to labels of this head, their positions among its outputs. The
    /// caller owns the result, of the labels' shape and type Int64.
    /// </summary>
    /// <exception cref="ArgumentException">A label is not among this head's outputs; -100 is not, either.</exception>
    public Tensor Labels(Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var matches = labels.unsqueeze(-1).eq(Numbers(labels.device));
        var foreign = labels.numel() - Foof.Numbers.count(matches);
        if (foreign > 0)
            throw new ArgumentException(
                $"Labels must be among this head's, [{string.Join(", ", outputs)}]; "
                    + $"{foreign} of {labels.numel()} are not.",
                nameof(labels)
            );
        return scope.MoveToOuter(matches.to(ScalarType.Int64).argmax(-1));
    }

    private Tensor Numbers(Device device) => tensor(outputs, device: device);
}
