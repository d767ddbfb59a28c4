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
    [InlineData(0.123456, "0.123")]
    [InlineData(0.3, "0.300")]
    [InlineData(0.9996, "1.00")]
    [InlineData(18.41, "18.4")]
    [InlineData(1.5, "1.50")]
    [InlineData(0.0123456, "0.0123")]
    [InlineData(0.00012, "1.20e-4")]
    [InlineData(-4012.6, "-4,013")]
    [InlineData(1e14, "1.00e+14")]
    [InlineData(4.2e30, "4.20e+30")]
    [InlineData(double.NaN, "not a number")]
    [InlineData(double.PositiveInfinity, "infinite")]
    public void Numbers_have_three_digits_that_count(double value, string text) =>
        Assert.Equal(text, Say.Number(value));

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
        Assert.Contains("sgd is lowest, 0.330, at learning rate 0.03.", line.Description, StringComparison.Ordinal);
        var map = (Chart)section.Figures[1];
        Assert.Equal(["damping \\ learning rate", "0.03", "0.1", "0.3", "1"], map.Numbers.Columns);
        Assert.Equal("diverged", map.Numbers.Rows[0][4]);
        Assert.Contains(
            "The lowest is 0.300 at damping 0.1, learning rate 0.03.",
            map.Description,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Settings_that_a_search_left_out_are_not_shown_as_diverged()
    {
        var section = SensitivitySection.Of([
            new("foof", 0.1, 1, 0.5),
            new("foof", 0.3, 1, null),
            new("foof", 0.1, 3, 0.6),
        ])!;
        var map = (Chart)section.Figures[^1];
        Assert.Equal(["1", "0.500", "diverged"], map.Numbers.Rows[0]);
        Assert.Equal(["3", "0.600", Say.Nothing], map.Numbers.Rows[1]);
    }

    [Fact]
    public void Sentences_about_a_grid_survive_runs_that_diverged()
    {
        GridPoint[] grid =
        [
            new("foof", 0.1, 1, 0.5),
            new("foof", 1, 1, double.NaN),
            new("sgd", 0.1, null, double.PositiveInfinity),
            new("sgd", 1, null, null),
        ];
        var section = SensitivitySection.Of(grid)!;
        Assert.Equal(
            "Over the grid, foof has one training loss, 0.500; sgd diverged in every run. "
                + "3 runs of 4 diverged and have no loss.",
            section.Lead
        );
        var chart = (Chart)section.Figures[0];
        Assert.Contains("sgd diverged at every learning rate.", chart.Description, StringComparison.Ordinal);
        Assert.Single(chart.Numbers.Rows);
        // JSON has no other numbers.
        Assert.NotEmpty(chart.Spec.ToJsonString());
    }

    [Fact]
    public void Losses_that_are_not_finite_are_left_out_of_lines_and_named_in_words()
    {
        var lost = Samples.Curve("sgd", 1, 1) with
        {
            Epochs = [new(1, double.NaN, double.PositiveInfinity, 0.1, 1, 1)],
        };
        var section = LossSection.Compared("", [Samples.Curve("foof", 1, 1), lost]);
        var chart = (Chart)section.Figures[0];
        Assert.EndsWith("sgd: no finite number.", chart.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(chart.Numbers.Rows, row => row[0] == "sgd");
        Assert.All(section.Figures, figure => Assert.NotEmpty(((Chart)figure).Spec.ToJsonString()));
        var table = SettingsSection.Of([new(Samples.Run("sgd"), lost)]);
        Assert.Contains("diverged", ((TableFigure)table.Figures[0]).Numbers.Rows[0]);
    }

    [Fact]
    public void Losses_begin_at_epoch_0_and_those_of_batches_lie_within_epochs()
    {
        var curve = Samples.Curve("foof", 1, 2, epochs: 2) with
        {
            Start = new(0, 2.3, 2.4, 0.1, 0, 0),
            Course = [new(0.5, 1.4, 1.9), new(1, 2.4, 1.2)],
        };
        var chart = (Chart)LossSection.Of("", curve).Figures[0];
        Assert.Equal(["test", "0", "2.40"], chart.Numbers.Rows[0]);
        Assert.Contains(chart.Numbers.Rows, row => row is ["training", "0", "2.30"]);
        Assert.Contains(chart.Numbers.Rows, row => row is ["batches", "0.500", "1.90"]);
        var compared = LossSection.Compared("", [curve, curve with { Name = "sgd" }]).Figures;
        Assert.Equal(["foof", "0", "2.30"], ((Chart)compared[0]).Numbers.Rows[0]);
        var batches = compared.Single(figure => figure.Title == "Loss of the batches against seconds");
        Assert.Equal(["foof", "1.40", "1.90"], ((Chart)batches).Numbers.Rows[0]);
    }

    [Fact]
    public void Points_of_reliability_are_as_large_as_their_share_of_the_images()
    {
        var section = ReliabilitySection.Of([
            new("network", [new(0.4, 0.5, 10, 0.5, 1), new(0.9, 1, 1000, 0.95, 0.75)]),
        ]);
        var points = ((Chart)section.Figures[0]).Spec["data"]![0]!["values"]!.AsArray();
        Assert.True((double)points[0]!["size"]! < 0.05 * (double)points[1]!["size"]!);
        var bars = (Chart)section.Figures[1];
        Assert.StartsWith("Histogram: ", bars.Description, StringComparison.Ordinal);
        Assert.Equal("rect", (string)bars.Spec["marks"]![0]!["type"]!);
    }

    [Fact]
    public void Confidences_are_bars_of_one_scale_for_each_group()
    {
        var section = ConfidenceSection.Of([
            Samples.Images("wrong images", 0.3, 0),
            Samples.Images("noise images", 0.9, 0),
        ]);
        Chart[] charts = [.. section.Figures.Cast<Chart>()];
        Assert.Equal(
            ["Confidence of the wrong images", "Confidence of the noise images"],
            charts.Select(chart => chart.Title)
        );
        Assert.All(charts, chart => Assert.Equal("rect", (string)chart.Spec["marks"]![0]!["type"]!));
        var scales = charts.Select(chart => chart.Spec["scales"]![1]!["domain"]!.ToJsonString());
        Assert.Single(scales.Distinct());
    }

    [Fact]
    public void Continual_learners_show_their_strength_memory_and_spread_over_seeds()
    {
        var outcome = Samples.Outcome("elastic", 0.02) with
        {
            Strength = 30,
            Tried = [(3, 0.8), (30, 0.85)],
            Seeds = [(0.85, 0.05), (0.87, 0.05)],
        };
        var figures = ContinualSection.Of([outcome, Samples.Outcome("plain", 0.15)]).Figures;
        var table = ((TableFigure)figures[1]).Numbers;
        Assert.Equal(["method", "strength", "mean accuracy", "forgetting", "memory, MB", "seconds"], table.Columns);
        Assert.Equal(
            ["elastic", "30", "86.0\u00A0% ± 1.4\u00A0%", "5.0\u00A0% ± 0.0\u00A0%", "1.18", "61.3"],
            table.Rows[0]
        );
        Assert.Equal(["plain", "–", "60.0\u00A0%"], table.Rows[1].Take(3));
        var tried = ((TableFigure)figures[2]).Numbers;
        Assert.Equal(["elastic", "30", "85.0\u00A0%", "chosen"], tried.Rows[1]);
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
        Assert.Equal(["1.00e-4", "10,000"], [rows[0][0], rows[^1][0]]);
    }

    [Fact]
    public void The_best_continual_learner_comes_first()
    {
        var section = ContinualSection.Of([Samples.Outcome("plain", 0.15), Samples.Outcome("elastic", 0.02)]);
        Assert.StartsWith("After 5 tasks, elastic is right in 86.0\u00A0%", section.Lead);
        Assert.Contains("plain, the last of 2, is right in 60.0\u00A0%.", section.Lead, StringComparison.Ordinal);
    }
}
