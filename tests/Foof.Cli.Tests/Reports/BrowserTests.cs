using Foof.Cli.Reports;

namespace Foof.Cli.Tests.Reports;

/// <summary>
/// The page with every section, from a file, in a headless Chromium. FOOF_SCREENSHOTS names a folder for images.
/// </summary>
public sealed class BrowserTests : IDisposable
{
    private static readonly int Charts = Samples
        .Everything.Sections.SelectMany(section => section.Figures)
        .Count(figure => figure is Chart);

    private readonly TemporaryFolder folder = new();
    private readonly string file;
    private readonly Lazy<WebDriver> browser = new(() => new WebDriver());

    public BrowserTests()
    {
        file = folder["report.html"];
        File.WriteAllText(file, ReportPage.Html(Samples.Everything));
    }

    public void Dispose()
    {
        if (browser.IsValueCreated)
            browser.Value.Dispose();
        folder.Dispose();
    }

    [BrowserFact]
    public void Every_chart_is_drawn_in_light_and_dark_on_a_desk_and_on_a_phone_without_a_word_on_the_console()
    {
        browser.Value.Open(file);
        CheckDrawn("wide-light", 1200, "light");
        CheckDrawn("wide-dark", 1200, "dark");
        CheckDrawn("narrow-dark", 360, "dark");
        CheckDrawn("narrow-light", 360, "light");
        Assert.Equal([], browser.Value.Console());
    }

    private void CheckDrawn(string name, int width, string scheme)
    {
        browser.Value.Emulate(width, 900, scheme);
        // The same file anew: what a reader with such a screen sees.
        browser.Value.Open(file);
        var marks = (int)
            browser.Value.Evaluate(
                "return [...document.querySelectorAll('.chart')].filter(chart => "
                    + "[...chart.querySelectorAll('svg .mark-line path, svg .mark-rect path')].some(mark => "
                    + "mark.getBoundingClientRect().width > 20)).length"
            )!;
        Assert.Equal(Charts, marks);
        Assert.Equal(Charts, (int)browser.Value.Evaluate("return +document.documentElement.dataset.drawn")!);
        var overflow = (int)
            browser.Value.Evaluate("return document.documentElement.scrollWidth - window.innerWidth")!;
        Assert.True(overflow <= 0, $"{name} is {overflow} pixels too wide.");
        var first = (double)browser.Value.Evaluate("return +document.documentElement.dataset.firstDrawing")!;
        // Far from the second that it should take: other tests may have the processor.
        Assert.InRange(first, 1, 20_000);
        Keep(name, first);
    }

    private void Keep(string name, double first)
    {
        if (Environment.GetEnvironmentVariable("FOOF_SCREENSHOTS") is not { Length: > 0 } target)
            return;
        Directory.CreateDirectory(target);
        File.WriteAllBytes(Path.Combine(target, $"{name}.png"), browser.Value.Screenshot());
        File.AppendAllText(Path.Combine(target, "first-drawing.txt"), $"{name}: {first} ms\n");
    }

    [BrowserFact]
    public void The_page_changes_its_colours_while_it_is_open()
    {
        browser.Value.Emulate(1000, 900, "light");
        browser.Value.Open(file);
        var light = Colours();
        browser.Value.Emulate(1000, 900, "dark");
        browser.Value.WaitUntilDrawn();
        var dark = Colours();
        Assert.NotEqual(light, dark);
        Assert.Equal([], browser.Value.Console());
    }

    private string Colours() =>
        (string)
            browser.Value.Evaluate(
                "return getComputedStyle(document.documentElement).backgroundColor + ' ' + "
                    + "document.querySelector('.chart svg .mark-line path').getAttribute('stroke')"
            )!;

    [BrowserFact]
    public void The_keyboard_reaches_the_content_the_sections_and_opens_the_numbers()
    {
        browser.Value.Open(file);
        browser.Value.Press("Tab");
        Assert.Equal("skip", Focused("className"));
        browser.Value.Press("Tab");
        Assert.Equal("A", Focused("tagName"));
        var found = false;
        for (var presses = 0; presses < 20 && !found; presses++)
        {
            browser.Value.Press("Tab");
            found = Focused("tagName") == "SUMMARY";
        }
        Assert.True(found, "Twenty steps reach no summary.");
        browser.Value.Press("Enter");
        Assert.Equal("true", Focused("parentNode.open"));
    }

    private string Focused(string property) =>
        (string)browser.Value.Evaluate($"return String(document.activeElement.{property})")!;

    [BrowserFact]
    public void A_page_of_dangerous_words_runs_none_of_them()
    {
        File.WriteAllText(
            file,
            ReportPage.Html(
                new(
                    Samples.Nasty,
                    Samples.Nasty,
                    Samples.Nasty,
                    [
                        Foof.Cli.Reports.Sections.LossSection.Compared(
                            Samples.Nasty,
                            [Samples.Curve(Samples.Nasty, 1, 1), Samples.Curve("sgd", 2, 1)]
                        ),
                    ]
                )
            )
        );
        browser.Value.Open(file);
        Assert.Equal([], browser.Value.Console());
        Assert.Equal(
            Samples.Nasty,
            (string)browser.Value.Evaluate("return document.querySelector('h1').textContent")!
        );
        Assert.Equal(
            0,
            (int)browser.Value.Evaluate("return document.querySelectorAll('main b, header b').length")!
        );
    }
}
