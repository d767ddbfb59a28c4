using System.CommandLine;

namespace Foof.Cli.Commands;

/// <summary>The examples at the end of every command's help.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, Example[]> All = new()
    {
        ["foof"] =
        [
            new("foof info --doctor", "Check that everything Foof needs is there, and say what to do if not."),
            new("foof train --report train.html", "Train the default network and write a page about it."),
            new("foof compare --optimizers foof,adam --epochs 2", "Two optimisers side by side."),
        ],
        ["foof train"] =
        [
            new("foof train --epochs 5 --out runs/foof", "Five epochs by FOOF, with a checkpoint after each."),
            new("foof train --resume runs/foof", "Continue a run that was stopped, to the same bits."),
            new(
                "foof train --model cnn --optimizer kfac --damping 0.1 --json",
                "Another network and method; the numbers as JSON."
            ),
            new("foof train --data images --subset 10000 --quiet", "The first images of a folder of IDX files."),
        ],
        ["foof compare"] =
        [
            new("foof compare --optimizers foof,kfac,adam,sgd --report compare.html", "Four methods on a page."),
            new(
                "foof compare --optimizers foof --learning-rate 0.1,0.3,1 --damping 0.1,1 --out runs/grid",
                "A grid of six runs; the same line again runs only the missing ones."
            ),
        ],
        ["foof continual"] =
        [
            new("foof continual --scenario permuted --seeds 3", "The usual variants on five permuted tasks."),
            new(
                "foof continual --scenario split --variants plain,si --strength 2 --out runs/split",
                "Two variants on classes of their own, kept for --resume."
            ),
        ],
        ["foof laplace"] =
        [
            new("foof laplace --report laplace.html", "Train a network, fit a posterior, and evaluate it on a page."),
            new(
                "foof laplace --model runs/net --structure full --subsample 1000 --out runs/posterior",
                "The full Fisher of 1000 images around a network of foof train."
            ),
            new("foof laplace --model runs/net --structure last-layer --tune evidence --json", "As JSON."),
        ],
        ["foof validate"] =
        [
            new("foof validate", "Compare every structured matrix with an explicit one."),
            new(
                "foof validate --cases kronecker --seed 7 --metrics validate.json",
                "Only some checks, with other networks."
            ),
        ],
        ["foof reproduce"] =
        [
            new("foof reproduce list", "The figures that can be made."),
            new("foof reproduce all --quick --report papers.html", "All of them, small, on one page."),
        ],
        ["foof reproduce list"] = [new("foof reproduce list", "Each with what it shows and where it stands.")],
        ["foof reproduce all"] =
        [
            new("foof reproduce all --out papers", "By the papers' protocol; the same line continues after a stop."),
        ],
        ["foof info"] =
        [
            new("foof info", "Versions, threads and their speed."),
            new("foof info --doctor", "Check the installation; the exit code is 1 if something is missing."),
            new("foof info --doctor --data images --json", "With data of your own; the findings as JSON."),
        ],
        ["foof bench"] = [new("foof bench step --rounds 5", "What one step of every method costs.")],
        ["foof bench step"] =
        [
            new("foof bench step --model cnn", "Every method's step beside one of SGD."),
            new("foof bench step --rows foof,kfac --json", "Only some methods, as JSON."),
        ],
        ["foof bench gram"] = [new("foof bench gram --threads 1", "How a Gram matrix grows on one thread.")],
        ["foof bench laplace"] =
        [
            new("foof bench laplace --rounds 1 --metrics laplace.json", "Every network and size, once."),
        ],
        ["foof completion"] =
        [
            new("source <(foof completion bash)", "For this bash only; in ~/.bashrc, for every one."),
        ],
        ["foof completion bash"] = [new("source <(foof completion bash)", "A line for ~/.bashrc.")],
        ["foof completion zsh"] = [new("source <(foof completion zsh)", "A line for ~/.zshrc, after compinit.")],
        ["foof completion fish"] =
        [
            new("foof completion fish > ~/.config/fish/completions/foof.fish", "For every fish from now on."),
        ],
        ["foof completion pwsh"] =
        [
            new("foof completion pwsh | Out-String | Invoke-Expression", "A line for the profile."),
        ],
    };

    /// <summary>The examples of a command; the list may be empty.</summary>
    internal static IReadOnlyList<Example> Of(Command command) =>
        All.GetValueOrDefault(Path(command)) ?? OfFigure(command);

    private static Example[] OfFigure(Command command) =>
        Path(command).StartsWith("foof reproduce ", StringComparison.Ordinal)
            ? [new($"{Path(command)} --quick --seeds 1", "A small experiment with one seed.")]
            : [];

    /// <summary>A command's full name, such as <c>foof bench step</c>.</summary>
    internal static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "foof";
}

/// <summary>A line that a user may type.</summary>
/// <param name="Line">The whole line: the program's name, the command and its options.</param>
/// <param name="Purpose">What the line is for.</param>
internal sealed record Example(string Line, string Purpose);
