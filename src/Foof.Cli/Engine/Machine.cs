using System.Reflection;
using System.Runtime.InteropServices;

namespace Foof.Cli.Engine;

/// <summary>What a time was measured on.</summary>
internal static class Machine
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string ModelLine = "model name";
    private const string FlagsLine = "flags";

    /// <summary>The processor and how many of its cores this process may use.</summary>
    internal static string Description { get; } =
        $"{Processor()}, {Environment.ProcessorCount} "
        + $"{(Environment.ProcessorCount == 1 ? "core" : "cores")}, "
        + RuntimeInformation.OSDescription;

    /// <summary>
    /// The processor's instruction sets, as the system calls them; none where it does not tell.
    /// </summary>
    internal static string[] Features => Fact(FlagsLine)?.Split(' ') ?? [];

    private static string Processor() => Fact(ModelLine) ?? RuntimeInformation.ProcessArchitecture.ToString();

    // The first processor's: they are alike.
    private static string? Fact(string name)
    {
        var line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile)
                .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}

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
