using Foof.Cli;
using Foof.Cli.Output;

using var signals = new StopSignals();
return Application.Run(args, new Terminal(Terminal.Writing(Console.Out), Console.Error, signals.Token));
