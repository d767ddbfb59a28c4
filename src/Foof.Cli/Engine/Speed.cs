using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Engine;

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
