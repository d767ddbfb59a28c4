using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;

namespace Foof.Cli.Tests.Reports;

public partial class ReportPageTests
{
    private const int MostBytes = 2_000_000;

    private static readonly string Page = ReportPage.Html(Samples.Everything);

    [Fact]
    public void A_page_with_every_section_is_smaller_than_two_megabytes() =>
        Assert.InRange(Encoding.UTF8.GetByteCount(Page), 1, MostBytes);

    [Fact]
    public void A_page_loads_nothing()
    {
        Assert.Contains("default-src 'none'", Page, StringComparison.Ordinal);
        var markup = Script().Replace(Page, "");
        Assert.DoesNotMatch("(src|href)=\"(?!data:|#)", markup);
        Assert.DoesNotMatch(@"@import|url\(", markup);
    }

    [Fact]
    public void Every_chart_has_words_a_specification_and_its_numbers()
    {
        Chart[] charts = [.. Samples.Everything.Sections.SelectMany(section => section.Figures).OfType<Chart>()];
        Assert.NotEmpty(charts);
        Assert.All(
            charts,
            chart =>
            {
                Assert.InRange(chart.Description.Length, 40, 800);
                Assert.NotEmpty(chart.Numbers.Rows);
                Assert.All(chart.Numbers.Rows, row => Assert.Equal(chart.Numbers.Columns.Count, row.Count));
                Assert.Contains(
                    $"aria-label=\"{ReportPage.Escape(chart.Description)}\"",
                    Page,
                    StringComparison.Ordinal
                );
            }
        );
        Assert.Equal(charts.Length, Regex.Count(Page, "<details><summary aria-label=\"The numbers of: "));
        Assert.Equal(charts.Length, Regex.Count(Page, "role=\"img\" aria-label="));
    }

    [Fact]
    public void Every_image_has_words_and_is_inside_the_page() =>
        Assert.Equal(
            16,
            Regex.Count(
                Page,
                "<img src=\"data:image/png;base64,[A-Za-z0-9+/=]+\" width=\"28\" height=\"28\" alt=\"[^\"]+\""
            )
        );

    [Fact]
    public void Words_are_neither_markup_nor_places_to_fill()
    {
        var page = ReportPage.Html(
            new(Samples.Nasty, Samples.Nasty, Samples.Nasty, [new(Samples.Nasty, Samples.Nasty, [])])
        );
        Assert.DoesNotContain(Samples.Nasty, page, StringComparison.Ordinal);
        Assert.Equal(7, Regex.Count(page, Regex.Escape(ReportPage.Escape(Samples.Nasty))));
        var chart = LossSection.Compared("", [Samples.Curve(Samples.Nasty, 1, 1), Samples.Curve("sgd", 2, 1)]);
        Assert.DoesNotContain(Samples.Nasty, ReportPage.Html(new("", "", "", [chart])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_libraries_are_those_of_the_lock_file()
    {
        var folder = Path.Combine(Foof.Tests.Checkout.Root, "src", "Foof.Cli", "Reports", "web");
        var sums = File.ReadAllLines(Path.Combine(folder, "bundle", "sha256sums"));
        Assert.Equal(
            ["package-lock.json", "bundle/vega.min.js", "bundle/licences.txt"],
            sums.Select(line => line[66..])
        );
        foreach (var line in sums)
        {
            var (sum, name) = (line[..64], line[66..]);
            Assert.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name)))));
            if (name != "package-lock.json")
                Assert.Equal(
                    File.ReadAllText(Path.Combine(folder, name)),
                    Resource.Text($"report/{Path.GetFileName(name)}")
                );
        }
    }

    [Fact]
    public void A_page_carries_the_licences_of_its_libraries()
    {
        Assert.Contains(
            "Copyright (c) 2015-2023, University of Washington Interactive Data Lab",
            Page,
            StringComparison.Ordinal
        );
        Assert.Contains("vega 6.", Page, StringComparison.Ordinal);
    }

    [GeneratedRegex("<script.*?</script>", RegexOptions.Singleline)]
    private static partial Regex Script();
}
