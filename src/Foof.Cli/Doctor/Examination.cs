using Foof.Cli.Commands;
using TorchSharp;

namespace Foof.Cli.Doctor;

/// <summary>Looks at an installation item by item; what lacks never ends it.</summary>
internal static class Examination
{
    /// <summary>The item that everything computed needs.</summary>
    internal const string Libtorch = "libtorch";

    /// <summary>The findings, each item after those that it needs.</summary>
    /// <param name="data">The data set's name or folder.</param>
    /// <param name="threads">How many libtorch gets.</param>
    internal static IReadOnlyList<Finding> Run(string data, int threads)
    {
        var libtorch = Guarded(Libtorch, EngineChecks.Torch);
        var canCompute = libtorch.Verdict != Verdict.Problem;
        if (canCompute)
            torch.set_num_threads(threads);
        return
        [
            MachineChecks.Runtime(),
            libtorch,
            Computed("computation", EngineChecks.Computation),
            Computed("CUDA", EngineChecks.Cuda),
            Guarded("processor", MachineChecks.Processor),
            Guarded("memory", MachineChecks.Memory),
            Guarded("disk", MachineChecks.Disk),
            Guarded("data", () => DataCheck.Of(data)),
            Guarded("browser", MachineChecks.Browser),
        ];

        Finding Computed(string item, Func<Finding> look) =>
            canCompute ? Guarded(item, look) : Finding.Unchecked(item, Libtorch);
    }

    // What an item's check did not foresee is a finding about that item.
    private static Finding Guarded(string item, Func<Finding> look)
    {
        try
        {
            return look();
        }
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Finding.Problem(
                item,
                CommandFrame.FirstLine(CommandFrame.Cause(error)),
                "mend what the sentence says, then look again"
            );
        }
    }
}
