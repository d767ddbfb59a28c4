using System.Net;
using System.Text.RegularExpressions;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>The site that <c>docs/site</c> makes of the pages and of the reference.</summary>
public sealed partial class SiteTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("foof-site-");

    private string Site => Path.Combine(folder.FullName, "site");

    // All checks use one build of the site.
    [Fact]
    public async Task The_site_has_every_page_and_type_and_no_broken_link()
    {
        var (code, output) = await Programs.RunProgram(
            Path.Combine(Checkout.Root, "docs", "site"),
            Checkout.Root,
            "build",
            Site
        );
        Assert.True(code == 0, output);

        var pages = Example.Pages().Select(page => Path.GetFileNameWithoutExtension(page));
        string[] expected =
        [
            .. pages.Select(page => page == "README" ? "index" : page),
            .. PublicTypes().Select(name => $"reference/{name.Replace('.', '-').Replace('+', '-').ToLowerInvariant()}"),
            // Modules of F#, whose functions are the reference's.
            "reference/foof-methods",
            "reference/foof-curvaturemodule",
        ];
        Assert.All(expected, page => Assert.True(File.Exists(Path.Combine(Site, page + ".html")), page));
        Assert.Empty(DeadLinks());
        Assert.Equal(Reading, Menu());
        CheckAlone();

        // The summary, the example and a function's page are there.
        var optimizer = Text("foof-foofoptimizer");
        Assert.Contains("Makes a FOOF optimiser for a model, by default with the paper's settings.", optimizer);
        Assert.Contains("new FoofOptimizer(model, learningRate: 0.3)", optimizer);
        Assert.Contains("kfacExpand", Text("foof-methods"));
    }

    // The order of reading.
    private static string[] Reading =>
        [
            "# Begin",
            "getting-started",
            "with-your-torchsharp-project",
            "choosing-a-method",
            "# Use",
            "uncertainty",
            "learning-without-forgetting",
            "command-line",
            "gpu",
            "troubleshooting",
            "# Understand",
            "how-it-works",
            "mathematics",
            "theory",
            "papers",
            "performance",
            "first-hour",
            "# About",
            "changelog",
            "licence",
            "# API Reference",
            "reference/index",
        ];

    private IEnumerable<string> Menu()
    {
        var page = File.ReadAllText(Path.Combine(Site, "index.html"));
        var menu = page[page.IndexOf("<aside id=\"fsdocs-main-menu\"", StringComparison.Ordinal)..];
        return MenuLine()
            .Matches(menu[..menu.IndexOf("</aside>", StringComparison.Ordinal)])
            .Select(line => line.Groups[1].Success ? $"# {line.Groups[1].Value.Trim()}" : line.Groups[2].Value);
    }

    // No page asks another host for a script, a style or a picture.
    private void CheckAlone()
    {
        foreach (var page in Directory.EnumerateFiles(Site, "*.html", SearchOption.AllDirectories))
        foreach (Match asked in Asked().Matches(File.ReadAllText(page)))
            Assert.Matches("^/[^/]|^data:|^[a-z-]+/", asked.Groups[1].Value);
        foreach (var script in Directory.EnumerateFiles(Path.Combine(Site, "content"), "*.js"))
            Assert.DoesNotContain("https://", File.ReadAllText(script), StringComparison.Ordinal);
    }

    // What a reader sees, without its marks.
    private string Text(string page)
    {
        var source = File.ReadAllText(Path.Combine(Site, "reference", page + ".html"));
        return WebUtility.HtmlDecode(Mark().Replace(source, ""));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static IEnumerable<string> PublicTypes() =>
        new[] { typeof(FoofOptimizer), typeof(LaplacePosterior) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .Select(type => type.FullName!);

    private string[] DeadLinks() =>
        [
            .. Directory
                .EnumerateFiles(Site, "*.html", SearchOption.AllDirectories)
                .SelectMany(page => Link().Matches(File.ReadAllText(page)).Select(link => (Page: page, link)))
                .Select(found => (found.Page, Target: WebUtility.HtmlDecode(found.link.Groups[1].Value)))
                .Where(found => !Exists(found.Page, found.Target))
                .Select(found => $"{Path.GetFileName(found.Page)}: {found.Target}")
                .Distinct(),
        ];

    private bool Exists(string page, string target)
    {
        var path = target.Split('#', '?')[0];
        // Two strokes would begin another host's address.
        return path.Length == 0 || path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal)
            ? Path.Exists(Path.Combine(Site, path.TrimStart('/')))
            : Elsewhere().IsMatch(path) || Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, path));
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex("<li class=\"nav-header ?\">([^<]*)|<a class=\"nav-link\" href=\"/([^\"]*)\\.html\"")]
    private static partial Regex MenuLine();

    [GeneratedRegex("(?:<script[^>]* src|<link[^>]* href|<img[^>]* src)=\"([^\"]*)\"")]
    private static partial Regex Asked();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Mark();
}
