using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// What a network learnt from earlier tasks, as a penalty on its weights: the sum of strength/2 (theta -
/// theta*)^T C (theta - theta*) over the curvatures C that are kept of the tasks.
/// </summary>
/// <remarks>
/// There are three ways to use it. In a loop of your own, before any optimiser's step: <c>(loss +
/// tasks.Penalty()).backward()</c>, or <c>loss.backward(); tasks.AddGradient();</c>, which builds no graph.
/// With Foof's optimisers: <c>optimizer.Penalty = tasks</c>. The loss is a mean over data points, and the
/// penalty is in its units (MATH 7). It does not own the model. Not thread-safe. Once it is disposed of, its
/// methods raise an ObjectDisposedException; if a covered parameter was freed, an InvalidOperationException.
/// </remarks>
/// <example>
/// <code>
/// using Consolidator tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
/// using var optimizer = new FoofOptimizer(model) { Penalty = tasks };
/// </code>
/// </example>
public abstract partial class Consolidator : IPenalty, IDisposable
{
    private const double SuspiciousShare = 0.1;

    private readonly WarningList warnings = new();
    private readonly Layer[] layers;
    private readonly long memoryBudget;
    private double strength;
    private bool isDisposed;

    private protected Consolidator(
        nn.Module<Tensor, Tensor> model,
        ConsolidationRule rule,
        double strength,
        long memoryBudget,
        Func<string, Parameter, bool>? select
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        Consolidation.check(rule);
        this.strength = Argument.NotNegative(strength);
        Model = model;
        Rule = rule;
        this.memoryBudget = memoryBudget;
        var survey = Uncovered.Survey(GetType().Name, model, select);
        layers = survey.Layers;
        Coverage = survey.Coverage;
    }

    /// <summary>
    /// How each parameter of the model is treated: parameters of layers that are not covered are not held
    /// back.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage { get; }

    /// <summary>The number of consolidated tasks.</summary>
    public int Tasks => Learnt.Tasks;

    /// <summary>
    /// The largest fraction of a curvature's trace that compression to the column budget ever left out, in
    /// [0, 1]; 0 without a budget.
    /// </summary>
    public double DiscardedTraceFraction => Learnt.Discarded;

    /// <summary>The bytes of the kept curvatures and weights, without a current task's path.</summary>
    public long Bytes
    {
        get
        {
            RequireAlive();
            return Kept.Bytes(Held);
        }
    }

    /// <summary>The penalty's factor, at least 0; it may be changed at any time.</summary>
    /// <exception cref="ArgumentException">The value is negative or not a finite number.</exception>
    public double Strength
    {
        get => strength;
        set { strength = Argument.NotNegative(value, nameof(Strength)); }
    }

    /// <summary>
    /// Sentences that a user should know: about parameters that are not held back, or a column budget that is
    /// too small.
    /// </summary>
    public IReadOnlyList<string> Warnings => warnings.Sentences;

    /// <summary>Receives warnings as they arise; by default nothing is logged.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILogger Logger
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    private protected nn.Module<Tensor, Tensor> Model { get; }

    private protected Layer[] Layers => layers;

    private protected ConsolidationRule Rule { get; }

    private protected long MemoryBudget => memoryBudget;

    private protected Consolidated Learnt { get; private set; } = Consolidation.nothing;

    /// <summary>The tensors that this object keeps.</summary>
    private protected IEnumerable<Tensor> Held => Consolidation.tensors(Learnt);

    /// <summary>
    /// Returns the penalty at the model's weights, a scalar whose backward pass gives the penalty's gradient;
    /// zero before the first task. It has no derivatives of second order. The caller owns it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public Tensor Penalty()
    {
        using var scope = NewDisposeScope();
        var now = Now();
        return scope.MoveToOuter(WeightPenalty.attached(layers, now.Value, now.Gradient));
    }

    /// <summary>Adds the penalty's gradient to the parameters' <c>.grad</c>, without a graph.</summary>
    public void AddGradient()
    {
        RequireAlive();
        if (Tasks == 0 || Strength == 0)
            return;
        using var scope = NewDisposeScope();
        var gradient = Now().Gradient;
        WeightPenalty.addTo(layers, gradient);
    }

    /// <summary>
    /// Returns the penalty's gradient for each parameter that is held back, in the parameter's shape; the
    /// list is empty before the first task and at strength 0. The tensors belong to the caller's dispose scope.
    /// </summary>
    public IReadOnlyList<ParameterGradient> Gradients()
    {
        RequireAlive();
        if (Tasks == 0 || Strength == 0)
            return [];
        var gradient = Now().Gradient;
        return WeightPenalty.dealt(layers, gradient);
    }

    /// <summary>Adds a task's curvature around the current weights, completely or not at all.</summary>
    private protected void Remember(Curvature curvature)
    {
        var centre = WeightPenalty.copied(layers);
        var next = Consolidation.remember(Rule, curvature, centre, Learnt);
        RequireRoom(Kept.Bytes(Consolidation.tensors(next)));
        NoteUncovered();
        Adopt(next);
        NoteDiscarded();
    }

    private void NoteUncovered()
    {
        if (UncoveredParameters.Sentence(Coverage, "are not held back") is { } sentence)
            warnings.Add(WarningTopic.Uncovered, sentence, Logger);
    }

    private void NoteDiscarded()
    {
        warnings.Forget(WarningTopic.ColumnBudget);
        if (DiscardedTraceFraction > SuspiciousShare)
            warnings.Add(
                WarningTopic.ColumnBudget,
                $"The column budget left out {DiscardedTraceFraction:P0} of a curvature's trace, so that earlier tasks are protected less "
                    + "than they should be; raise ColumnBudget, or use Kronecker factors.",
                Logger
            );
    }

    /// <summary>Raises an ArgumentException with the number of bytes and what would fit.</summary>
    private protected void RequireRoom(long bytes, string what = "What was learnt", string? fits = null)
    {
        if (bytes > memoryBudget)
            throw new ArgumentException(
                $"{what} must fit the memory budget of {memoryBudget:N0} bytes; it takes {bytes:N0}"
                    + $"{(fits is null ? "" : $", and {fits} would fit")}: raise the budget, or set a column budget, "
                    + "merge tasks or take fewer data points or a smaller structure."
            );
    }

    /// <summary>Raises unless all weights are finite and no batch norm or dropout is in training mode.</summary>
    private protected void RequireSound()
    {
        RequireAlive();
        SoundModel.Require(Model);
    }

    private ValueAndGradient Now()
    {
        RequireAlive();
        using var unrecorded = no_grad();
        var theta = WeightPenalty.weights(layers);
        return Consolidation.penalty(Strength, theta, Learnt);
    }

    // The old and the new state may share tensors; a tensor is freed when neither has it.
    private void Adopt(Consolidated next)
    {
        Kept.Replace(Held, Consolidation.tensors(next));
        Learnt = next;
    }

    private protected void RequireAlive()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        SoundModel.RequireParameters(GetType().Name, layers);
    }

    /// <summary>Describes the method, the number of tasks, the strength and the size in one line.</summary>
    public override string ToString() =>
        isDisposed
            ? $"{GetType().Name}, disposed"
            : FormattableString.Invariant(
                $"{GetType().Name} of {Tasks} tasks, strength {Strength:G4}, {Kept.Bytes(Held):N0} bytes"
            );

    /// <summary>Frees the tensors that this object keeps; the model remains.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected virtual void Dispose(bool disposing)
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in Held)
            tensor.Dispose();
    }
}
