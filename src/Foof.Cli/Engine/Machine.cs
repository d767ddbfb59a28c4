using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Engine;

/// <summary>The machine that this process runs on.</summary>
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

    /// <summary>The processor's instruction sets by the system's names; empty if they are unknown.</summary>
    internal static string[] Features => Fact(FlagsLine)?.Split(' ') ?? [];

    private static string Processor() => Fact(ModelLine) ?? RuntimeInformation.ProcessArchitecture.ToString();

    // The first processor stands for all.
    private static string? Fact(string name)
    {
        var line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}

/// <summary>The versions of this program.</summary>
internal static class Versions
{
    /// <summary>Foof's version.</summary>
    internal static string Foof { get; } =
        typeof(Versions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    /// <summary>Foof's version with the first letters of the commit.</summary>
    internal static string Short { get; } =
        Foof.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0
            ? Foof[..Math.Min(Foof.Length, plus + 1 + CommitLetters)]
            : Foof;

    private const int CommitLetters = 8;
}

/// <summary>How fast the machine multiplies matrices.</summary>
internal static class Speed
{
    private const int Side = 1000;
    private const double Flops = 2.0 * Side * Side * Side;
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(400);

    /// <summary>The best rate of a product 1000x1000, in 1e9 operations a second.</summary>
    internal static double Gflops(ScalarType type = ScalarType.Float32, Device? device = null)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (left, right) = (randn(Side, Side, type, device), randn(Side, Side, type, device));
        var best = double.MaxValue;
        left.mm(right).Dispose();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Enough; )
        {
            var one = Stopwatch.GetTimestamp();
            left.mm(right).Dispose();
            Devices.Settle(left.device);
            best = Math.Min(best, Stopwatch.GetElapsedTime(one).TotalSeconds);
        }
        return Flops / best / 1e9;
    }
}
