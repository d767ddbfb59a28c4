using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Reports;
using Foof.Cli.Settings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Output.Files>;

namespace Foof.Cli.Output;

/// <summary>Where a command writes its results. A path is null if the user named none.</summary>
internal sealed record Files
{
    // The system's numbers of these errors.
    private const int NoSpace = 28;
    private const int ReadOnly = 30;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        // The file is not embedded in a page, so nothing needs escaping.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly SettingTable<Files> All = new([.. Rows("", "", report: true, force: true)]);

    /// <summary>The folder in which a run is kept.</summary>
    public string? Out { get; init; }

    /// <summary>The folder of the run to resume.</summary>
    public string? Resume { get; init; }

    /// <summary>Whether a run in the folder may be replaced.</summary>
    public bool Force { get; init; }

    /// <summary>The file for the numbers.</summary>
    public string? Metrics { get; init; }

    /// <summary>The file for the page.</summary>
    public string? Report { get; init; }

    /// <summary>Whether the numbers go to standard output, and nothing else does.</summary>
    public bool Json { get; init; }

    /// <summary>Whether progress is left out.</summary>
    public bool Quiet { get; init; }

    /// <summary>How to go on if a file of a finished run cannot be written.</summary>
    internal string Repeat { get; init; } = "repeat the command";

    /// <summary>The folder of the run, which is the old one if the run is resumed.</summary>
    internal string? Folder => Out ?? Resume;

    /// <summary>The settings of a command that has numbers.</summary>
    /// <param name="keep">What <c>--out</c> is for; null: the command has no such option.</param>
    /// <param name="resume">What <c>--resume</c> is for; null: the command has no such option.</param>
    /// <param name="report">Whether the command makes a page.</param>
    /// <param name="force">Whether <c>--force</c> lets the command replace a run.</param>
    internal static IEnumerable<Setting<Files>> Rows(
        string? keep = null,
        string? resume = null,
        bool report = false,
        bool force = false
    )
    {
        if (keep is not null)
            yield return Optional(files => files.Out, Text("DIR"), keep);
        if (resume is not null)
            yield return Optional(files => files.Resume, Text("DIR"), resume);
        if (force)
            yield return Flag(files => files.Force, "Replace the run in the folder of --out");
        const string metrics = "Write the numbers to this file as a JSON object";
        yield return Optional(files => files.Metrics, Text("FILE"), metrics);
        const string page = "Write the results as one page, with charts, to this file";
        if (report)
            yield return Optional(files => files.Report, Text("FILE.html"), page);
        const string json = "Write the numbers to standard output as a JSON object, and nothing else there";
        yield return Flag(files => files.Json, json);
        yield return Flag(files => files.Quiet, "Show results and errors only, no progress");
    }

    /// <summary>The files that a command line names.</summary>
    internal static Files Of(Given given) => All.Fill(given);

    /// <summary>These files of a command that can resume a run.</summary>
    internal Files Resumable() =>
        Resume is null && Folder is not null
            ? this with
            {
                Repeat = "repeat the command with --resume in place of --out",
            }
            : this;

    /// <summary>Refuses files and folders that cannot be written, before the work begins.</summary>
    internal void Check()
    {
        if (Folder is { } folder)
            CheckFolder(Out is null ? "--resume" : "--out", folder);
        if (Metrics is not null)
            CheckFile("--metrics", Metrics);
        if (Report is not null)
            CheckFile("--report", Report);
    }

    /// <summary>
    /// Checks all files and folders, and reserves the folder of the run until it is disposed; null if there is no folder.
    /// </summary>
    /// <param name="command">The command that continues a run in the folder; null if none does.</param>
    /// <param name="names">The files of a run, which are replaced by <c>--force</c> alone.</param>
    /// <exception cref="CommandFailure">A place cannot be written, is in use, or has another run.</exception>
    internal RunFolder? Reserve(string? command, params ReadOnlySpan<string> names)
    {
        Check();
        if (Folder is not { } folder)
            return null;
        var reserved = RunFolder.Lock(folder);
        if (Force || Resume is { } old && Path.GetFullPath(old) == Path.GetFullPath(folder))
            return reserved;
        foreach (var name in names)
            if (File.Exists(Path.Combine(folder, name)))
            {
                reserved.Dispose();
                var more = command is null ? " or" : $" continue it by ./foof {command} --resume {folder}, or";
                throw new CommandFailure(
                    $"--out must name a folder without a run; {folder} has a {name}: name another,{more} replace the "
                        + "run by --force."
                );
            }
        return reserved;
    }

    /// <summary>Writes the numbers to the file and to standard output, as far as the user wants them there.</summary>
    internal void WriteMetrics(Terminal terminal, JsonObject metrics)
    {
        terminal.Numbers?.WriteLine(JsonSerializer.Serialize(metrics, Indented));
        if (Metrics is not null)
            Write("--metrics", Metrics, stream => JsonSerializer.Serialize(stream, metrics, Indented));
    }

    /// <summary>Writes the page if the user wants one; only then is the report made.</summary>
    internal void WriteReport(IProgressView progress, Func<Report> make)
    {
        if (Report is null)
            return;
        var page = ReportPage.Html(make());
        Write("--report", Report, stream => stream.Write(Encoding.UTF8.GetBytes(page)));
        progress.Line($"The report is in {Report}.");
    }

    private void Write(string option, string file, Action<Stream> write)
    {
        var kept = Folder is null ? "nothing of the run is kept" : $"the run is kept in {Folder}";
        Writing(
            file,
            $"{kept}: make room, or name another file by {option}, and {Repeat}",
            () => AtomicFile.Write(file, write)
        );
    }

    /// <summary>Writes a file, and says what to do if that fails.</summary>
    /// <param name="file">The file as the user knows it.</param>
    /// <param name="rest">What is kept, and what to do about it.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="CommandFailure">It cannot be written.</exception>
    internal static void Writing(string file, string rest, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var reason =
                error is UnauthorizedAccessException ? "no right to write there" : error.Message.Split(" : ")[0];
            throw new CommandFailure($"{file} could not be written ({reason.TrimEnd('.')}); {rest}.");
        }
    }

    // Makes the folder if it is missing and tries to write into it.
    private static void CheckFolder(string option, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Probe(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                $"{option} must name a folder that can be written; {folder} is not one{Reason(error)}: name another."
            );
        }
    }

    // Makes the file's folder if it is missing, and tries to write beside the file, which is left alone.
    private static void CheckFile(string option, string file)
    {
        if (Directory.Exists(file))
            throw new CommandFailure($"{option} must name a file; {file} is a folder.");
        try
        {
            var target = AtomicFile.Target(file);
            if (AtomicFile.IsDevice(target) && File.Exists(target))
            {
                DeviceFile.Probe(target);
                return;
            }
            var folder = Path.GetDirectoryName(target)!;
            Directory.CreateDirectory(folder);
            Probe(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                $"{option} must name a file that can be written; {file} is not one{Reason(error)}: name another."
            );
        }
    }

    // The runtime's own messages name files that the user never typed.
    private static string Reason(Exception error) =>
        error switch
        {
            UnauthorizedAccessException => " (no right to write there)",
            DirectoryNotFoundException or FileNotFoundException => " (its folder cannot be made)",
            { HResult: NoSpace } => " (no space is left there)",
            { HResult: ReadOnly } => " (its file system is read-only)",
            _ => "",
        };

    // An empty file may still be made on a disk that is full.
    private static void Probe(string folder)
    {
        var file = Path.Combine(folder, $".foof.{Guid.NewGuid():N}.tmp");
        using var probe = new FileStream(
            file,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.None,
            1,
            FileOptions.DeleteOnClose
        );
        probe.WriteByte(0);
        probe.Flush();
    }
}
