using System.Diagnostics;

namespace Foof.Docs.Tests;

/// <summary>Programs in processes of their own.</summary>
internal static class Programs
{
    /// <summary>Runs <c>dotnet</c> and returns the exit code and all that was written.</summary>
    internal static Task<(int Code, string Output)> Run(string folder, params string[] arguments) =>
        RunProgram("dotnet", folder, arguments);

    /// <summary>Runs <c>dotnet</c> with some variables of its own.</summary>
    internal static Task<(int Code, string Output)> Run(
        string folder,
        Dictionary<string, string> environment,
        params string[] arguments
    ) => RunProgram("dotnet", folder, environment, arguments);

    /// <summary>Runs any program, with nothing of the caller's build in its environment.</summary>
    internal static Task<(int Code, string Output)> RunProgram(
        string program,
        string folder,
        params string[] arguments
    ) => RunProgram(program, folder, [], arguments);

    private static async Task<(int Code, string Output)> RunProgram(
        string program,
        string folder,
        Dictionary<string, string> environment,
        string[] arguments
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
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    private static bool IsOfABuild(string name) => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);
}
