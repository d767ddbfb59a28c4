using Foof.Cli.Compare;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A change of an optimiser that no option of the command line makes.</summary>
/// <param name="Name">Its name, which tells finished runs apart.</param>
/// <param name="Make">Makes the learner for a network, of the data.</param>
internal sealed record Variant(
    string Name,
    Func<nn.Module<Tensor, Tensor>, ModelKind, TrainingSettings, ImageData, ILearner> Make
)
{
    /// <summary>A method with another recipe.</summary>
    internal static Variant Of(string name, Func<Recipe, Recipe> change) =>
        new(
            name,
            (model, kind, settings, _) =>
                CurvatureLearner.Of(change(OptimizerKind.Find(settings.Optimizer).Recipe))(model, kind, settings)
        );
}

/// <summary>A training run that leaves no checkpoint, one of many.</summary>
/// <param name="Settings">Everything that decides it but the variant.</param>
/// <param name="Data">The images, on the device.</param>
/// <param name="Device">Where it runs.</param>
internal sealed record SingleRun(TrainingSettings Settings, ImageData Data, Device Device)
{
    /// <summary>Whether the losses before the first step are measured.</summary>
    internal bool MeasuresStart { get; init; }

    /// <summary>A change of the optimiser; null if nothing is changed.</summary>
    internal Variant? Variant { get; init; }

    /// <summary>Trains. A run that diverges is a result too; null if the user stopped it.</summary>
    internal FinishedRun? Train(IProgressView progress, CancellationToken stop)
    {
        var kind = ModelKind.Find(Settings.Model);
        manual_seed(Settings.Seed).Dispose();
        using var model = ModelKind.Build(Settings, Data.Shape).to(Device);
        using var learner =
            Variant?.Make(model, kind, Settings, Data)
            ?? OptimizerKind.Find(Settings.Optimizer).Make(model, kind, Settings);
        if (learner.Uncovered is { } uncovered)
            progress.Line(uncovered);
        var state = new RunState();
        string? failure = null;
        try
        {
            var trainer = new EpochTrainer(Settings, Data, kind, model, learner, state, folder: null)
            {
                MeasuresStart = MeasuresStart,
            };
            if (!trainer.Run(progress, stop))
                return null;
        }
        catch (CommandFailure diverged)
        {
            failure = diverged.Message;
        }
        return new(
            Settings,
            Data.Fingerprint,
            Machine.Description,
            model.parameters().Sum(parameter => parameter.numel()),
            state.WarmUpSeconds,
            state.History,
            failure,
            state.Start,
            state.Course,
            Variant?.Name
        );
    }
}
