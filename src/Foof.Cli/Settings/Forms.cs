using System.Globalization;
using System.Numerics;
using Foof.Cli.Commands;
using Foof.Cli.Data;
using Foof.Cli.Engine;

namespace Foof.Cli.Settings;

/// <summary>The forms that settings have.</summary>
internal static class Forms
{
    // Help lists this many names in place of the value; more names follow the description.
    private const int NamesInHeading = 6;

    /// <summary>A number greater than zero.</summary>
    internal static Form<double> Positive { get; } = Number("a positive number", value => value > 0);

    /// <summary>A number of at least zero.</summary>
    internal static Form<double> NotNegative { get; } = Number("a number of at least 0", value => value >= 0);

    /// <summary>A number from 0 to below 1.</summary>
    internal static Form<double> Fraction { get; } =
        Number("a number from 0 to below 1", value => value is >= 0 and < 1);

    /// <summary>A number above 0 and at most 1.</summary>
    internal static Form<double> Share { get; } =
        Number("a number above 0 and at most 1", value => value is > 0 and <= 1);

    /// <summary>A whole number.</summary>
    internal static Form<long> Whole { get; } = Number<long>("n", "a whole number", NumberStyles.Integer);

    /// <summary>A whole number of at least one.</summary>
    internal static Form<int> Count { get; } = UpTo(int.MaxValue);

    /// <summary>A number of threads. Far more threads than processors would make the machine unusable.</summary>
    internal static Form<int> Threads { get; } =
        UpTo(Math.Max(2, 4 * Environment.ProcessorCount)) with
        {
            IsPossible = Count.IsPossible,
        };

    /// <summary>The name of a device.</summary>
    internal static Form<string> Device { get; } =
        new Form<string>("cpu|cuda|cuda:N", (_, text) => text) { Words = [Devices.Cpu, Devices.Cuda] }.That(
            "cpu, cuda or cuda:N",
            Devices.IsName
        );

    /// <summary>A data set: its name, or the full path of its folder.</summary>
    internal static Form<string> Data { get; } =
        Text(
            $"{ImageData.FashionMnist}|DIR",
            data => data == ImageData.FashionMnist ? data : Path.GetFullPath(data)
        ) with
        {
            Words = [ImageData.FashionMnist],
        };

    /// <summary>Positive numbers separated by commas.</summary>
    internal static Form<double[]> Positives { get; } =
        new("x,y,...", (option, text) => Distinct(option, [.. text.Split(',').Select(OnePositive(option))]))
        {
            Show = value => string.Join(',', value.Select(one => one.ToString(CultureInfo.InvariantCulture))),
        };

    /// <summary>Any text that is not empty.</summary>
    internal static Form<string> Text(string valueName, Func<string, string>? meaning = null) =>
        new(
            valueName,
            (option, text) =>
                text.Length == 0 ? throw Wrong($"{option} needs a value: {valueName}.")
                : meaning is null ? text
                : meaning(text)
        );

    /// <summary>One of the given names.</summary>
    internal static Form<string> OneOf(IReadOnlyList<string> names) => OneOf([.. names.Select(name => (name, name))]);

    /// <summary>One of the given values, by its name.</summary>
    internal static Form<T> OneOf<T>(IReadOnlyList<(string Name, T Value)> values)
    {
        string[] names = [.. values.Select(one => one.Name)];
        var list = string.Join(", ", names);
        var isLong = names.Length > NamesInHeading;
        return new(
            isLong ? "NAME" : string.Join('|', names),
            (option, text) =>
                Array.IndexOf(names, text) is var place and >= 0
                    ? values[place].Value
                    : throw Wrong($"{option} must be one of {list}; got '{text}'{Suggestion.Hint(text, names)}.")
        )
        {
            IsPossible = value => values.Any(one => Equals(one.Value, value)),
            Show = value => values.First(one => Equals(one.Value, value)).Name,
            Words = names,
            Suffix = isLong ? $": {list}" : "",
        };
    }

    /// <summary>Some of the given names, separated by commas, each at most once.</summary>
    internal static Form<string[]> SomeOf(IReadOnlyList<string> names) =>
        new(
            "NAMES",
            (option, text) =>
            {
                var given = text.Split(',');
                return Array.Find(given, part => !names.Contains(part)) is { } unknown
                    ? throw Wrong(
                        $"{option} must be some of {string.Join(", ", names)}, separated by commas; "
                            + $"got '{unknown}'{Suggestion.Hint(unknown, names)}."
                    )
                    : Distinct(option, given);
            }
        )
        {
            Words = names,
            IsList = true,
            Show = value => string.Join(',', value),
        };

    /// <summary>The failure about a text that an option does not accept.</summary>
    internal static CommandFailure Refusal(string option, string requirement, string text) =>
        Wrong($"{option} must be {requirement}; got '{text}'.");

    private static CommandFailure Wrong(string sentence) => new(sentence, ExitCode.Usage);

    /// <summary>A whole number of at least one and at most <paramref name="most"/>.</summary>
    internal static Form<int> UpTo(int most) =>
        Number<int>(
            "n",
            $"a whole number from 1 to {most}",
            NumberStyles.Integer,
            value => value >= 1 && value <= most
        );

    private static Form<double> Number(string requirement, Func<double, bool> isPossible) =>
        Number<double>("x", requirement, NumberStyles.Float, value => double.IsFinite(value) && isPossible(value));

    private static Form<T> Number<T>(
        string valueName,
        string requirement,
        NumberStyles style,
        Func<T, bool>? isPossible = null
    )
        where T : INumber<T> =>
        new Form<T>(
            valueName,
            (option, text) =>
                T.TryParse(text, style, CultureInfo.InvariantCulture, out var value)
                    ? value
                    : throw Refusal(option, requirement, text)
        ).That(requirement, isPossible ?? (_ => true));

    private static Func<string, double> OnePositive(string option) =>
        part =>
        {
            try
            {
                return Positive.Read(option, part);
            }
            catch (CommandFailure)
            {
                throw Refusal(option, "positive numbers separated by commas", part);
            }
        };

    private static T[] Distinct<T>(string option, T[] given) =>
        given.GroupBy(part => part).FirstOrDefault(parts => parts.Count() > 1) is { } twice
            ? throw Wrong(
                string.Create(CultureInfo.InvariantCulture, $"{option} must name each once; got {twice.Key} twice.")
            )
            : given;
}
