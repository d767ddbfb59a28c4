using Foof.Cli.Training;

namespace Foof.Cli.Reports.Sections;

/// <summary>How a run learnt.</summary>
/// <param name="Name">What its line is called.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its finished epochs.</param>
internal sealed record LearningCurve(string Name, double WarmUpSeconds, IReadOnlyList<EpochResult> Epochs)
{
    /// <summary>The seconds from the start to each epoch's end, without the evaluations.</summary>
    internal IEnumerable<double> Clock
    {
        get
        {
            var seconds = WarmUpSeconds;
            foreach (var epoch in Epochs)
                yield return seconds += epoch.Seconds;
        }
    }
}
