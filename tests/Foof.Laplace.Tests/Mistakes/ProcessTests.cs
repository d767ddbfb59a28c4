using System.Diagnostics;

namespace Foof.Laplace.Tests.Mistakes;

/// <summary>
/// A mistake gives an exception, and the process continues. Each mistake is made in a process of its own.
/// </summary>
public sealed class ProcessTests
{
    public static TheoryData<string> Mistakes => new(Mistake.All.Keys);

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_raises_in_every_use(string mistake)
    {
        var (code, output, errors) = Run(mistake);
        Assert.True(code == 0, $"exit code {code} after\n{output}\n{errors}");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Use.All.Count - Mistake.All[mistake]().Spared.Length, lines.Length);
        Assert.All(lines, line => Assert.Contains("Exception: ", line, StringComparison.Ordinal));
    }

    private static (int Code, string Output, string Errors) Run(string mistake)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ProcessTests).Assembly.Location, mistake])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A process that ends by itself leaves no core dump on the disk.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
