using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Tests;

/// <summary>The answer of a command.</summary>
internal sealed record Answer(int Code, string Output, string Error)
{
    /// <summary>The one sentence of a refusal.</summary>
    internal string Sentence(int code = ExitCode.Failure)
    {
        Assert.Equal(code, Code);
        var line = Error.TrimEnd('\n');
        Assert.DoesNotContain('\n', line);
        Assert.EndsWith(".", line);
        return line;
    }

    /// <summary>The sentence of a refusal, after notes.</summary>
    internal string LastSentence(int code = ExitCode.Failure) =>
        (this with { Error = Error.TrimEnd('\n').Split('\n')[^1] }).Sentence(code);
}

/// <summary>Runs the command line in this process, as if its output were redirected.</summary>
internal static class CommandLine
{
    internal static Answer Run(params string[] arguments) => Run(null, CancellationToken.None, arguments);

    internal static Answer Run(IProgressView? progress, CancellationToken stop, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            }
        );
        var terminal = new Terminal(console, error, stop);
        if (progress is not null)
            terminal = terminal with { Progress = progress };
        var code = Application.Run(arguments, terminal);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs it and stops it, as Ctrl-C does, after so many shown steps (warm-up included).</summary>
    internal static Answer RunAndStop(int after, params string[] arguments)
    {
        using var source = new CancellationTokenSource();
        return Run(new Countdown(after, source), source.Token, arguments);
    }

    private sealed class Countdown(int steps, CancellationTokenSource source) : IProgressView
    {
        private int left = steps;

        public void Track(string title, int total, Action<Meter> work) =>
            work(
                new Meter(
                    TimeSpan.Zero,
                    (_, _) =>
                    {
                        if (--left == 0)
                            source.Cancel();
                    }
                )
            );

        public void Line(string text) { }
    }
}
