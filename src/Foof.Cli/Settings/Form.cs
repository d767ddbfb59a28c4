using System.Globalization;

namespace Foof.Cli.Settings;

/// <summary>How a value is written on the command line, and which values are possible.</summary>
/// <param name="ValueName">What help calls the value.</param>
/// <param name="Read">
/// The value of a text, from the option's name and the text; a <see cref="CommandFailure"/> where the text is wrong.
/// </param>
internal sealed record Form<T>(string ValueName, Func<string, string, T> Read)
{
    /// <summary>Whether a value that was read from a file is possible.</summary>
    internal Func<T, bool> IsPossible { get; init; } = _ => true;

    /// <summary>How messages and help write a value.</summary>
    internal Func<T, string> Show { get; init; } =
        value => string.Create(CultureInfo.InvariantCulture, $"{value}");

    /// <summary>The words that a shell can complete.</summary>
    internal IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether the value is several words, separated by commas.</summary>
    internal bool IsList { get; init; }

    /// <summary>The end of the option's description.</summary>
    internal string Suffix { get; init; } = "";

    /// <summary>Accepts only some of the values.</summary>
    /// <param name="requirement">What follows "must be" in the message.</param>
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

    /// <summary>Forgets the type, so that one table can hold values of many types.</summary>
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
