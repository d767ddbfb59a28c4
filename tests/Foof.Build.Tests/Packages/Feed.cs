using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Foof.Build.Tests.Mend;

namespace Foof.Build.Tests.Packages;

/// <summary>
/// The packages of everything that <c>./test</c> built, in a separate folder, with a folder to use them in.
/// </summary>
public sealed class Feed : IDisposable
{
    private static readonly string[] LibraryProjects =
    [
        "src/Foof.Core.fs/Foof.Core.fsproj",
        "src/Foof.CSharp/Foof.CSharp.csproj",
        "src/Foof.Laplace/Foof.Laplace.csproj",
    ];

    private readonly string root = Directory.CreateTempSubdirectory("foof-feed-").FullName;
    private readonly byte[] native = SHA256.HashData(File.ReadAllBytes(TorchSharpLibrary.Path));

    public Feed()
    {
        Pack(Folder, [.. LibraryProjects, "src/Foof.Cli/Foof.Cli.csproj"]);
        var settings = Directory.CreateDirectory(Path.Combine(root, "home", ".nuget", "NuGet")).FullName;
        File.WriteAllText(Path.Combine(settings, "NuGet.Config"), Configuration);
        Program = new UserProgram(this);
    }

    /// <summary>A program of a user's, made of the packages.</summary>
    internal UserProgram Program { get; }

    /// <summary>The packages.</summary>
    internal string Folder => Path.Combine(root, "feed");

    /// <summary>The libraries, packed a second time.</summary>
    internal string Again
    {
        get
        {
            var folder = Path.Combine(root, "again");
            if (!Directory.Exists(folder))
                Pack(folder, LibraryProjects);
            return folder;
        }
    }

    /// <summary>
    /// A user's folder, outside of the checkout, for whom only the feed and this machine's cache exist.
    /// </summary>
    internal string Place => Directory.CreateDirectory(Path.Combine(root, "user")).FullName;

    /// <summary>The version of all.</summary>
    internal static string Version { get; } =
        Repository.Read("Directory.Build.props").Descendants("Version").Single().Value;

    /// <summary>A user who has neither packages nor tools yet.</summary>
    internal IReadOnlyDictionary<string, string> Newcomer =>
        new Dictionary<string, string>
        {
            ["HOME"] = Path.Combine(root, "home"),
            ["DOTNET_CLI_HOME"] = Path.Combine(root, "home"),
            ["NUGET_PACKAGES"] = Path.Combine(root, "cache"),
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            // A tool's program looks for .NET in the installer's folder, or here.
            ["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory()),
        };

    /// <summary>Whether the cache's native library has the bytes it had when this began.</summary>
    internal bool CacheIsUntouched =>
        native.AsSpan().SequenceEqual(SHA256.HashData(File.ReadAllBytes(TorchSharpLibrary.Path)));

    // The packages' other dependencies were restored when this was built and are read in place: this needs no
    // network, and does not unpack half a gigabyte again.
    private string Configuration =>
        $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="feed" value="{Folder}" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="machine" value="{Repository.Packages}" />
              </fallbackPackageFolders>
            </configuration>
            """;

    /// <summary>The output of a run that must have succeeded.</summary>
    internal static string Succeed((int Code, string Output) run)
    {
        Assert.True(run.Code == 0, run.Output);
        return run.Output;
    }

    internal Package Open(string name, string ending = "nupkg") =>
        new(Path.Combine(Folder, $"{name}.{Version}.{ending}"));

    public void Dispose() => Directory.Delete(root, recursive: true);

    // In one process and without building anything.
    private void Pack(string folder, string[] projects)
    {
        var all = Path.Combine(root, "pack.proj");
        var paths = string.Join(';', projects.Select(project => Path.Combine(Repository.Root, project)));
        File.WriteAllText(
            all,
            $"""
            <Project>
              <Target Name="Pack">
                <MSBuild
                  Projects="{paths}"
                  Targets="Pack"
                  Properties="Configuration=Release;NoBuild=true;PackageOutputPath={folder}"
                  BuildInParallel="true"
                />
              </Target>
            </Project>
            """
        );
        Succeed(MSBuild.Run(all, "-t:Pack", "-m"));
    }
}
