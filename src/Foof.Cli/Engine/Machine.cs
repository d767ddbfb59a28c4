using System.Runtime.InteropServices;

namespace Foof.Cli.Engine;

/// <summary>What a time was measured on.</summary>
internal static class Machine
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string ModelLine = "model name";

    /// <summary>The processor and how many of its cores this process may use.</summary>
    internal static string Description { get; } =
        $"{Processor()}, {Environment.ProcessorCount} "
        + $"{(Environment.ProcessorCount == 1 ? "core" : "cores")}, "
        + RuntimeInformation.OSDescription;

    private static string Processor()
    {
        var line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile)
                .FirstOrDefault(line => line.StartsWith(ModelLine, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
