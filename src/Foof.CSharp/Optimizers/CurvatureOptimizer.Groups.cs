using TorchSharp.Modules;

namespace Foof;

public abstract partial class CurvatureOptimizer
{
    /// <summary>
    /// The learning rate of the next step, that of the first group; setting it sets every group's.
    /// </summary>
    /// <exception cref="ArgumentException">It is not greater than zero.</exception>
    public double LearningRate
    {
        get => _parameter_groups[0].LearningRate;
        set
        {
            Argument.Positive(value, nameof(LearningRate));
            foreach (var group in _parameter_groups)
                group.LearningRate = value;
        }
    }

    /// <summary>
    /// The momentum of the next step, that of the first group; setting it sets every group's. Schedulers that
    /// cycle the momentum change each group's: OneCycleLR does; CyclicLR needs <c>cycle_momentum: false</c>, since that
    /// of TorchSharp goes up to 1.
    /// </summary>
    /// <exception cref="ArgumentException">It is not in [0, 1).</exception>
    public double Momentum
    {
        get => ((ParameterGroup)_parameter_groups[0]).Options.Momentum;
        set
        {
            Argument.Fraction(value, nameof(Momentum));
            foreach (var group in _parameter_groups)
                ((ParameterGroup)group).Options.Momentum = value;
        }
    }

    /// <summary>
    /// Adds parameters with settings of their own that the optimiser does not have yet, of another module or of none.
    /// They go by gradient descent: which layers are covered was decided when the optimiser was made.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A setting is out of its range, or a parameter is in a group already.
    /// </exception>
    public void AddGroup(ParameterSettings group)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(group);
        Add(Group(group.Parameters, defaults.Of(group)));
    }

    /// <summary>
    /// As <see cref="AddGroup"/>, with the learning rate of TorchSharp's group, if it has one.
    /// </summary>
    /// <exception cref="ArgumentException">A parameter is in a group already.</exception>
    public override void add_param_group(ParamGroup param_group)
    {
        ArgumentNullException.ThrowIfNull(param_group);
        AddGroup(new(param_group.Parameters, param_group.Options?.LearningRate));
    }

    private void Add(ParameterGroup group)
    {
        core.add_param_group(group);
        _parameter_groups.Add(group);
    }

    /// <summary>
    /// The group of all that no group of `groups` holds, unless that is empty, and the groups.
    /// </summary>
    private List<ParameterGroup> Groups(IEnumerable<ParameterSettings> groups)
    {
        var own = groups
            .Select(
                (group, place) =>
                    group is null
                        ? throw new ArgumentException(
                            $"groups must hold settings; group {place + 1} is null.",
                            nameof(groups)
                        )
                        : Group(group.Parameters, defaults.Of(group))
            )
            .ToList();
        var ofModel = model.parameters().Select(Identity.ofParameter).ToHashSet();
        foreach (var (place, group) in own.Index())
            if (
                group.Parameters.FirstOrDefault(p => !ofModel.Contains(Identity.ofParameter(p))) is
                { } strange
            )
                throw new ArgumentException(
                    $"groups must hold the model's parameters; group {place + 1} holds a parameter "
                        + $"[{string.Join("; ", strange.shape)}] of none of its modules: give that to AddGroup.",
                    nameof(groups)
                );
        var held = own.SelectMany(group => group.Parameters).Select(Identity.ofParameter).ToHashSet();
        var rest = model
            .parameters()
            .Where(parameter => !held.Contains(Identity.ofParameter(parameter)))
            .ToArray();
        if (rest.Length > 0 || own.Count == 0)
            own.Insert(0, Group(rest, defaults));
        return own;
    }

    private static ParameterGroup Group(IEnumerable<Parameter>? parameters, UpdateSettings settings)
    {
        Parameter?[]? given = parameters?.ToArray();
        return given is null || given.Contains(null)
            ? throw new ArgumentException(
                "A group must have parameters; "
                    + (given is null ? "Parameters is null." : "one of them is null."),
                nameof(parameters)
            )
            : new(given!, settings.LearningRate, settings.Momentum, settings.WeightDecay);
    }
}
