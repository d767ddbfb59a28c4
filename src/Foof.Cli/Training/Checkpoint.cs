using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A run in one safetensors file: weights, optimiser, random numbers, position and history.</summary>
/// <param name="Path">The file.</param>
/// <param name="Run">The record of the run.</param>
/// <param name="Content">Its tensors.</param>
internal sealed record Checkpoint(string Path, RunRecord Run, SafetensorsContent Content) : IDisposable
{
    /// <summary>The name of the file with the whole run.</summary>
    internal const string FileName = "checkpoint.safetensors";

    /// <summary>The name of the file with only the weights and buffers.</summary>
    internal const string ModelFileName = "model.safetensors";

    internal const string RunKey = "run";
    internal const string CheckSumKey = "check_sum";
    private const string ModelPrefix = "model.";
    private const string OptimizerPrefix = "optimizer.";
    private const string GeneratorKey = "generator";
    private const string StepTimesKey = "step_milliseconds";

    /// <summary>Writes the whole run, or nothing.</summary>
    internal static void Save(
        string folder,
        RunRecord run,
        RunState state,
        nn.Module<Tensor, Tensor> model,
        ILearner learner
    )
    {
        using var scope = NewDisposeScope();
        var tensors = new List<KeyValuePair<string, Tensor>>();
        tensors.AddRange(model.state_dict().Select(pair => Named(ModelPrefix, pair)));
        tensors.AddRange(learner.State().Select(pair => Named(OptimizerPrefix, pair)));
        tensors.Add(new(GeneratorKey, get_rng_state()));
        tensors.Add(new(StepTimesKey, tensor(state.StepMilliseconds.ToArray())));
        var text = run.ToJson();
        Safetensors.Save(File(folder), tensors, [new(RunKey, text), new(CheckSumKey, FileCheckSum.Of(tensors, text))]);
    }

    /// <summary>Writes only the weights and buffers.</summary>
    internal static void SaveModel(string folder, string name, nn.Module<Tensor, Tensor> model) =>
        Safetensors.Save(System.IO.Path.Combine(folder, ModelFileName), model.state_dict(), [new("model", name)]);

    /// <summary>Reads the checkpoint in a folder.</summary>
    /// <exception cref="CommandFailure">The folder has no checkpoint, or the file is not one.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static Checkpoint Load(string folder, string option = "--resume")
    {
        var path = File(folder);
        if (!System.IO.File.Exists(path))
            throw new CommandFailure($"{option} must name a folder with a {FileName}; {folder} has none.");
        var content = Safetensors.Load(path);
        try
        {
            return new(path, Checked(path, content), content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static RunRecord Checked(string path, SafetensorsContent content)
    {
        var text = content.Metadata.GetValueOrDefault(RunKey);
        var kept = content.Metadata.GetValueOrDefault(CheckSumKey);
        var found = FileCheckSum.Of(content.Tensors, text ?? "");
        if (kept != found && (kept ?? text) is not null)
            throw new InvalidDataException(
                $"{path} is damaged: its check sum must be that of its content, {found}; "
                    + $"found {kept ?? "none"}: resume from another checkpoint, or start again."
            );
        return text is not null && RunRecord.FromJson(text) is { } run
            ? run
            : throw new CommandFailure($"{path} must be a checkpoint of ./foof train; it has no record of a run.");
    }

    /// <summary>The path of the checkpoint in a folder.</summary>
    internal static string File(string folder) => System.IO.Path.Combine(folder, FileName);

    /// <summary>Restores only the model's weights and buffers.</summary>
    internal void Restore(nn.Module<Tensor, Tensor> model)
    {
        using var scope = NewDisposeScope();
        var weights = Part(ModelPrefix);
        CheckModel(model.state_dict(), weights);
        model.load_state_dict(weights);
    }

    /// <summary>
    /// Restores the model, the optimiser and the random numbers; returns the position in the run.
    /// </summary>
    internal RunState Restore(nn.Module<Tensor, Tensor> model, ILearner learner)
    {
        using var scope = NewDisposeScope();
        var generator = Found(GeneratorKey, ScalarType.Byte);
        GeneratorState.check(GeneratorKey, generator);
        Restore(model);
        learner.Restore(Part(OptimizerPrefix));
        set_rng_state(generator);
        var times = Found(StepTimesKey, ScalarType.Float64).data<double>().ToArray();
        if (times.Length != Run.Step)
            throw new CommandFailure($"{Path} must have the times of {Run.Step} steps; found {times.Length}.");
        return new()
        {
            History = [.. Run.History],
            Start = Run.Start,
            Course = [.. Run.Course ?? []],
            StepMilliseconds = [.. times],
            IsWarm = true,
        };
    }

    private void CheckModel(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> found)
    {
        foreach (var (name, tensor) in expected)
        {
            if (!found.TryGetValue(name, out var kept))
                throw Foreign($"it lacks '{name}'");
            if (Shape.describe(kept) != Shape.describe(tensor))
                throw Foreign($"'{name}' must be {Shape.describe(tensor)} and is {Shape.describe(kept)}");
        }
        if (found.Keys.FirstOrDefault(name => !expected.ContainsKey(name)) is { } extra)
            throw Foreign($"the model has no '{extra}'");
    }

    private CommandFailure Foreign(string reason) =>
        new($"{Path} is a checkpoint of another model than {Run.Options.Model}: {reason}.");

    private Tensor Found(string name, ScalarType type) =>
        Content.Tensors.TryGetValue(name, out var tensor) && tensor.dtype == type && tensor.dim() == 1
            ? tensor
            : throw new CommandFailure($"{Path} must hold '{name}', a vector of {type}; it does not.");

    private Dictionary<string, Tensor> Part(string prefix) =>
        Content
            .Tensors.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    private static KeyValuePair<string, Tensor> Named(string prefix, KeyValuePair<string, Tensor> pair) =>
        new(prefix + pair.Key, pair.Value);

    /// <summary>Frees the tensors.</summary>
    public void Dispose() => Content.Dispose();
}
