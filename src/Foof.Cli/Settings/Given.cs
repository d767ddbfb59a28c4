using System.CommandLine;
using System.CommandLine.Parsing;

namespace Foof.Cli.Settings;

/// <summary>The options that a command line gives, by name.</summary>
internal sealed class Given
{
    private readonly Dictionary<string, (object Value, string Text)> values = [];

    /// <summary>The options of a command line that belong to some settings.</summary>
    internal static Given Of(ParseResult parsed, IEnumerable<Setting> settings)
    {
        var given = new Given();
        foreach (var setting in settings)
            if (parsed.GetResult(setting.Name) is OptionResult { Implicit: false } result)
                given.values[setting.Name] = setting.Form is null
                    ? (true, "")
                    : (result.GetValueOrDefault<object>()!, result.Tokens[0].Value);
        return given;
    }

    /// <summary>The value of an option; null if it was not given.</summary>
    internal object? this[string name] => values.TryGetValue(name, out var one) ? one.Value : null;

    /// <summary>The user's text for an option; null if it was not given.</summary>
    internal string? Text(string name) => values.TryGetValue(name, out var one) ? one.Text : null;

    /// <summary>Whether an option was given.</summary>
    internal bool Has(string name) => values.ContainsKey(name);

    /// <summary>Only some of the options.</summary>
    internal Given Only(params ReadOnlySpan<string> names)
    {
        var some = new Given();
        foreach (var name in names)
            if (values.TryGetValue(name, out var one))
                some.values[name] = one;
        return some;
    }

    /// <summary>These options and one more.</summary>
    internal Given With(string name, object value)
    {
        var more = new Given();
        foreach (var (key, one) in values)
            more.values[key] = one;
        more.values[name] = (value, $"{value}");
        return more;
    }
}
