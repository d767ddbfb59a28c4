using Foof.Cli;
using Foof.Cli.Output;
using Spectre.Console;

using var signals = new StopSignals();
var console = AnsiConsole.Console;

// A file or a pipe has no width: tables need not be squeezed into that of a small terminal.
if (!console.Profile.Out.IsTerminal)
    console.Profile.Width = Math.Max(console.Profile.Width, Terminal.WidthOfFiles);
return Application.Run(args, new Terminal(console, Console.Error, signals.Token));
