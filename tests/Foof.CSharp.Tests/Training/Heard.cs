namespace Foof.CSharp.Tests.Training;

/// <summary>The progress of a training run, as it was reported.</summary>
internal sealed class Heard : IProgress<TrainingProgress>
{
    internal List<TrainingProgress> Lines { get; } = [];

    internal Action<TrainingProgress> Then { get; init; } = _ => { };

    public void Report(TrainingProgress value)
    {
        Lines.Add(value);
        Then(value);
    }
}
