using System.Diagnostics;

namespace Foof.Cli.Tests;

/// <summary>Runs the command line in a process of its own, where the environment matters.</summary>
internal static class ForeignProcess
{
    /// <summary>The program that was built with these tests.</summary>
    internal static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "foof.dll");

    /// <summary>Runs the program with its output in a pipe.</summary>
    internal static Answer Run(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        Start(environment, "dotnet", [Program, .. arguments]);

    /// <summary>Runs a copy of the program.</summary>
    internal static Answer RunCopy(string folder, params string[] arguments) =>
        Start(
            new Dictionary<string, string?>(),
            "dotnet",
            [Path.Combine(folder, Path.GetFileName(Program)), .. arguments]
        );

    /// <summary>
    /// Runs the program on a terminal, as <c>script</c> makes one; both outputs are one there.
    /// </summary>
    internal static Answer RunOnTerminal(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        Start(environment, "script", ["-qec", $"dotnet {Program} {string.Join(' ', arguments)}", "/dev/null"]);

    /// <summary>Runs the program by a line of a shell, which may redirect its output.</summary>
    internal static Answer RunInShell(string line) =>
        Start(new Dictionary<string, string?>(), "sh", ["-c", $"exec dotnet {Program} {line}"]);

    /// <summary>Starts the program with its output in pipes; the caller ends it.</summary>
    internal static Process Begin(params string[] arguments) =>
        Open(new Dictionary<string, string?>(), "dotnet", [Program, .. arguments]);

    private static Answer Start(IReadOnlyDictionary<string, string?> environment, string program, string[] arguments)
    {
        using var process = Open(environment, program, arguments);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.Result);
    }

    private static Process Open(IReadOnlyDictionary<string, string?> environment, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
