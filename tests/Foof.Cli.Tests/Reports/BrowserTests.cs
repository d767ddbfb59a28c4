using Foof.Cli.Reports;

namespace Foof.Cli.Tests.Reports;

/// <summary>
/// The page with every section, from a file, in a headless Chromium. FOOF_SCREENSHOTS names a folder for
/// images.
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
        // Opens the file again, as a reader with such a screen does.
        browser.Value.Open(file);
        Assert.Equal(Charts, browser.Value.Charts());
        Assert.Equal(Charts, (int)browser.Value.Evaluate("return +document.documentElement.dataset.drawn")!);
        var overflow = (int)browser.Value.Evaluate("return document.documentElement.scrollWidth - window.innerWidth")!;
        Assert.True(overflow <= 0, $"{name} is {overflow} pixels too wide.");
        var first = (double)browser.Value.Evaluate("return +document.documentElement.dataset.firstDrawing")!;
        // This is far more than the second that it should take, since other tests may use the processor.
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
    public void Eight_lines_have_eight_hues_and_a_legend_that_wraps()
    {
        string[] names = ["foof", "kfac-reduce", "ekfac", "natural-gradient", "shampoo", "adam", "adamw", "sgd"];
        var curves = names.Index().Select(name => Samples.Curve(name.Item, 0.3 + 0.1 * name.Index, 1));
        var section = Foof.Cli.Reports.Sections.LossSection.Compared("", [.. curves]);
        File.WriteAllText(file, ReportPage.Html(new("", "", "", [section])));
        foreach (var (width, scheme) in new[] { (400, "light"), (1280, "dark") })
        {
            browser.Value.Emulate(width, 900, scheme);
            browser.Value.Open(file);
            var beyond = (double)
                browser.Value.Evaluate(
                    "return Math.max(...[...document.querySelectorAll('.chart svg .role-legend-label text')]"
                        + ".map(text => text.getBoundingClientRect().right - text.closest('.chart').getBoundingClientRect().right))"
                )!;
            Assert.True(beyond <= 0, $"At {width} pixels the legend is {beyond} pixels too wide.");
            var hues = (int)
                browser.Value.Evaluate(
                    "return new Set([...document.querySelector('.chart svg').querySelectorAll('.mark-line path')]"
                        + ".map(path => path.getAttribute('stroke'))).size"
                )!;
            Assert.Equal(8, hues);
        }
    }

    [BrowserFact]
    public void On_paper_charts_stay_with_their_headings_and_tables_are_whole()
    {
        browser.Value.Open(file);
        browser.Value.Evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
        browser.Value.Print(700);
        string[] kept =
        [
            "figure, break-inside, avoid",
            "figcaption, break-after, avoid",
            "h2, break-after, avoid",
            "section > p, break-after, avoid",
            "section > p, break-inside, avoid",
            "tr, break-inside, avoid",
            ".figures, display, block",
            ".scroll, overflow-x, visible",
            "details .scroll, max-height, none",
        ];
        foreach (var words in kept.Select(line => line.Split(", ")))
            Assert.Equal(
                words[2],
                (string)
                    browser.Value.Evaluate(
                        $"return getComputedStyle(document.querySelector('{words[0]}')).getPropertyValue('{words[1]}')"
                    )!
            );
        var widest = (double)
            browser.Value.Evaluate(
                "return Math.max(...[...document.querySelectorAll('table:not(#tip), .chart svg')]"
                    + ".map(one => one.getBoundingClientRect().right))"
            )!;
        Assert.True(widest <= 700, $"Something ends at {widest} of 700 pixels.");
    }

    [BrowserFact]
    public void A_table_that_scrolls_sideways_shows_an_edge()
    {
        browser.Value.Emulate(400, 900, "light");
        browser.Value.Open(file);
        var marked = (bool)
            browser.Value.Evaluate(
                "const wide = [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth);"
                    + "return wide.length > 0 && wide.every(one => "
                    + "getComputedStyle(one).backgroundAttachment === 'local, local, scroll, scroll')"
            )!;
        Assert.True(marked);
    }

    [BrowserFact]
    public void The_words_are_seen_before_the_first_chart_and_printing_waits_for_no_frame()
    {
        // No frame ever comes: nothing may be drawn until somebody prints.
        browser.Value.Prepare("window.requestAnimationFrame = () => 0");
        browser.Value.Load(file);
        Assert.Equal(0, Drawn());
        browser.Value.Evaluate("dispatchEvent(new Event('beforeprint'))");
        Assert.Equal(Charts, Drawn());
        Assert.Equal([], browser.Value.Console());
    }

    private int Drawn() => (int)browser.Value.Evaluate("return document.querySelectorAll('.chart > svg').length")!;

    [BrowserFact]
    public void A_tooltip_shows_what_the_pointer_is_on()
    {
        browser.Value.Emulate(1000, 900, "light");
        browser.Value.Open(file);
        browser.Value.PointAt(".chart .mark-symbol.role-mark path");
        Assert.Equal(["optimiser", "foof", "epoch", "1", "training loss", "0.65"], Shown());
        browser.Value.PointAt(".chart .mark-rect.role-mark path");
        Assert.Equal(["damping", "0.1", "learning rate", "0.03", "training loss", "0.300"], Shown());
        browser.Value.PointAt("h1");
        Assert.Equal([], Shown());
        Assert.Equal([], browser.Value.Console());
    }

    private string[] Shown() =>
        [
            .. browser
                .Value.Evaluate(
                    "return [...document.querySelectorAll('#tip.visible td')].map(cell => cell.textContent)"
                )!
                .AsArray()
                .Select(text => (string)text!),
        ];

    [BrowserFact]
    public void Charts_are_as_wide_as_a_window_that_changes_its_size()
    {
        browser.Value.Emulate(1200, 900, "light");
        browser.Value.Open(file);
        var wide = Width();
        browser.Value.Emulate(500, 900, "light");
        browser.Value.Open(file);
        var opened = Width();
        browser.Value.Emulate(1200, 900, "light");
        Assert.Equal(wide, Width());
        browser.Value.Emulate(500, 900, "light");
        Assert.Equal(opened, Width());
        Assert.NotEqual(wide, opened);
    }

    // The window reports its new size with the next frame, and charts follow in the frame after that.
    private int Width() =>
        (int)
            browser.Value.Evaluate(
                "const done = arguments[arguments.length - 1];"
                    + "requestAnimationFrame(() => requestAnimationFrame(() => done("
                    + "document.querySelector('.chart svg').clientWidth)))",
                "async"
            )!;

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
        Assert.Equal(Samples.Nasty, (string)browser.Value.Evaluate("return document.querySelector('h1').textContent")!);
        Assert.Equal(0, (int)browser.Value.Evaluate("return document.querySelectorAll('main b, header b').length")!);
    }
}
