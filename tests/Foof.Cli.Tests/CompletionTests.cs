using System.Diagnostics;

namespace Foof.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("", "train compare continual info bench laplace validate completion --help --version")]
    [InlineData("ben", "bench")]
    [InlineData("bench ", "step gram laplace")]
    [InlineData("bench st", "step")]
    [InlineData("train --opt", "--optimizer")]
    [InlineData("train --epochs 3 --", "--optimizer --json --quiet --resume")]
    [InlineData("train --optimizer k", "kfac kfac-standard kfac-expand kfac-reduce kfc")]
    [InlineData("train --model v", "vit vgg")]
    [InlineData("train --p", "--pixels --pooling --products")]
    [InlineData("train --pooling ", "mean token")]
    [InlineData("continual --model r", "resnet18 rnn")]
    [InlineData("compare --optimizers foof,sg", "foof,sgd")]
    [InlineData("continual --variants plain,kron", "plain,kronecker plain,kronecker-merged")]
    [InlineData("laplace --structure ", "full kron diag last-layer")]
    [InlineData("laplace --data f", "fashion-mnist")]
    [InlineData("laplace --data=f", "--data=fashion-mnist")]
    [InlineData("validate --device cu", "cuda")]
    [InlineData("completion ", "bash zsh fish pwsh")]
    public void Commands_options_and_values_are_completed(string line, string words)
    {
        var found = Complete(line);
        Assert.Subset(found.ToHashSet(), words.Split(' ').ToHashSet());
        var end = line[(line.LastIndexOf(' ') + 1)..];
        Assert.All(found, word => Assert.StartsWith(end, word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("train --epochs ")]
    [InlineData("train --out ")]
    [InlineData("bench stp")]
    [InlineData("compare --optimizers foof,foof")]
    public void Nothing_is_offered_where_any_text_or_no_text_may_follow(string line) =>
        Assert.DoesNotContain(Complete(line), word => !word.StartsWith("foof,foof-", StringComparison.Ordinal));

    [Fact]
    public void An_option_that_was_given_is_not_offered_again()
    {
        Assert.Contains("--epochs", Complete("train --"));
        Assert.DoesNotContain("--epochs", Complete("train --epochs 3 --"));
    }

    private static string[] Complete(string line)
    {
        var answer = CommandLine.Run("[suggest]", line);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        return
        [
            .. answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('\t')[0]),
        ];
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _foof foof")]
    [InlineData("zsh", "compdef _foof foof")]
    [InlineData("fish", "complete -c foof")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName foof")]
    public void Every_shell_has_a_script(string shell, string registration)
    {
        var answer = CommandLine.Run("completion", shell);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.Contains(registration, answer.Output, StringComparison.Ordinal);
        Assert.Contains("'[suggest]'", answer.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foof train --optimizer kfac-", "kfac-expand kfac-reduce kfac-standard")]
    [InlineData("foof  bench st", "step")]
    [InlineData("foof laplace --structure=", "diag foof full kron last-layer last-layer-diag last-layer-kron")]
    public void Bash_completes_by_its_script(string line, string words)
    {
        // Does what bash does when the user presses tab, as far as a function can.
        const string tab = """
            foof() { dotnet "$PROGRAM" "$@"; }
            source <(foof completion bash)
            COMP_LINE=$LINE COMP_POINT=${#LINE}
            read -ra COMP_WORDS <<<"${LINE/=/ = }"
            [[ $LINE != *[=\ ] ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _foof
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var start = new ProcessStartInfo("bash", ["-c", tab]) { RedirectStandardOutput = true };
        start.Environment["PROGRAM"] = ForeignProcess.Program;
        start.Environment["LINE"] = line;
        using var bash = Process.Start(start)!;
        var found = bash.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bash.WaitForExit();
        Assert.Equal(words.Split(' '), found.Order(StringComparer.Ordinal));
    }
}
