namespace Foof.Build.Tests.Mend;

/// <summary>One flag of the file changes, and only in a file that asks for the version.</summary>
public sealed class MarkWeakTests
{
    private const string Version = "GLIBCXX_3.4.32";

    private static readonly Library Several = new(
        ("libm.so.6", ["GLIBC_2.2.5"]),
        ("libstdc++.so.6", ["GLIBCXX_3.4.3", Version, "GLIBCXX_3.4.321", "CXXABI_1.3"]),
        ("libc.so.6", ["GLIBC_2.14", "GLIBC_2.4"])
    );

    [Fact]
    public void The_request_for_the_version_is_weak_and_nothing_else_changes()
    {
        var file = Several.Bytes.ToArray();
        Assert.True(MendTorchSharp.MarkWeak(file, Version));
        var expected = Several.Bytes.ToArray();
        expected[Several.Flags("libstdc++.so.6", Version)] = 2;
        Assert.Equal(expected, file);
    }

    [Fact]
    public void Every_library_that_is_asked_for_the_version_counts()
    {
        var library = new Library(("first.so", [Version, "A"]), ("second.so", ["B", Version]));
        var file = library.Bytes.ToArray();
        Assert.True(MendTorchSharp.MarkWeak(file, Version));
        Assert.Equal(2, file[library.Flags("first.so", Version)]);
        Assert.Equal(2, file[library.Flags("second.so", Version)]);
        Assert.Equal(0, file[library.Flags("second.so", "B")]);
    }

    [Fact]
    public void What_is_already_weak_or_asks_for_other_versions_stays()
    {
        var file = Several.Bytes.ToArray();
        MendTorchSharp.MarkWeak(file, Version);
        var mended = file.ToArray();
        Assert.False(MendTorchSharp.MarkWeak(file, Version));
        Assert.False(MendTorchSharp.MarkWeak(file, "GLIBCXX_3.4"));
        Assert.Equal(mended, file);
    }

    [Fact]
    public void A_file_that_ends_too_early_is_refused() =>
        Assert.All(
            Enumerable.Range(0, Several.Bytes.Length - 64),
            length =>
                Assert.Throws<InvalidDataException>(() => MendTorchSharp.MarkWeak(Several.Bytes[..length], Version))
        );

    [Fact]
    public void A_damaged_file_is_read_within_its_bounds()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var file = Several.Bytes.ToArray();
            for (var changes = random.Next(1, 8); changes > 0; changes--)
                file[random.Next(6, file.Length)] = (byte)random.Next(256);
            // Any other exception would end the test.
            try
            {
                MendTorchSharp.MarkWeak(file, Version);
            }
            catch (InvalidDataException) { }
        }
    }

    [Theory]
    [InlineData(0, "a script")]
    [InlineData(4, "32 bits")]
    [InlineData(5, "the highest byte first")]
    public void Other_kinds_of_files_are_refused(int offset, string kind)
    {
        var file = Several.Bytes.ToArray();
        file[offset] ^= 3;
        var refusal = Assert.Throws<InvalidDataException>(() => MendTorchSharp.MarkWeak(file, Version));
        Assert.True(refusal.Message.Contains("64 bits", StringComparison.Ordinal), kind);
    }

    [Fact]
    public void One_byte_of_TorchSharps_library_changes()
    {
        var real = File.ReadAllBytes(TorchSharpLibrary.Path);
        var file = real.ToArray();
        Assert.True(MendTorchSharp.MarkWeak(file, Version));
        var changed = Assert.Single(Enumerable.Range(0, real.Length), index => real[index] != file[index]);
        Assert.Equal((0, 2), (real[changed], file[changed]));
    }
}
