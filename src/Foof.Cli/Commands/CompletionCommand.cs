using System.CommandLine;
using Foof.Cli.Output;

namespace Foof.Cli.Commands;

/// <summary><c>foof completion</c>: the scripts by which shells complete its words.</summary>
internal static class CompletionCommand
{
    private const string Prefix = "completion/";

    private static readonly (string Shell, string File)[] Scripts =
    [
        ("bash", "foof.bash"),
        ("zsh", "foof.zsh"),
        ("fish", "foof.fish"),
        ("pwsh", "foof.ps1"),
    ];

    /// <summary>The command with its shells.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var completion = new Command("completion", "Print a script that completes words in a shell");
        foreach (var (shell, file) in Scripts)
            completion.Add(
                frame.Command(
                    shell,
                    $"Print the script for {shell}",
                    [],
                    (_, terminal) =>
                    {
                        terminal.Console.Profile.Out.Writer.Write(Resource.Text(Prefix + file));
                        return ExitCode.Success;
                    },
                    computes: _ => false
                )
            );

        return completion;
    }
}
