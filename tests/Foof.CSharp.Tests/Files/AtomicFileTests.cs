namespace Foof.CSharp.Tests.Files;

public class AtomicFileTests
{
    [Fact]
    public void A_file_is_made_and_replaced()
    {
        using var folder = new Folder();
        AtomicFile.Write(folder["a"], stream => stream.Write("first, and longer"u8));
        AtomicFile.Write(folder["a"], stream => stream.Write("second"u8));
        Assert.Equal("second", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void A_writer_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new Folder();
        File.WriteAllText(folder["a"], "old");
        var error = Assert.Throws<IOException>(() =>
            AtomicFile.Write(
                folder["a"],
                stream =>
                {
                    stream.Write("half"u8);
                    throw new IOException("the disk is full");
                }
            )
        );
        Assert.Equal("the disk is full", error.Message);
        Assert.Equal("old", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void A_missing_folder_is_an_error()
    {
        using var folder = new Folder();
        var error = Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(folder["no/a"], _ => { }));
        Assert.StartsWith($"'{folder["no/a"]}' cannot be written", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_folder_in_the_files_place_stays_and_the_temporary_file_goes()
    {
        using var folder = new Folder();
        Directory.CreateDirectory(folder["a"]);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["a"], _ => { }));
        Assert.True(Directory.Exists(folder["a"]));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_link_is_followed_and_stays_a_link()
    {
        using var folder = new Folder();
        File.WriteAllText(folder["file"], "old");
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        AtomicFile.Write(folder["link"], stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(folder["file"]));
        Assert.NotNull(File.ResolveLinkTarget(folder["link"], returnFinalTarget: false));
    }

    [Fact]
    public void A_device_is_written_and_not_replaced()
    {
        AtomicFile.Write("/dev/null", stream => stream.Write("gone"u8));
        Assert.Equal("", File.ReadAllText("/dev/null"));
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write("/dev/full", stream => stream.Write("no"u8)));
    }
}
