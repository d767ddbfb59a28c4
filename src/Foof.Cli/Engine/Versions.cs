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
}
