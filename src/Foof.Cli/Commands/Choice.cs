using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Foof.Cli.Engine;

namespace Foof.Cli.Commands;

/// <summary>
/// Options whose values are checked while they are read; each is null when it was not given.
/// </summary>
internal static class Choice
{
    /// <summary>How many threads libtorch gets where nobody says.</summary>
    internal const int DefaultThreads = 2;

    // So many names make a heading; more stand in the description.
    private const int NamesInHelp = 6;

    /// <summary>A text, any.</summary>
    internal static Option<string?> Text(string name, string valueName, string description) =>
        new(name)
        {
            Description = description,
            HelpName = valueName,
            CustomParser = result =>
            {
                if (Token(result) is { Length: > 0 } given)
                    return given;
                result.AddError($"{name} needs a value: {valueName}.");
                return null;
            },
        };

    /// <summary>A number greater than zero.</summary>
    internal static Option<double?> Positive(string name, string description) =>
        Number(name, description, "a positive number", value => value > 0);

    /// <summary>A number of at least zero.</summary>
    internal static Option<double?> NotNegative(string name, string description) =>
        Number(name, description, "a number of at least 0", value => value >= 0);

    /// <summary>A number from 0 to before 1.</summary>
    internal static Option<double?> Fraction(string name, string description) =>
        Number(name, description, "a number from 0 to below 1", value => value is >= 0 and < 1);

    /// <summary>A number from above 0 to 1.</summary>
    internal static Option<double?> Share(string name, string description) =>
        Number(name, description, "a number above 0 and at most 1", value => value is > 0 and <= 1);

    /// <summary>A whole number of at least one.</summary>
    internal static Option<int?> Count(string name, string description) =>
        Count(name, description, int.MaxValue);

    /// <summary>Threads of libtorch; far more than there are processors would only stop the machine.</summary>
    internal static Option<int?> Threads(int byDefault = DefaultThreads) =>
        Count(
            "--threads",
            $"Threads of libtorch [default: {byDefault}]",
            Math.Max(DefaultThreads, 4 * Environment.ProcessorCount)
        );

    /// <summary>Where to compute.</summary>
    internal static Option<string?> Device()
    {
        var option = new Option<string?>("--device")
        {
            Description = $"Where to compute [default: {Devices.Cpu}]",
            HelpName = "cpu|cuda|cuda:N",
            CustomParser = result =>
            {
                var given = Token(result);
                if (Devices.IsName(given))
                    return given;
                result.AddError($"--device must be cpu, cuda or cuda:N; got '{given}'.");
                return null;
            },
        };
        option.CompletionSources.Add(Devices.Cpu, Devices.Cuda);
        return option;
    }

    private static Option<int?> Count(string name, string description, int most) =>
        new(name)
        {
            Description = description,
            HelpName = "n",
            CustomParser = result =>
                int.TryParse(Token(result), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
                && value >= 1
                && value <= most
                    ? value
                    : Refuse<int>(result, $"a whole number from 1 to {most}"),
        };

    /// <summary>A whole number.</summary>
    internal static Option<long?> Integer(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "n",
            CustomParser = result =>
                long.TryParse(
                    Token(result),
                    NumberStyles.Integer,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                    ? value
                    : Refuse<long>(result, "a whole number"),
        };

    /// <summary>One of some names.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it chooses.</param>
    /// <param name="names">The names.</param>
    internal static Option<string?> Among(string name, string description, IReadOnlyList<string> names)
    {
        var valid = string.Join(", ", names);
        var option = new Option<string?>(name)
        {
            Description = names.Count > NamesInHelp ? $"{description}: {valid}" : description,
            HelpName = names.Count > NamesInHelp ? "NAME" : string.Join('|', names),
            CustomParser = result =>
            {
                var given = Token(result);
                if (names.Contains(given))
                    return given;
                result.AddError(
                    $"{name} must be one of {valid}; got '{given}'{Suggestion.Hint(given, names)}."
                );
                return null;
            },
        };
        option.CompletionSources.Add([.. names]);
        return option;
    }

    private static Option<double?> Number(
        string name,
        string description,
        string range,
        Func<double, bool> isValid
    ) =>
        new(name)
        {
            Description = description,
            HelpName = "x",
            CustomParser = result =>
                double.TryParse(
                    Token(result),
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                && double.IsFinite(value)
                && isValid(value)
                    ? value
                    : Refuse<double>(result, range),
        };

    private static string Token(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string requirement)
        where T : struct
    {
        var option = ((OptionResult)result.Parent!).Option.Name;
        result.AddError($"{option} must be {requirement}; got '{Token(result)}'.");
        return null;
    }
}
