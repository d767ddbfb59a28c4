using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Foof.Cli.Commands;

/// <summary>A command's help: the parser's, then examples, and on the first page what exit codes mean.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    private const string Indent = "  ";

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "the command did everything"),
        (ExitCode.Failure, "the command did not succeed; the last line of standard error says why"),
        (ExitCode.Usage, "the command line is wrong"),
        (ExitCode.Stopped, "stopped by Ctrl-C or SIGTERM; --resume, or the same compare, continues what --out kept"),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("NO_COLOR", "no colours, whatever its value"),
    ];

    private readonly HelpAction help = new();

    /// <summary>Help appears even if the rest of the line is wrong.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>Writes the page.</summary>
    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        if (command is RootCommand)
            WriteTables(output);
        output.WriteLine("Examples:");
        foreach (var (line, purpose) in Examples.Of(command))
        {
            output.WriteLine($"{Indent}{line}");
            output.WriteLine($"{Indent}{Indent}{Indent}{purpose}");
        }
        return code;
    }

    private static void WriteTables(TextWriter output)
    {
        output.WriteLine("Exit codes:");
        foreach (var (code, meaning) in ExitCodes)
            output.WriteLine($"{Indent}{code, -14} {meaning}");
        output.WriteLine();
        output.WriteLine("Environment variables:");
        foreach (var (name, meaning) in Variables)
            output.WriteLine($"{Indent}{name, -14} {meaning}");
        output.WriteLine();
    }
}
