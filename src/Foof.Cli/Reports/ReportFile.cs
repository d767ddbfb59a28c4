using System.Text;
using Foof.Cli.Output;

namespace Foof.Cli.Reports;

/// <summary>The page that <c>--report</c> asks for: all of it or nothing.</summary>
internal static class ReportFile
{
    /// <summary>Refuses a file that cannot be written; null: there is no file.</summary>
    internal static void Check(string? path)
    {
        if (path is not null)
            WritableFile.CheckFile("--report", path);
    }

    /// <summary>Writes the page where one was asked for, and says so; the report is made only then.</summary>
    internal static void Write(string? path, IProgressView progress, Func<Report> make)
    {
        if (path is null)
            return;
        var page = ReportPage.Html(make());
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(page)));
        progress.Line($"The report is in {path}.");
    }
}
