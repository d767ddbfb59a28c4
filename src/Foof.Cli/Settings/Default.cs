namespace Foof.Cli.Settings;

/// <summary>What a setting is where the command line does not say it.</summary>
/// <param name="Of">The value; it may depend on the settings above it in the table.</param>
/// <param name="Text">How help writes it; null: as messages write the value.</param>
/// <param name="IsConstant">Whether it depends on nothing.</param>
internal sealed record Default<R, T>(Func<R, T> Of, string? Text, bool IsConstant = false)
{
    /// <summary>A value that help describes in words.</summary>
    internal Default(T value, string? text)
        : this(_ => value, text, IsConstant: true) { }

    /// <summary>A value.</summary>
    public static implicit operator Default<R, T>(T value) => new(value, null);
}
