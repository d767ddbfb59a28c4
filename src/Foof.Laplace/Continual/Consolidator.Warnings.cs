using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Foof;

public abstract partial class Consolidator
{
    private const string BudgetPrefix = "The column budget";
    private const double SuspiciousShare = 0.1;

    private readonly List<string> warnings = [];

    /// <summary>
    /// What a user should know, in sentences: parameters that are not held back, a column budget too small.
    /// </summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>Where warnings are logged as they arise; nowhere at first.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public ILogger Logger
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    private void NoteUncovered()
    {
        var plain = Coverage.Where(line => line.Treatment == ParameterTreatment.Plain).ToArray();
        if (plain.Length > 0)
            Warn(
                $"{plain.Length} trained parameters are not held back, since no layer covers them: "
                    + string.Join(", ", plain.Take(3).Select(line => $"'{line.Parameter}' ({line.Detail})"))
                    + (plain.Length > 3 ? " and others." : ".")
            );
    }

    private void NoteDiscarded()
    {
        warnings.RemoveAll(warning => warning.StartsWith(BudgetPrefix, StringComparison.Ordinal));
        if (DiscardedShare > SuspiciousShare)
            Warn(
                $"{BudgetPrefix} left {DiscardedShare:P0} of a curvature's trace out: earlier tasks are held back less "
                    + "than they were learnt; raise ColumnBudget, or use Kronecker factors."
            );
    }

    private void Warn(string sentence)
    {
        warnings.Add(sentence);
        Logger.Warn(sentence);
    }
}
