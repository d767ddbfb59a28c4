using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace TorchSharp.Native;

/// <summary>
/// Loads, in this order and once: the OpenMP build of OpenBLAS, libtorch, and our C ABI over it.
/// </summary>
/// <remarks>
/// Debian's libtorch binds to whatever library with the name <c>libblas.so.3</c> is in the process. Its own
/// threads are OpenMP's; an OpenBLAS with POSIX threads fights them for the cores and makes a training step
/// almost three times slower. Loading the OpenMP build first decides the matter without touching a
/// system-wide setting. <c>FOOF_BLAS</c> names another folder (with libblas.so.3 and liblapack.so.3) or
/// <c>system</c> for the system's choice; <c>FOOF_LIBTORCH</c> the folder of another libtorch.
/// </remarks>
internal static partial class NativeLibraries
{
    internal const string Name = "foof_native";

    private const string BlasName = "libblas.so.3";

    private const string Remedy =
        "run ./foof info, which installs and builds what is missing, or: "
        + "apt-get install libtorch-dev libopenblas0-openmp";

    private static readonly string[] BlasFolders =
    [
        "/usr/lib/x86_64-linux-gnu/openblas-openmp",
        "/usr/lib/aarch64-linux-gnu/openblas-openmp",
    ];

    private static nint handle;

    /// <summary>The file that BLAS calls go to, or null where the system's default is used.</summary>
    internal static string? BlasFile { get; private set; }

    // The resolver must be in place before the first P/Invoke of this assembly, wherever that is.
    [ModuleInitializer]
    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Name)
            return 0;
        lock (BlasFolders)
        {
            if (handle == 0)
                handle = Load();
            return handle;
        }
    }

    private static nint Load()
    {
        WaitingThreads.Limit();
        LoadBlas(Environment.GetEnvironmentVariable("FOOF_BLAS"));
        LoadTorch(Environment.GetEnvironmentVariable("FOOF_LIBTORCH"));
        var file = NativeFile;
        nint library;
        try
        {
            library = NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException(Explain(file, e.Message), e);
        }
        CheckVersion(library);
        return library;
    }

    /// <summary>Where the native library is, or should be.</summary>
    internal static string NativeFile => Array.Find(Files(), File.Exists) ?? Files()[0];

    // Beside the program; beside this assembly, as in F# scripts; or where packages keep it.
    private static string[] Files()
    {
        var system = $"linux-{RuntimeInformation.ProcessArchitecture}".ToLowerInvariant();
        var ofPackage = Path.Combine("runtimes", system, "native");
        var own = Path.GetDirectoryName(typeof(NativeLibraries).Assembly.Location) ?? "";
        string[] folders =
        [
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, ofPackage),
            own,
            Path.Combine(own, ofPackage),
            Path.Combine(own, "..", "..", ofPackage),
        ];
        return [.. folders.Select(folder => Path.Combine(folder, $"lib{Name}.so"))];
    }

    private static void LoadBlas(string? choice)
    {
        var folder = choice == "system" ? null : choice ?? Array.Find(BlasFolders, Directory.Exists);
        BlasKernels.Choose(folder is null ? BlasName : Path.Combine(folder, BlasName));
        if (folder is null)
            return;
        foreach (var name in new[] { BlasName, "liblapack.so.3" })
        {
            var file = Path.Combine(folder, name);
            if (!NativeLibrary.TryLoad(file, out _))
            {
                if (choice is null)
                    return;
                throw new DllNotFoundException(
                    $"FOOF_BLAS must name a folder with libblas.so.3 and liblapack.so.3; {file} could not be loaded."
                );
            }
            BlasFile ??= file;
        }
    }

    private static void LoadTorch(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
            return;
        foreach (var name in new[] { "libc10.so", "libtorch_cpu.so" })
        {
            var file = new[] { Path.Combine(folder, "lib", name), Path.Combine(folder, name) }.FirstOrDefault(
                File.Exists
            );
            if (file is null)
                throw new DllNotFoundException(
                    $"FOOF_LIBTORCH must name the folder of a libtorch; {folder} has no {name}: unset it, or {Remedy}."
                );
            NativeLibrary.Load(file);
        }
    }

    private static string Explain(string file, string reason)
    {
        if (!File.Exists(file))
            return $"The native library {file} is missing: {Remedy}.";
        var missing = MissingLibrary().Match(reason);
        if (missing.Success)
            return $"libtorch is missing or of another version than compiled against ({missing.Groups[1].Value} "
                + $"was not found): {Remedy}.";
        // The runtime's advice fills several lines; the loader's own words are the last one.
        var words = reason.Trim().Split('\n', StringSplitOptions.TrimEntries)[^1];
        return $"libtorch could not be loaded ({words}); it may be of another version than compiled "
            + $"against: {Remedy}.";
    }

    /// <summary>
    /// Compares the version in the loaded file's name (libtorch_cpu.so.1.13.0) with the headers' version.
    /// A build without a version in its name is told by its symbols when it loads.
    /// </summary>
    private static unsafe void CheckVersion(nint library)
    {
        var version = (delegate* unmanaged<byte*>)NativeLibrary.GetExport(library, "foof_torch_version");
        var compiled = Marshal.PtrToStringUTF8((nint)version())!;
        var loaded = LoadedFiles("libtorch_cpu.so").FirstOrDefault();
        if (loaded is not null && VersionMismatch(compiled, loaded) is { } found)
            throw new DllNotFoundException(
                $"libtorch {found} ({loaded}) was loaded, but this build was compiled against {compiled}: {Remedy}."
            );
    }

    /// <summary>The version in <paramref name="file"/>'s name where it differs from <paramref name="compiled"/>.</summary>
    internal static string? VersionMismatch(string compiled, string file)
    {
        var named = VersionedFile().Match(file);
        if (!named.Success)
            return null;
        var found = named.Groups[1].Value;
        return found == MajorMinor().Match(compiled).Value ? null : found;
    }

    /// <summary>The files of this process whose name starts with <paramref name="prefix"/>.</summary>
    internal static IEnumerable<string> LoadedFiles(string prefix)
    {
        try
        {
            return File.ReadLines("/proc/self/maps")
                .Select(line => line[(line.LastIndexOf(' ') + 1)..])
                .Where(file => Path.GetFileName(file).StartsWith(prefix, StringComparison.Ordinal))
                .Distinct()
                .ToArray();
        }
        catch (IOException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"(\S+\.so\S*): cannot open shared object")]
    private static partial Regex MissingLibrary();

    [GeneratedRegex(@"\.so\.(\d+\.\d+)(\.\d+)?$")]
    private static partial Regex VersionedFile();

    [GeneratedRegex(@"^\d+\.\d+")]
    private static partial Regex MajorMinor();
}
