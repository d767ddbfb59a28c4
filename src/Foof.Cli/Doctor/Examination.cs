using TorchSharp;

namespace Foof.Cli.Doctor;

/// <summary>Looks at an installation item by item; what lacks never ends it.</summary>
internal static class Examination
{
    private const string NativeLibrary = "the native library";

    /// <summary>The findings, each item after those that it needs.</summary>
    /// <param name="data">The data set's name or folder.</param>
    /// <param name="threads">How many libtorch gets.</param>
    internal static IReadOnlyList<Finding> Run(string data, int threads)
    {
        var failure = LoadFailure(threads);
        // libtorch binds to its BLAS when it first multiplies, so that is asked afterwards.
        var computation = Engine("computation", failure, EngineChecks.Computation);
        var torch = Guarded("libtorch", () => EngineChecks.Torch(failure));
        var blas = Guarded("BLAS", () => EngineChecks.Blas(failure));
        return
        [
            MachineChecks.Runtime(),
            torch,
            blas,
            torch.Verdict == Verdict.Problem ? Finding.Unchecked("native library", "libtorch")
            : blas.Verdict == Verdict.Problem ? Finding.Unchecked("native library", "BLAS")
            : Guarded("native library", () => EngineChecks.Native(failure)),
            computation,
            Engine("CUDA", failure, EngineChecks.Cuda),
            Guarded("processor", MachineChecks.Processor),
            Guarded("memory", MachineChecks.Memory),
            Guarded("disk", MachineChecks.Disk),
            Guarded("data", () => DataCheck.Of(data)),
            Guarded("browser", MachineChecks.Browser),
        ];
    }

    // Everything else of the engine is behind the first call into it.
    private static string? LoadFailure(int threads)
    {
        try
        {
            torch.set_num_threads(threads);
            return null;
        }
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Sentence(error);
        }
    }

    private static Finding Engine(string item, string? failure, Func<Finding> look) =>
        failure is null ? Guarded(item, look) : Finding.Unchecked(item, NativeLibrary);

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
            return Finding.Problem(item, Sentence(error), "mend what the sentence says, then look again");
        }
    }

    private static string Sentence(Exception error) =>
        error is TypeInitializationException or AggregateException && error.InnerException is { } inner
            ? Sentence(inner)
            : error.Message.Split('\n', 2)[0].TrimEnd();
}
