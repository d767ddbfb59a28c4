using System.Globalization;

namespace Foof.Cli.Settings;

/// <summary>How a value is written on the command line, and which values are possible.</summary>
/// <param name="ValueName">The name of the value in help.</param>
/// <param name="Read">
/// Reads a text, from the option's name and the text. It throws a <see cref="CommandFailure"/> if the text is wrong.
/// </param>
internal sealed record Form<T>(string ValueName, Func<string, string, T> Read)
{
    /// <summary>Whether a value that was read from a file is possible.</summary>
    internal Func<T, bool> IsPossible { get; init; } = _ => true;

    /// <summary>Writes a value for messages and help.</summary>
    internal Func<T, string> Show { get; init; } = value => string.Create(CultureInfo.InvariantCulture, $"{value}");

    /// <summary>The words that a shell can complete.</summary>
    internal IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether the value consists of several words, separated by commas.</summary>
    internal bool IsList { get; init; }

    /// <summary>The end of the option's description.</summary>
    internal string Suffix { get; init; } = "";

    /// <summary>Accepts only some of the values.</summary>
    /// <param name="requirement">The words after "must be" in the message.</param>
    /// <param name="isPossible">Whether a value is accepted.</param>
    internal Form<T> That(string requirement, Func<T, bool> isPossible) =>
        this with
        {
            IsPossible = value => IsPossible(value) && isPossible(value),
            Read = (option, text) =>
                Read(option, text) is var value && isPossible(value)
                    ? value
                    : throw Forms.Refusal(option, requirement, text),
        };

    /// <summary>The form without its type, so that one table can have values of many types.</summary>
    internal Form<object> Boxed() =>
        new(ValueName, (option, text) => Read(option, text)!)
        {
            IsPossible = value => IsPossible((T)value),
            Show = value => Show((T)value),
            Words = Words,
            IsList = IsList,
            Suffix = Suffix,
        };
}
