using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Foof.Build.Tests.Packages;

/// <summary>What the packages hold.</summary>
[Collection(nameof(Feed))]
public sealed class PackageContentTests(Feed feed)
{
    private const string Tool = "foof";
    private static readonly string[] Libraries = ["Foof.CSharp", "Foof.Core", "Foof.Laplace", "Foof.Torch"];

    public static TheoryData<string> Names => new([.. Libraries, Tool]);

    [PackageFact]
    public void Every_library_and_the_tool_are_packed_with_their_symbols() =>
        Assert.Equal(
            Libraries
                .Append(Tool)
                .SelectMany(name => new[] { $"{name}.{Feed.Version}.nupkg", $"{name}.{Feed.Version}.snupkg" })
                .Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(feed.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );

    [PackageTheory]
    [MemberData(nameof(Names))]
    public void Every_package_has_a_readme_a_licence_and_a_description(string name)
    {
        var package = feed.Open(name);
        Assert.Equal("README.md", package.Metadata["readme"].Value);
        Assert.Equal("MIT", package.Metadata["license"].Value);
        Assert.Equal(Feed.Version, package.Metadata["version"].Value);
        Assert.NotEqual("Package Description", package.Metadata["description"].Value);
        // A feed's page has nothing beside the text: no link or picture that begins in the repository.
        var readme = Encoding.UTF8.GetString(package.Files["README.md"]);
        Assert.NotEmpty(readme);
        Assert.DoesNotMatch(@"\]\((?!https://)", readme);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "LICENSE")), package.Files["LICENSE"]);
        Assert.Null(package.Metadata.GetValueOrDefault("repository")?.Attribute("url"));
    }

    [PackageTheory]
    [MemberData(nameof(Names))]
    public void Every_library_has_its_documentation_and_symbols_without_this_folders_name(string name)
    {
        var (package, symbols) = (feed.Open(name), feed.Open(name, "snupkg"));
        foreach (var (file, _) in package.Own(".dll"))
        {
            Assert.True(name == Tool || package.Files.ContainsKey(Path.ChangeExtension(file, ".xml")));
            using var provider = MetadataReaderProvider.FromPortablePdbStream(
                new MemoryStream(symbols.Files[Path.ChangeExtension(file, ".pdb")])
            );
            var reader = provider.GetMetadataReader();
            Assert.All(
                reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)),
                source => Assert.StartsWith("/_/", source, StringComparison.Ordinal)
            );
        }
    }

    [PackageTheory]
    [MemberData(nameof(Names))]
    public void Packing_again_gives_the_same_bytes_of_libraries_that_say_they_are_reproducible(string name)
    {
        var package = feed.Open(name);
        var again = new Package(Path.Combine(feed.Again, $"{name}.{Feed.Version}.nupkg"));
        Assert.Equal(package.Files.Keys.Order(), again.Files.Keys.Order());
        Assert.All(package.Files, file => Assert.Equal(file.Value, again.Files[file.Key]));
        Assert.NotEmpty(package.Own(".dll"));
        Assert.All(
            package.Own(".dll"),
            file =>
            {
                using var image = new PEReader(new MemoryStream(file.Value));
                Assert.Contains(
                    image.ReadDebugDirectory(),
                    entry => entry.Type == DebugDirectoryEntryType.Reproducible
                );
            }
        );
    }

    [PackageTheory]
    [InlineData("Foof.Torch", "runtimes/linux-x64/native/libfoof_native.so")]
    [InlineData(Tool, "tools/net10.0/any/libfoof_native.so")]
    public void The_binding_and_the_tool_have_the_native_library(string name, string file) =>
        Assert.Equal("\u007fELF"u8, feed.Open(name).Files[file].AsSpan(0, 4));

    [PackageFact]
    public void The_tool_says_that_it_needs_libtorch()
    {
        var package = feed.Open(Tool);
        Assert.Contains("libtorch-dev", package.Metadata["description"].Value, StringComparison.Ordinal);
        Assert.Contains(
            "apt-get install libtorch-dev",
            Encoding.UTF8.GetString(package.Files["README.md"]),
            StringComparison.Ordinal
        );
    }
}
