using System.Collections;
using Microsoft.Build.Framework;

namespace Foof.Build.Tests.Mend;

/// <summary>The build's task makes a separate file, completely or not at all, and reports it.</summary>
public sealed class MendTaskTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";

    private readonly string folder = Directory.CreateTempSubdirectory("foof-mend-").FullName;
    private readonly Log log = new();

    private string Source => Path.Combine(folder, "libLibTorchSharp.so");

    private string Target => Path.Combine(folder, "obj", "deep", "libLibTorchSharp.so");

    [Fact]
    public void The_copy_is_another_file_and_the_source_stays()
    {
        var library = new Library(("libstdc++.so.6", [Version]));
        File.WriteAllBytes(Source, library.Bytes);
        var time = File.GetLastWriteTimeUtc(Source);
        Assert.True(Run());
        Assert.Equal(library.Bytes, File.ReadAllBytes(Source));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Source));
        Assert.Equal(2, File.ReadAllBytes(Target)[library.Flags("libstdc++.so.6", Version)]);
        // A build recognises files that it has copied by their times and sizes.
        Assert.NotEqual(time, File.GetLastWriteTimeUtc(Target));
        Assert.Equal(Target, Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Target)!)));
        Assert.Contains(Target, Assert.Single(log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void If_nothing_asks_for_the_version_nothing_is_made_or_said()
    {
        File.WriteAllBytes(Source, new Library(("libstdc++.so.6", ["GLIBCXX_3.4.30"])).Bytes);
        Assert.True(Run());
        Assert.False(Directory.Exists(Path.GetDirectoryName(Target)));
        Assert.Empty(log.Messages);
    }

    [Fact]
    public void A_file_that_is_cut_off_is_an_error_that_names_it_and_the_way_out()
    {
        File.WriteAllBytes(Source, new Library(("libstdc++.so.6", [Version])).Bytes[..100]);
        Assert.False(Run());
        Assert.False(File.Exists(Target));
        var error = Assert.Single(log.Errors);
        Assert.Equal("FOOF0001", error.Code);
        Assert.Equal(Source, error.File);
        Assert.Contains("restore again", error.Message, StringComparison.Ordinal);
        Assert.Contains("-p:FoofMendTorchSharp=false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Builds_at_once_make_one_file_and_leave_no_other()
    {
        File.WriteAllBytes(Source, new Library(("libstdc++.so.6", [Version])).Bytes);
        Assert.True(Run());
        var first = File.ReadAllBytes(Target);
        // The other build made its file after this one had checked.
        Assert.True(Run());
        Assert.Empty(log.Errors);
        Assert.Equal(first, File.ReadAllBytes(Target));
        Assert.Equal(Target, Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Target)!)));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_an_error()
    {
        File.WriteAllBytes(Source, new Library(("libstdc++.so.6", [Version])).Bytes);
        File.WriteAllText(Path.Combine(folder, "obj"), "in the way");
        Assert.False(Run());
        Assert.Equal("FOOF0001", Assert.Single(log.Errors).Code);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private bool Run() =>
        new MendTorchSharp
        {
            Source = Source,
            Target = Target,
            Version = Version,
            BuildEngine = log,
        }.Execute();

    private sealed class Log : IBuildEngine
    {
        internal List<string?> Messages { get; } = [];

        internal List<BuildErrorEventArgs> Errors { get; } = [];

        public bool ContinueOnError => false;

        public int LineNumberOfTaskNode => 0;

        public int ColumnNumberOfTaskNode => 0;

        public string ProjectFileOfTaskNode => "";

        public void LogErrorEvent(BuildErrorEventArgs e) => Errors.Add(e);

        public void LogWarningEvent(BuildWarningEventArgs e) => Messages.Add(e.Message);

        public void LogMessageEvent(BuildMessageEventArgs e) => Messages.Add(e.Message);

        public void LogCustomEvent(CustomBuildEventArgs e) { }

        public bool BuildProjectFile(string file, string[] targets, IDictionary global, IDictionary outputs) =>
            throw new NotSupportedException();
    }
}
