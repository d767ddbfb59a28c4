using Foof.Build.Tests.Mend;

namespace Foof.Build.Tests.Packages;

/// <summary>A user's builds mend TorchSharp's native library on old systems, in their own outputs and nowhere else.</summary>
[Collection(nameof(Feed))]
public sealed class PackageMendTests(Feed feed)
{
    private const string Said = "libLibTorchSharp.so mended, which asked for GLIBCXX_3.4.32";

    private static readonly byte[] Mended = MakeMended();

    [Fact]
    public void The_first_build_mends_and_says_so_once()
    {
        Assert.Equal(2, feed.Program.FirstBuild.Split(Said).Length);
        Assert.Equal(Mended, Built("out", TorchSharpLibrary.InPackage));
    }

    [Fact]
    public void A_second_build_finds_it_done()
    {
        var file = Path.Combine(feed.Program.Folder, "out", TorchSharpLibrary.InPackage);
        var time = File.GetLastWriteTimeUtc(file);
        var output = Feed.Succeed(feed.Program.Dotnet("build", "-o", "out"));
        Assert.DoesNotContain("mended", output, StringComparison.Ordinal);
        Assert.Equal(time, File.GetLastWriteTimeUtc(file));
        Assert.Equal(Mended, File.ReadAllBytes(file));
    }

    [Fact]
    public void Publishing_mends()
    {
        Feed.Succeed(feed.Program.Dotnet("publish", "--no-build", "-p:OutDir=out/", "-o", "published"));
        Assert.Equal(Mended, Built("published", TorchSharpLibrary.InPackage));
    }

    [Fact]
    public void Publishing_for_one_system_mends()
    {
        Feed.Succeed(feed.Program.Dotnet("publish", "-r", "linux-x64", "--self-contained", "false", "-o", "linux"));
        Assert.Equal(Mended, Built("linux", "libLibTorchSharp.so"));
        Assert.StartsWith("accuracy", feed.Program.Run("linux"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_system_takes_the_packages_own_file() =>
        Assert.Equal(TorchSharpLibrary.Path, feed.Program.Source(feed.Program.New));

    [Fact]
    public void Switched_off_it_takes_the_packages_own_file() =>
        Assert.Equal(TorchSharpLibrary.Path, feed.Program.Source(feed.Program.Old, "-p:FoofMendTorchSharp=false"));

    [Fact]
    public void Switched_on_it_takes_the_mended_file_on_any_system() =>
        Assert.StartsWith(
            Path.Combine(feed.Program.Folder, "obj"),
            feed.Program.Source(feed.Program.New, "-p:FoofMendTorchSharp=true"),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_libstdcxx_that_is_not_there_is_an_error_that_names_it()
    {
        var (code, output) = feed.Program.Dotnet("build", "--no-restore", "-p:FoofLibstdcxx=none.so");
        Assert.NotEqual(0, code);
        Assert.Contains("there is no file none.so", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_stays_as_it_was()
    {
        Assert.Equal(Mended, Built("out", TorchSharpLibrary.InPackage));
        Assert.True(feed.CacheIsUntouched);
    }

    private byte[] Built(string folder, string file) =>
        File.ReadAllBytes(Path.Combine(feed.Program.Folder, folder, file));

    private static byte[] MakeMended()
    {
        var file = File.ReadAllBytes(TorchSharpLibrary.Path);
        MendTorchSharp.MarkWeak(file, "GLIBCXX_3.4.32");
        return file;
    }
}
