using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>An optimiser of the command line, with good defaults.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="LearningRate">The default size of a step.</param>
/// <param name="Momentum">The default share of the velocity that is kept.</param>
/// <param name="HasMomentum">Whether it takes a momentum.</param>
/// <param name="Method">The method with its damping, T and S; null if the optimiser has no curvature.</param>
/// <param name="Make">Makes one for a model.</param>
internal sealed record OptimizerKind(
    string Name,
    double LearningRate,
    double Momentum,
    bool HasMomentum,
    Recipe? Method,
    Func<nn.Module<Tensor, Tensor>, ModelKind, TrainingSettings, ILearner> Make
)
{
    private const string Adam = "adam";
    private const string AdamW = "adamw";
    private const double UsualShare = 10;

    // What the learning rate is divided by for losses of pixels, where that is not the usual share.
    private static readonly Dictionary<string, double> SharesOnPixels = new()
    {
        [Adam] = 1,
        [AdamW] = 1,
        [Methods.sngd.Name] = 1,
        [Methods.shampoo.Name] = 100,
    };

    // What the learning rate is divided by for networks whose norms are left out.
    private static readonly Dictionary<string, double> SharesWithoutNorm = new()
    {
        [Methods.tkfac.Name] = 3,
        [Methods.shampoo.Name] = 100,
    };

    private static readonly OptimizerKind[] Kinds =
    [
        .. Methods.all.Select(Of),
        new("sgd", 0.01, 0.9, HasMomentum: true, Method: null, SgdLearner.Make),
        new("nesterov", 0.01, 0.9, HasMomentum: true, Method: null, SgdLearner.MakeNesterov),
        new(Adam, 1e-4, 0.0, HasMomentum: false, Method: null, AdamLearner.Make),
        new(AdamW, 1e-4, 0.0, HasMomentum: false, Method: null, AdamWLearner.Make),
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>Whether it takes a damping, T and S.</summary>
    internal bool HasCurvature => Method is not null;

    /// <summary>The method; for an optimiser without one FOOF, whose settings then have no effect.</summary>
    internal Recipe Recipe => Method ?? Methods.foof;

    /// <summary>
    /// The default size of a step for a network. Losses of pixels are steeper than losses of classes, and only the
    /// steps of Adam and SNGD do not grow with them.
    /// </summary>
    internal double RateOn(string model, string? norm = null) =>
        norm == ModelOption.NoNorm ? LearningRate / SharesWithoutNorm.GetValueOrDefault(Name, 1)
        : ModelKind.Find(model).Classifies ? LearningRate
        : LearningRate / SharesOnPixels.GetValueOrDefault(Name, UsualShare);

    /// <summary>The optimiser called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">The name is unknown.</exception>
    internal static OptimizerKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure($"The optimiser must be one of {string.Join(", ", Names)}; got '{name}'.");

    private static OptimizerKind Of(Recipe method) =>
        new(method.Name, method.LearningRate, 0.0, HasMomentum: true, method, CurvatureLearner.Of(method));

    /// <summary>The optimiser and its settings in one line.</summary>
    internal string Describe(TrainingSettings settings)
    {
        var text = $"{Name} with learning rate {settings.LearningRate}";
        if (HasCurvature)
            text += $", damping {settings.Damping}, T = {settings.InvertEvery}, S = {settings.StatisticsSteps}";
        if (HasCurvature && settings.Products != TrainingSettings.Float32)
            text += $", products in {settings.Products}";
        if (HasCurvature && settings.StatisticsShare != 1)
            text += $", statistics of {settings.StatisticsShare:P0} of each batch";
        if (HasCurvature && settings.StaleSteps != 0)
            text += $", inverses {settings.StaleSteps} steps later";
        if (settings.Momentum != 0 && HasMomentum)
            text += $", momentum {settings.Momentum}";
        if (settings.WeightDecay != 0)
            text += $", weight decay {settings.WeightDecay}";
        return text;
    }
}
