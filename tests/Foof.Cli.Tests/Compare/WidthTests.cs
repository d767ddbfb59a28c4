using Foof.Cli.Compare;
using Foof.Cli.Output;
using Foof.Cli.Training;
using Spectre.Console;

namespace Foof.Cli.Tests.Compare;

public sealed class WidthTests
{
    [Theory]
    [InlineData(160, "optimiser|learning rate|damping|train loss|test loss|test accuracy|seconds|ms/step")]
    [InlineData(80, "optimiser|learning rate|damping|train loss|test accuracy")]
    [InlineData(60, "optimiser|learning rate|damping|train loss")]
    [InlineData(40, "optimiser|train loss")]
    public void A_narrow_table_keeps_names_whole_and_the_important_columns(int width, string columns)
    {
        using var text = new StringWriter();
        var console = Terminal.Writing(text);
        console.Profile.Width = width;
        new Comparison([Run("natural-blocks", 0.25), Run("kfac-standard", 2.5e6)]).Write(console);
        var lines = text.ToString().TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
        Assert.Equal(columns, string.Join('|', lines[1].Trim('│').Split('│', StringSplitOptions.TrimEntries)));
        Assert.StartsWith("│ natural-blocks │", lines[3]);
        Assert.StartsWith("│ kfac-standard  │", lines[4]);
        Assert.Contains(" 2.5e+6 │", lines[4], StringComparison.Ordinal);
        Assert.Equal(6, lines.Length);
    }

    [Theory]
    [InlineData(0.25, "0.2500")]
    [InlineData(999_999.5, "999999.5000")]
    [InlineData(1e6, "1e+6")]
    [InlineData(-1.23456e38, "-1.2346e+38")]
    public void A_large_loss_is_a_power_of_ten(double loss, string text) => Assert.Equal(text, Tables.Loss(loss));

    private static FinishedRun Run(string optimizer, double loss) =>
        new(
            new()
            {
                Optimizer = optimizer,
                LearningRate = 0.1,
                Damping = 0.001,
            },
            "data",
            "machine",
            10,
            1,
            [new(1, loss, loss, 0.5, 10, 2)],
            null
        );
}
