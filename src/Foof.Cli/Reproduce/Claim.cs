using System.Text.Json.Nodes;

namespace Foof.Cli.Reproduce;

/// <summary>How a claim fared, the worst first, since negative results come first.</summary>
internal enum Verdict
{
    /// <summary>It does not hold here.</summary>
    DoesNotHold,

    /// <summary>It holds in part, or by less than the paper says.</summary>
    HoldsInPart,

    /// <summary>It holds.</summary>
    Holds,
}

/// <summary>A claim of a paper beside what was measured.</summary>
/// <param name="Text">The claim.</param>
/// <param name="Paper">What the paper says.</param>
/// <param name="Measured">What was measured here.</param>
/// <param name="Verdict">How it fared.</param>
internal sealed record Claim(string Text, string Paper, string Measured, Verdict Verdict)
{
    /// <summary>The verdict in words.</summary>
    internal string InWords =>
        Verdict switch
        {
            Verdict.Holds => "holds",
            Verdict.HoldsInPart => "holds in part",
            _ => "does not hold",
        };

    /// <summary>A claim about a number: it holds from <paramref name="holds"/> on, in part from <paramref name="inPart"/> on.</summary>
    internal static Claim OfNumber(
        string text,
        string paper,
        string measured,
        double value,
        double holds,
        double inPart
    ) =>
        new(
            text,
            paper,
            measured,
            value >= holds ? Verdict.Holds
                : value >= inPart ? Verdict.HoldsInPart
                : Verdict.DoesNotHold
        );

    /// <summary>A claim that one arm's final training loss is so many times lower than another's.</summary>
    internal static Claim Lower(
        string text,
        string paper,
        ArmResult lower,
        ArmResult higher,
        double holds,
        double inPart
    )
    {
        var ratio = (lower.Loss, higher.Loss) switch
        {
            (null, _) => 0,
            (_, null) => double.PositiveInfinity,
            var (one, other) => other.Mean / one.Mean,
        };
        return OfNumber(
            text,
            paper,
            $"{lower.Arm.Label} {Shown(lower)}, {higher.Arm.Label} {Shown(higher)}: {Reports.Say.Number(ratio)} times",
            ratio,
            holds,
            inPart
        );
    }

    /// <summary>An arm's final training loss in words.</summary>
    internal static string Shown(ArmResult arm) => arm.Loss?.ToString() ?? "diverged";

    /// <summary>The claim in JSON.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["claim"] = Text,
            ["paper"] = Paper,
            ["measured"] = Measured,
            ["verdict"] = InWords,
        };
}
