using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Foof.Cli.Commands;

/// <summary>
/// Options whose values are several, separated by commas; <see cref="Given"/> tells none from no option.
/// </summary>
internal static class ChoiceList
{
    /// <summary>Some of some names, each at most once.</summary>
    internal static Option<string[]?> Among(string name, string description, IReadOnlyList<string> names)
    {
        var option = new Option<string[]?>(name)
        {
            Description = description,
            HelpName = "NAMES",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var given = Parts(result);
                if (Array.Find(given, part => !names.Contains(part)) is { } unknown)
                    result.AddError(
                        $"{name} must be some of {string.Join(", ", names)}, separated by commas; "
                            + $"got '{unknown}'"
                            + $"{Suggestion.Hint(unknown, names)}."
                    );
                return Distinct(result, name, given);
            },
        };
        Complete(option, names);
        return option;
    }

    /// <summary>Lets shells complete some of some names, separated by commas.</summary>
    internal static void Complete(Option option, IReadOnlyList<string> names) =>
        option.CompletionSources.Add(context => Completions.Next(context, names));

    /// <summary>Numbers greater than zero, each at most once.</summary>
    internal static Option<double[]?> Positive(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "x,y,...",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var given = Parts(result);
                var numbers = given.Select(Number).ToArray();
                if (Array.FindIndex(numbers, number => number is null) is var place and >= 0)
                    result.AddError(
                        $"{name} must be positive numbers separated by commas; got '{given[place]}'."
                    );
                return Distinct(result, name, [.. numbers.Select(number => number ?? 0)]);
            },
        };

    /// <summary>
    /// The values; null when the option was not given, where the parser itself has an empty list.
    /// </summary>
    internal static T[]? Given<T>(ParseResult parsed, Option<T[]?> option) =>
        parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static string[] Parts(ArgumentResult result) => result.Tokens[0].Value.Split(',');

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value)
        && value > 0
            ? value
            : null;

    private static T[] Distinct<T>(ArgumentResult result, string name, T[] given)
    {
        var twice = given.GroupBy(part => part).FirstOrDefault(parts => parts.Count() > 1);
        if (twice is not null && !result.Errors.Any())
            result.AddError(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} must name each once; got {twice.Key} twice."
                )
            );
        return given;
    }
}
