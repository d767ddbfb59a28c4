using Foof.Cli.Training;

namespace Foof.Cli.Models;

/// <summary>A number that can be chosen about a network.</summary>
/// <param name="Default">Its value if the user names none.</param>
/// <param name="Most">The largest value.</param>
/// <param name="Rule">Which values below it are possible, in words; null: all from 1.</param>
/// <param name="Fits">Whether a value is one of them.</param>
internal sealed record NumberOption(int Default, int Most, string? Rule = null, Func<int, bool>? Fits = null)
{
    /// <summary>The words after "must be" if a value is not possible; otherwise null.</summary>
    internal string? Requirement(int value) =>
        value >= 1 && value <= Most && Fits?.Invoke(value) != false ? null
        : Rule is null ? $"from 1 to {Most}"
        : $"{Rule}, up to {Most}";
}

/// <summary>Refuses options that a network does not have, and values that it cannot have.</summary>
internal static class ModelOption
{
    /// <summary>The pooling of tokens by their mean, or by a token of its own.</summary>
    internal static IReadOnlyList<string> Poolings { get; } = ["mean", Token];

    /// <summary>The pooling by a class token.</summary>
    internal const string Token = "token";

    /// <summary>The recurrent cells.</summary>
    internal static IReadOnlyList<string> Cells { get; } = ["lstm", "gru", "rnn"];

    /// <summary>Batch norms after convolutions, or none.</summary>
    internal static IReadOnlyList<string> Norms { get; } = ["batch", NoNorm];

    /// <summary>Networks without norms.</summary>
    internal const string NoNorm = "none";

    /// <summary>The message if a network cannot have a number; otherwise null.</summary>
    internal static string? Objection(
        TrainingSettings settings,
        string option,
        Func<ModelKind, NumberOption?> of,
        int? value
    ) =>
        value is not { } number ? null
        : of(ModelKind.Find(settings.Model)) is not { } own ? NotFor(settings, option, kind => of(kind) is not null)
        : own.Requirement(number) is { } requirement
            ? $"{option} of {settings.Model} must be {requirement}; got {number}."
        : null;

    /// <summary>The message if a network has no such choice; otherwise null.</summary>
    internal static string? Objection(
        TrainingSettings settings,
        string option,
        Func<ModelKind, bool> has,
        string? value
    ) => value is null || has(ModelKind.Find(settings.Model)) ? null : NotFor(settings, option, has);

    private static string NotFor(TrainingSettings settings, string option, Func<ModelKind, bool> has) =>
        $"{option} is for --model {string.Join(", ", ModelKind.All.Where(has).Select(kind => kind.Name))}; "
        + $"got --model {settings.Model}: leave it out.";
}
