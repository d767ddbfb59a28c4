using System.Diagnostics;

namespace Foof.Docs.Tests;

/// <summary>Programs in processes of their own.</summary>
internal static class Programs
{
    /// <summary>Runs <c>dotnet</c> and returns the exit code and all that was written.</summary>
    internal static async Task<(int Code, string Output)> Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
