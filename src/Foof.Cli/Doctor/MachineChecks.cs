using System.Globalization;
using System.Runtime.InteropServices;
using Foof.Cli.Data;
using Foof.Cli.Engine;

namespace Foof.Cli.Doctor;

/// <summary>Checks of the machine.</summary>
internal static class MachineChecks
{
    private static readonly string[] BrowserPrograms = ["chromium", "chromedriver"];

    private const double Gigabyte = 1 << 30;
    private const double LeastMemory = 0.25;
    private const double LittleMemory = 1;
    private const double LeastDisk = 0.1;
    private const double LittleDisk = 1;
    private const string MemoryFile = "/proc/meminfo";
    private const string AvailableLine = "MemAvailable:";

    /// <summary>The version of .NET, and the system.</summary>
    internal static Finding Runtime() =>
        Finding.Ok(".NET", $"{Environment.Version} on {RuntimeInformation.RuntimeIdentifier}; Foof {Versions.Short}");

    /// <summary>The vector extensions of the processor.</summary>
    internal static Finding Processor()
    {
        const string item = "processor";
        string[] flags = Machine.Features;
        (string Flag, string Name)[] known =
        [
            ("avx2", "AVX2"),
            ("avx512f", "AVX-512"),
            ("avx512_bf16", "AVX512-BF16"),
            ("amx_bf16", "AMX-BF16"),
        ];
        var has = known.Where(one => flags.Contains(one.Flag)).Select(one => one.Name).ToArray();
        var detail =
            $"{Machine.Description}; " + $"{(has.Length == 0 ? "no vector extensions known" : string.Join(", ", has))}";
        return flags.Length > 0 && !flags.Contains("avx2") && RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? Finding.Warning(item, detail, "products of matrices are slow without AVX2: use a newer processor")
            : Finding.Ok(item, detail);
    }

    /// <summary>Free memory; a container may limit it.</summary>
    internal static Finding Memory()
    {
        var free = FreeMemory;
        return Enough(
            "memory",
            free,
            (LeastMemory, LittleMemory),
            $"{free:F1} of {TotalMemory:F1} GB are free",
            "end other programs, or train with a smaller --batch-size or --subset"
        );
    }

    /// <summary>The memory that this process can still get, in GB.</summary>
    internal static double FreeMemory => Math.Min(TotalMemory, Available() ?? TotalMemory);

    private static double TotalMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gigabyte;

    /// <summary>Free space for results and for temporary files.</summary>
    internal static Finding Disk()
    {
        (string Folder, double Free)[] places =
        [
            .. new[] { Environment.CurrentDirectory, Path.GetTempPath() }.Select(folder =>
                (folder, new DriveInfo(folder).AvailableFreeSpace / Gigabyte)
            ),
        ];
        return Enough(
            "disk",
            places.Min(place => place.Free),
            (LeastDisk, LittleDisk),
            string.Join(", ", places.Select(place => $"{place.Free:F1} GB are free in {place.Folder}")),
            "make room there, or name other folders by --out and TMPDIR"
        );
    }

    /// <summary>The browser in which reports are tested; only the tests need it.</summary>
    internal static Finding Browser()
    {
        const string item = "browser";
        string[] lacking = [.. BrowserPrograms.Where(name => OnPath(name) is null)];
        return lacking.Length == 0
            ? Finding.Ok(item, $"{OnPath(BrowserPrograms[0])}, in which ./test looks at reports")
            : Finding.Ok(item, $"no {string.Join(" and ", lacking)}: ./test skips the tests of reports in it");
    }

    private static Finding Enough(
        string item,
        double free,
        (double Least, double Little) bounds,
        string detail,
        string remedy
    ) =>
        free < bounds.Least ? Finding.Problem(item, detail, remedy)
        : free < bounds.Little ? Finding.Warning(item, detail, remedy)
        : Finding.Ok(item, detail);

    private static double? Available()
    {
        var line = File.Exists(MemoryFile)
            ? File.ReadLines(MemoryFile)
                .FirstOrDefault(line => line.StartsWith(AvailableLine, StringComparison.Ordinal))
            : null;
        return line is null
            ? null
            : double.Parse(
                line[AvailableLine.Length..].Replace("kB", "", StringComparison.Ordinal),
                CultureInfo.InvariantCulture
            )
                * 1024
                / Gigabyte;
    }

    /// <summary>The file of a program; null if it is in no folder of the path.</summary>
    internal static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(folder => new[] { program, $"{program}.exe" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
}

/// <summary>Checks the images for training.</summary>
internal static class DataCheck
{
    /// <summary>Whether a data set exists and is undamaged.</summary>
    /// <param name="data">Its name or folder.</param>
    internal static Finding Of(string data)
    {
        const string item = "data";
        var folder = ImageData.Folder(data);
        if (!Directory.Exists(folder))
            return Finding.Problem(
                item,
                $"{folder} does not exist",
                data == ImageData.FashionMnist
                    ? "run: apt-get install dataset-fashion-mnist; or name a folder of IDX files by --data"
                    : $"name a folder of IDX files by --data, or {ImageData.FashionMnist}"
            );
        try
        {
            var files = ImageData.Files(folder);
            var shape = ImageShape.Of(files[0], files[1], files[3]);
            return Finding.Ok(
                item,
                $"{files[0].Shape[0]} images to train with and {files[2].Shape[0]} to test with in {folder}, "
                    + $"{shape.Text} pixels, {shape.Classes} classes"
            );
        }
        catch (Exception failure) when (failure is CommandFailure or InvalidDataException)
        {
            return Finding.Problem(
                item,
                failure.Message.TrimEnd('.'),
                "fetch the files again, or name another folder by --data"
            );
        }
    }
}
