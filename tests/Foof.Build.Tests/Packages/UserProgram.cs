using System.Text.Json;
using Foof.Tests;

namespace Foof.Build.Tests.Packages;

/// <summary>A user's program that takes Foof from the feed, on a system whose libstdc++ the tests choose.</summary>
internal sealed class UserProgram
{
    private readonly Feed feed;

    internal UserProgram(Feed feed)
    {
        this.feed = feed;
        Folder = Directory.CreateDirectory(Path.Combine(feed.Place, "consumer")).FullName;
        File.Copy(
            Path.Combine(Repository.Root, "tests/Foof.Build.Tests/Packages/Consumer/Program.cs"),
            Path.Combine(Folder, "Program.cs")
        );
        UserProject.Write(
            Path.Combine(Folder, "Consumer.csproj"),
            [("Foof.CSharp", Feed.Version), ("Foof.Laplace", Feed.Version), (Backend, Repository.VersionOf(Backend))]
        );
        File.WriteAllText(Path.Combine(feed.Place, "old.so"), "GLIBCXX_3.4.30\0");
        File.WriteAllText(Path.Combine(feed.Place, "new.so"), "GLIBCXX_3.4.30\0GLIBCXX_3.4.32\0");
        FirstBuild = Feed.Succeed(Dotnet("build", "-o", "out"));
    }

    /// <summary>The backend that this checkout is built with.</summary>
    internal static string Backend { get; } = Evaluation.Of("src/Foof.Cli/Foof.Cli.csproj").Values["TorchBackend"];

    internal string Folder { get; }

    /// <summary>What the first build said, on an old system.</summary>
    internal string FirstBuild { get; }

    /// <summary>The libstdc++ of an old system.</summary>
    internal string Old => "-p:FoofLibstdcxx=" + Path.Combine(feed.Place, "old.so");

    /// <summary>The libstdc++ of a new system.</summary>
    internal string New => "-p:FoofLibstdcxx=" + Path.Combine(feed.Place, "new.so");

    /// <summary>
    /// Runs a command of dotnet for the program on an old system. Links spare the tests copies of half a gigabyte.
    /// </summary>
    internal (int Code, string Output) Dotnet(string command, params string[] arguments) =>
        Build.Tests.Dotnet.Run(
            Folder,
            feed.Newcomer,
            [
                command,
                "-c",
                "Release",
                "-nologo",
                "-nodeReuse:false",
                "-p:CreateHardLinksForCopyLocalIfPossible=true",
                "-p:CreateHardLinksForPublishFilesIfPossible=true",
                Old,
                .. arguments,
            ]
        );

    /// <summary>Runs the program that is in a folder.</summary>
    internal string Run(string folder) =>
        Feed.Succeed(Build.Tests.Dotnet.Run(Folder, feed.Newcomer, Path.Combine(folder, "Consumer.dll")));

    /// <summary>Where a build with these properties would take TorchSharp's native library from.</summary>
    internal string Source(params string[] properties)
    {
        string[] ask = ["msbuild", "-nologo", "-t:ResolvePackageAssets", "-getItem:RuntimeTargetsCopyLocalItems"];
        var output = Feed.Succeed(Build.Tests.Dotnet.Run(Folder, feed.Newcomer, [.. ask, .. properties]));
        using var json = JsonDocument.Parse(output);
        return json
            .RootElement.GetProperty("Items")
            .GetProperty("RuntimeTargetsCopyLocalItems")
            .EnumerateArray()
            .Select(item => item.GetProperty("FullPath").GetString()!)
            .Single(path => Path.GetFileName(path) == "libLibTorchSharp.so");
    }
}
