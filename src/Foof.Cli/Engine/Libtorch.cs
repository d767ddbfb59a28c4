using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Foof.Cli.Engine;

/// <summary>
/// TorchSharp's libtorch. It is loaded here before the first use of TorchSharp, which would write a whole page
/// to standard output if loading failed.
/// </summary>
internal static partial class Libtorch
{
    private const string Processor = "torch_cpu";
    private const string Card = "torch_cuda";
    private const string Binding = "LibTorchSharp";
    private const int Byte = 8;

    private static readonly Assembly Caller = typeof(TorchSharp.torch).Assembly;
    private static readonly Lazy<LoadProblem?> Loaded = new(Load);

    /// <summary>Why libtorch cannot be used; null if it can.</summary>
    internal static LoadProblem? Problem => Loaded.Value;

    /// <summary>Raises unless libtorch can be used.</summary>
    /// <exception cref="CommandFailure">libtorch cannot be used.</exception>
    internal static void Require()
    {
        if (Problem is { } problem)
            throw new CommandFailure(problem.Sentence);
    }

    /// <summary>TorchSharp's version.</summary>
    internal static string TorchSharpVersion { get; } = Caller.GetName().Version!.ToString(fieldCount: 3);

    /// <summary>The version of the loaded libtorch; null if it is unknown.</summary>
    internal static Version? Version =>
        NativeLibrary.TryLoad(Processor, Caller, null, out var library) ? VersionOf(library) : null;

    /// <summary>Whether it is a build for NVIDIA's devices.</summary>
    internal static bool HasCuda => NativeLibrary.TryLoad(Card, Caller, null, out _);

    /// <summary>The problem of a backend with another libtorch than TorchSharp needs.</summary>
    /// <param name="found">The version of the backend; null if it is unknown.</param>
    /// <param name="asked">The version that TorchSharp needs; null if it is unknown.</param>
    /// <returns>Null if the versions fit.</returns>
    internal static LoadProblem? Mismatch(Version? found, Version? asked) =>
        found is null || asked is null || (found.Major == asked.Major && found.Minor == asked.Minor)
            ? null
            : new(
                $"libtorch {found.ToString(fieldCount: 3)} is beside the program, "
                    + $"and TorchSharp {TorchSharpVersion} asks for {asked.ToString(fieldCount: 3)}",
                $"build the program with the backend of TorchSharp's own version, {Backends}"
            );

    private static string Backends =>
        $"the package TorchSharp-cpu {TorchSharpVersion}, or TorchSharp-cuda-linux or TorchSharp-cuda-windows "
        + "for a device of NVIDIA";

    private static LoadProblem? Load()
    {
        if (TryLoad(Processor, out var library) is { } missing)
            return FileOf(Processor) is { } broken
                ? Unloadable(broken, missing)
                : new(
                    $"no libtorch for {RuntimeInformation.RuntimeIdentifier} is beside the program",
                    $"build it with a backend, {Backends}"
                );
        if (Mismatch(VersionOf(library), Asked()) is { } mismatch)
            return mismatch;
        if (TryLoad(Binding, out _) is not { } failure)
            return null;
        if (FileOf(Binding) is null)
            return new($"TorchSharp's own library, {BindingFile}, is not beside the program", "build it again");
        return NewerLibrary().Match(failure) is { Success: true } newer
            ? new(
                $"TorchSharp's own library asks for {newer.Value} of libstdc++, which this system's does not have",
                "build the program with -p:FoofMendTorchSharp=true, which lifts that demand, "
                    + "or install the libstdc++ of GCC 13"
            )
            : Unloadable(FileOf(Binding) ?? Binding, failure);
    }

    private static string BindingFile =>
        OperatingSystem.IsWindows() ? $"{Binding}.dll"
        : OperatingSystem.IsMacOS() ? $"lib{Binding}.dylib"
        : $"lib{Binding}.so";

    private static LoadProblem Unloadable(string file, string failure)
    {
        string[] lines = failure.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // The loader writes a line for every place it searched. Lines about missing files give no reason.
        var reason = lines.Skip(1).FirstOrDefault(line => !Path.IsPathRooted(line) || !NotFound().IsMatch(line));
        return new(
            $"{file} cannot be loaded ({reason ?? lines[0]})",
            "install what it asks for, or restore the packages and build the program again"
        );
    }

    // The message of the failure; null if the library was loaded.
    private static string? TryLoad(string name, out nint library)
    {
        try
        {
            library = NativeLibrary.Load(name, Caller, null);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            library = 0;
            return error.Message;
        }
    }

    // The prefix and the extension depend on the system.
    private static string? FileOf(string name) =>
        ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, $"*{name}.*"))
            .FirstOrDefault();

    // One byte each for major, minor and patch. Old versions do not export the function.
    private static unsafe Version? VersionOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var export))
            return VersionOfPackage();
        var number = ((delegate* unmanaged<ulong>)export)();
        return new(Part(number, 7), Part(number, 6), Part(number, 5));
    }

    private static int Part(ulong number, int place) => (int)(number >> (place * Byte)) & byte.MaxValue;

    // The version in the program's list of packages.
    private static Version? VersionOfPackage()
    {
        const string package = "\"libtorch-[^/\"]*/([0-9]+[.][0-9]+[.][0-9]+)";
        return ((AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string) ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Where(File.Exists)
            .Select(file => Regex.Match(File.ReadAllText(file), package))
            .Where(match => match.Success)
            .Select(match => System.Version.Parse(match.Groups[1].Value))
            .FirstOrDefault();
    }

    // TorchSharp's __version__ has it too, but reading that would load libtorch.
    private static Version? Asked() =>
        typeof(TorchSharp.torch)
            .GetField("libtorchPackageVersion", BindingFlags.NonPublic | BindingFlags.Static)
            ?.GetRawConstantValue()
            is string text
        && Version.TryParse(text, out var version)
            ? version
            : null;

    [GeneratedRegex("GLIBCXX_[0-9.]*[0-9]")]
    private static partial Regex NewerLibrary();

    [GeneratedRegex("No such file|no such file")]
    private static partial Regex NotFound();
}

/// <summary>Why libtorch cannot be used.</summary>
/// <param name="Detail">What was found, without a full stop.</param>
/// <param name="Remedy">What to do, without a full stop.</param>
internal sealed record LoadProblem(string Detail, string Remedy)
{
    /// <summary>Both as one sentence.</summary>
    internal string Sentence => $"{char.ToUpperInvariant(Detail[0])}{Detail[1..]}: {Remedy}.";
}
