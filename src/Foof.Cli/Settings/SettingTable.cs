using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foof.Cli.Settings;

/// <summary>
/// The settings of a command: a row for each property of the record. Options, defaults, checks, reports and the comparison with
/// a run that is resumed all come from the rows.
/// </summary>
/// <param name="rows">The rows in the order of help. A default may depend on the rows above it.</param>
internal sealed class SettingTable<R>(params Setting<R>[] rows)
    where R : class, new()
{
    private static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The rows.</summary>
    internal IReadOnlyList<Setting<R>> Rows => rows;

    /// <summary>Sets the defaults that depend on no other setting.</summary>
    internal void SetConstants(R settings)
    {
        foreach (var row in rows)
            row.SetDefault(settings, constantsOnly: true);
    }

    /// <summary>A record with the given options, and defaults for all others.</summary>
    /// <exception cref="CommandFailure">Settings contradict each other.</exception>
    internal R Fill(Given given)
    {
        var settings = new R();
        foreach (var row in rows)
            if (given[row.Name] is { } value)
                row.Set(settings, value);
            else
                row.SetDefault(settings);
        Check(settings);
        return settings;
    }

    /// <summary>Refuses settings that contradict each other.</summary>
    internal void Check(R settings)
    {
        foreach (var row in rows)
            if (row.Contradiction(settings) is { } sentence)
                throw new CommandFailure(sentence, ExitCode.Usage);
    }

    /// <summary>The settings of a resumed run.</summary>
    /// <param name="kept">The settings of the run so far.</param>
    /// <param name="given">The options of the command line.</param>
    /// <param name="folder">The folder of the run, for messages.</param>
    /// <exception cref="CommandFailure">An option differs from a setting that decides the numbers.</exception>
    internal R Resume(R kept, Given given, string folder)
    {
        var settings = new R();
        foreach (var row in rows)
        {
            var value = given[row.Name];
            if (value is not null && !row.MayChange && row.Show(value) != row.Show(row.Get(kept)))
                throw new CommandFailure(
                    $"The checkpoint in {folder} was made with {row.Name} {row.Show(row.Get(kept))}; "
                        + $"got {row.Name} {row.Show(value)}: leave it out to continue.",
                    ExitCode.Usage
                );
            row.Set(settings, row.MayChange && value is not null ? value : row.Get(kept));
        }
        return settings;
    }

    /// <summary>Whether a command could have written a record that was read from a file.</summary>
    internal bool IsPossible(R settings) =>
        Array.TrueForAll(rows, row => row.IsPossible(settings))
        && Array.TrueForAll(rows, row => row.Contradiction(settings) is null);

    /// <summary>The given options that have no effect beside the other settings.</summary>
    internal IEnumerable<string> Idle(Given given, R settings) =>
        rows.Where(row => given.Has(row.Name) && !row.Applies(settings)).Select(row => row.Name);

    /// <summary>The settings in the metrics.</summary>
    internal static JsonNode ToJson(R settings) => JsonSerializer.SerializeToNode(settings, Names)!;

    /// <summary>The settings as options that can be given again.</summary>
    internal IEnumerable<string> Options(R settings) =>
        rows.Where(row => row.Applies(settings)).SelectMany(row => row.Given(row.Get(settings)));

    /// <summary>The headings of the settings that reports show.</summary>
    internal IEnumerable<string> Columns => rows.Select(row => row.Column).OfType<string>();

    /// <summary>The values under those headings; null if a setting has no effect beside the others.</summary>
    internal IEnumerable<object?> Values(R settings) =>
        rows.Where(row => row.Column is not null).Select(row => row.Applies(settings) ? row.Get(settings) : null);
}

/// <summary>The value of a setting that the command line does not give.</summary>
/// <param name="Of">The value, which may depend on the settings above it in the table.</param>
/// <param name="Text">The value in help; null if help shows the number or the name itself.</param>
/// <param name="IsConstant">Whether it depends on no other setting.</param>
internal sealed record Default<R, T>(Func<R, T> Of, string? Text, bool IsConstant = false)
{
    /// <summary>A value that help describes in words.</summary>
    internal Default(T value, string? text)
        : this(_ => value, text, IsConstant: true) { }

    /// <summary>A value that help shows itself.</summary>
    public static implicit operator Default<R, T>(T value) => new(value, null);
}
