namespace Foof.Cli.Tests.Reports;

/// <summary>
/// A fact about a page in a real browser; skipped, with the reason, only if there is no browser.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = WebDriver.Lacking;
}
