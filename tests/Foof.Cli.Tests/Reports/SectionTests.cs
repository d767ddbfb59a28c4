using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;

namespace Foof.Cli.Tests.Reports;

public class SectionTests
{
    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(3.0, "3")]
    [InlineData(12345.0, "12,345")]
    [InlineData(12345.6, "12,346")]
    [InlineData(0.123456, "0.1235")]
    [InlineData(18.41, "18.41")]
    [InlineData(0.00012, "1.2e-4")]
    [InlineData(-4012.6, "-4,013")]
    public void Numbers_have_four_digits_that_count(double value, string text) => Assert.Equal(text, Say.Number(value));

    [Fact]
    public void Words_are_listed_as_people_do()
    {
        Assert.Equal("", Say.List([]));
        Assert.Equal("a", Say.List(["a"]));
        Assert.Equal("a, b and c", Say.List(["a", "b", "c"]));
        Assert.Equal(Say.Nothing, Say.Number(null));
        Assert.Equal("1 run", Say.Many(1, "run"));
        Assert.Equal("2.0 min", Say.Time(120));
    }

    [Fact]
    public void The_calibration_error_is_the_mean_distance_of_accuracy_and_confidence()
    {
        var diagram = new Reliability("network", [new(0.4, 0.5, 1, 0.5, 1), new(0.9, 1, 3, 0.95, 0.75)]);
        Assert.Equal((0.5 + 3 * 0.2) / 4, diagram.Error, 12);
    }

    [Fact]
    public void The_clock_begins_with_the_warm_up() =>
        Assert.Equal([2.4, 4.4, 6.4], Samples.Curve("sgd", 1, 2, epochs: 3).Clock.Select(at => Math.Round(at, 6)));

    [Fact]
    public void A_grid_of_one_setting_has_no_sensitivity()
    {
        Assert.Null(SensitivitySection.Of([new("foof", 0.3, 1, 0.5), new("sgd", 0.1, null, 0.6)]));
        Assert.NotNull(SensitivitySection.Of([new("foof", 0.3, 1, 0.5), new("foof", 0.1, 1, 0.6)]));
    }

    [Fact]
    public void Sensitivity_shows_each_optimiser_at_its_best_damping_and_says_who_diverged()
    {
        var section = SensitivitySection.Of(Samples.Grid)!;
        Assert.EndsWith("2 runs of 16 diverged and have no loss.", section.Lead);
        Assert.Equal(2, section.Figures.Count);
        var line = (Chart)section.Figures[0];
        Assert.Contains("sgd is lowest, 0.33, at learning rate 0.03.", line.Description, StringComparison.Ordinal);
        var map = (Chart)section.Figures[1];
        Assert.Equal(["damping \\ learning rate", "0.03", "0.1", "0.3", "1"], map.Numbers.Columns);
        Assert.Equal("diverged", map.Numbers.Rows[0][4]);
        Assert.Contains(
            "The lowest is 0.3 at damping 0.1, learning rate 0.03.",
            map.Description,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_evidence_is_thinned_and_its_maximum_is_named()
    {
        var section = EvidenceSection.Of(Samples.Evidence, 12.5);
        Assert.StartsWith("The evidence is highest at prior precision 10, where log p(D) is -4,000", section.Lead);
        Assert.InRange(((Chart)section.Figures[0]).Numbers.Rows.Count, 100, 130);
    }

    [Fact]
    public void Evidence_far_below_the_best_is_left_out_and_the_used_precision_is_not()
    {
        EvidencePoint[] curve =
        [
            .. Enumerable
                .Range(-4, 11)
                .Select(power => new EvidencePoint(Math.Pow(10, power), -Math.Pow(10, Math.Abs(power)), 1)),
        ];
        var rows = ((Chart)EvidenceSection.Of(curve, 1000).Figures[0]).Numbers.Rows;
        Assert.Equal(["1e-4", "10,000"], [rows[0][0], rows[^1][0]]);
    }

    [Fact]
    public void The_best_continual_learner_comes_first()
    {
        var section = ContinualSection.Of([Samples.Outcome("plain", 0.15), Samples.Outcome("elastic", 0.02)]);
        Assert.StartsWith("After 5 tasks, elastic is right in 86.0\u00A0%", section.Lead);
        Assert.Contains("plain, the last of 2, is right in 60.0\u00A0%.", section.Lead, StringComparison.Ordinal);
    }
}
