using System.Runtime.InteropServices;

namespace Foof.Build.Tests.Packages;

/// <summary>
/// All packages of what <c>./test</c> built, in a folder of their own, with a place to use them in.
/// </summary>
public sealed class Feed : IDisposable
{
    private const string Machine = "NUGET_PACKAGES";

    private readonly string root = Directory.CreateTempSubdirectory("foof-feed-").FullName;

    public Feed()
    {
        if (PackageFlavour.Reason is not null)
            return;
        Pack(Folder);
        File.WriteAllText(Path.Combine(Place, "nuget.config"), Configuration);
    }

    /// <summary>The packages.</summary>
    internal string Folder => Path.Combine(root, "feed");

    /// <summary>The same, packed a second time.</summary>
    internal string Again
    {
        get
        {
            var folder = Path.Combine(root, "again");
            if (!Directory.Exists(folder))
                Pack(folder);
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

    /// <summary>A user who has nothing yet: neither packages nor tools.</summary>
    internal IReadOnlyDictionary<string, string> Newcomer =>
        new Dictionary<string, string>
        {
            [Machine] = Path.Combine(root, "cache"),
            ["DOTNET_CLI_HOME"] = Path.Combine(root, "home"),
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            // A tool's program looks for .NET where the installer puts it, or here.
            ["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory()),
        };

    // What the packages need beside each other was restored when this was built: no network is asked.
    private string Configuration =>
        $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="feed" value="{Folder}" />
                <add key="machine" value="{Restored}" />
              </packageSources>
            </configuration>
            """;

    private static string Restored =>
        Environment.GetEnvironmentVariable(Machine) is { Length: > 0 } folder
            ? folder
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                ".nuget",
                "packages"
            );

    /// <summary>Packs all into a folder, without building anything.</summary>
    internal static void Pack(string folder) =>
        Succeed(
            Dotnet.Run(
                Repository.Root,
                null,
                [
                    "pack",
                    "Foof.sln",
                    "-c",
                    "Release",
                    "--no-build",
                    "-o",
                    folder,
                    "-nologo",
                    "-nodeReuse:false",
                ]
            )
        );

    /// <summary>The output of a run that must have succeeded.</summary>
    internal static string Succeed((int Code, string Output) run)
    {
        Assert.True(run.Code == 0, run.Output);
        return run.Output;
    }

    internal Package Open(string name, string ending = "nupkg") =>
        new(Path.Combine(Folder, $"{name}.{Version}.{ending}"));

    public void Dispose() => Directory.Delete(root, recursive: true);
}
