using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Foof.Cli.Tests;

/// <summary>
/// The script in PowerShell's own engine, which comes as a package: no <c>pwsh</c> is needed.
/// </summary>
public sealed class PowerShellCompletionTests(PowerShellCompletionTests.Session session)
    : IClassFixture<PowerShellCompletionTests.Session>
{
    [Theory]
    [InlineData("foof ben", "foof bench")]
    [InlineData("foof bench ", "foof bench step", "foof bench gram")]
    [InlineData("foof  bench st", "foof  bench step")]
    [InlineData("foof train --opt", "foof train --optimizer")]
    [InlineData("foof train --epochs 3 --", "foof train --epochs 3 --optimizer")]
    [InlineData("foof train --optimizer kfac-s", "foof train --optimizer kfac-standard")]
    [InlineData("foof laplace --data=f", "foof laplace --data=fashion-mnist")]
    [InlineData("foof laplace --structure=", "foof laplace --structure=last-layer-kron")]
    [InlineData("foof compare --optimizers foof,sg", "foof compare --optimizers foof,sgd")]
    [InlineData("foof compare --optimizers foof,", "foof compare --optimizers foof,sgd")]
    [InlineData("foof compare --optimizers sgd,foof,ada", "foof compare --optimizers sgd,foof,adam")]
    [InlineData(
        "foof continual --variants plain,kron",
        "foof continual --variants plain,kronecker",
        "foof continual --variants plain,kronecker-merged"
    )]
    [InlineData("foof compare --optimizers=foof,sg", "foof compare --optimizers=foof,sgd")]
    [InlineData("1..3; foof bench st", "1..3; foof bench step")]
    public void PowerShell_completes_by_the_script(string line, params string[] expected)
    {
        var found = Complete(line, line.Length);
        Assert.Subset(found.ToHashSet(), expected.ToHashSet());
        Assert.All(found, completed => Assert.StartsWith(line, completed, StringComparison.Ordinal));
    }

    [Fact]
    public void Text_after_the_cursor_is_not_part_of_the_word() =>
        Assert.Equal(
            ["foof train --optimizer kfac-standard --epochs 3"],
            Complete("foof train --optimizer kfac-s --epochs 3", "foof train --optimizer kfac-s".Length)
        );

    [Fact]
    public void A_word_comes_with_its_description()
    {
        var step = Assert.Single(session.CompleteInput("foof bench st", 13).CompletionMatches);
        Assert.Equal("Measure what an optimiser's step costs", step.ToolTip);
    }

    /// <summary>The lines that a tab makes of one.</summary>
    private string[] Complete(string line, int cursor)
    {
        var answer = session.CompleteInput(line, cursor);
        var (start, length) = (answer.ReplacementIndex, answer.ReplacementLength);
        return
        [
            .. answer.CompletionMatches.Select(match => line.Remove(start, length).Insert(start, match.CompletionText)),
        ];
    }

    /// <summary>A PowerShell that has loaded the script.</summary>
    public sealed class Session : IDisposable
    {
        private readonly Runspace space;
        private readonly PowerShell shell;

        public Session()
        {
            var state = InitialSessionState.CreateDefault2();
            state.Variables.Add(new SessionStateVariableEntry("built", ForeignProcess.Program, ""));
            state.Commands.Add(new SessionStateFunctionEntry("foof", "dotnet $built @args"));
            space = RunspaceFactory.CreateRunspace(state);
            space.Open();
            shell = PowerShell.Create(space);
            // Does what the documented line does, with only the engine.
            shell.AddScript("& ([scriptblock]::Create((foof completion pwsh) -join \"`n\"))").Invoke();
            Assert.Empty(shell.Streams.Error);
        }

        public void Dispose()
        {
            shell.Dispose();
            space.Dispose();
        }

        internal CommandCompletion CompleteInput(string line, int cursor)
        {
            shell.Commands.Clear();
            return CommandCompletion.CompleteInput(line, cursor, new Hashtable(), shell);
        }
    }
}
