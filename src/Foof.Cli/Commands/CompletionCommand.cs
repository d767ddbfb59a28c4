using System.CommandLine;

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
        {
            var command = new Command(shell, $"Print the script for {shell}");
            command.SetAction(parsed =>
                frame.Run(
                    parsed,
                    terminal =>
                    {
                        terminal.Console.Profile.Out.Writer.Write(Text(file));
                        return ExitCode.Success;
                    },
                    computes: false
                )
            );
            completion.Add(command);
        }
        return completion;
    }

    private static string Text(string file)
    {
        using var stream =
            typeof(CompletionCommand).Assembly.GetManifestResourceStream(Prefix + file)
            ?? throw new InvalidOperationException($"The program must hold {Prefix}{file}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
