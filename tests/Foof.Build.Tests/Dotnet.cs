using System.Diagnostics;

namespace Foof.Build.Tests;

/// <summary>
/// Runs programs with nothing of the caller's build in their environment but the backend it chose.
/// </summary>
internal static class Dotnet
{
    /// <summary>Runs <c>dotnet</c> with these arguments.</summary>
    internal static (int Code, string Output) Run(
        string folder,
        IReadOnlyDictionary<string, string>? environment,
        params string[] arguments
    ) => RunProgram("dotnet", folder, environment, arguments);

    /// <summary>Runs a program; if it fails, its errors follow its output.</summary>
    internal static (int Code, string Output) RunProgram(
        string program,
        string folder,
        IReadOnlyDictionary<string, string>? environment,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsOfABuild).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var said = errors.Result;
        return (process.ExitCode, process.ExitCode == 0 ? output : output + said);
    }

    private static bool IsOfABuild(string name) => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);
}
