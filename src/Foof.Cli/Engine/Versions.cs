using System.Reflection;

namespace Foof.Cli.Engine;

/// <summary>What this program is.</summary>
internal static class Versions
{
    /// <summary>Foof's version.</summary>
    internal static string Foof { get; } =
        typeof(Versions)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    /// <summary>The same with as much of the commit as people compare.</summary>
    internal static string Short { get; } =
        Foof.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0
            ? Foof[..Math.Min(Foof.Length, plus + 1 + CommitLetters)]
            : Foof;

    private const int CommitLetters = 8;
}
