using Foof.Cli;
using Foof.Cli.Output;
using Spectre.Console;

using var signals = new StopSignals();
return Application.Run(args, new Terminal(AnsiConsole.Console, Console.Error, signals.Token));
