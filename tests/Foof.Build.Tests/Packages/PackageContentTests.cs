using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using Foof.Build.Tests.Mend;

namespace Foof.Build.Tests.Packages;

/// <summary>The content of the packages.</summary>
[Collection(nameof(Feed))]
public sealed class PackageContentTests(Feed feed)
{
    private const string Tool = "foof";
    private static readonly string[] Libraries = ["Foof.CSharp", "Foof.Core", "Foof.Laplace"];

    public static TheoryData<string> LibraryNames => new(Libraries);

    public static TheoryData<string> Names => new([.. Libraries, Tool]);

    [Fact]
    public void Every_library_and_the_tool_are_packed_with_their_symbols() =>
        Assert.Equal(
            Libraries
                .Append(Tool)
                .SelectMany(name => new[] { $"{name}.{Feed.Version}.nupkg", $"{name}.{Feed.Version}.snupkg" })
                .Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(feed.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_package_has_a_readme_a_licence_and_a_description(string name)
    {
        var package = feed.Open(name);
        Assert.Equal("README.md", package.Metadata["readme"].Value);
        Assert.Equal("MIT", package.Metadata["license"].Value);
        Assert.Equal(Feed.Version, package.Metadata["version"].Value);
        Assert.NotEqual("Package Description", package.Metadata["description"].Value);
        // A feed's page has nothing beside the text: no link or picture that begins in the repository.
        var readme = Encoding.UTF8.GetString(package.Files["README.md"].Value);
        Assert.NotEmpty(readme);
        Assert.DoesNotMatch(@"\]\((?!https://)", readme);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "LICENSE")), package.Files["LICENSE"].Value);
        Assert.Null(package.Metadata.GetValueOrDefault("repository")?.Attribute("url"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_library_has_its_documentation_and_symbols_without_this_folders_name(string name)
    {
        var (package, symbols) = (feed.Open(name), feed.Open(name, "snupkg"));
        foreach (var (file, _) in package.Own(".dll"))
        {
            Assert.True(name == Tool || package.Files.ContainsKey(Path.ChangeExtension(file, ".xml")));
            using var provider = MetadataReaderProvider.FromPortablePdbStream(
                new MemoryStream(symbols.Files[Path.ChangeExtension(file, ".pdb")].Value)
            );
            var reader = provider.GetMetadataReader();
            Assert.All(
                reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)),
                source => Assert.StartsWith("/_/", source, StringComparison.Ordinal)
            );
        }
    }

    [Theory]
    [MemberData(nameof(LibraryNames))]
    public void Packing_again_gives_the_same_bytes_of_libraries_that_say_they_are_reproducible(string name)
    {
        var package = feed.Open(name);
        var again = new Package(Path.Combine(feed.Again, $"{name}.{Feed.Version}.nupkg"));
        Assert.Equal(package.Files.Keys.Order(), again.Files.Keys.Order());
        Assert.All(package.Files, file => Assert.Equal(file.Value.Value, again.Files[file.Key].Value));
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

    [Theory]
    [MemberData(nameof(LibraryNames))]
    public void A_library_depends_on_TorchSharp_and_on_no_backend_and_has_no_native_code(string name)
    {
        var package = feed.Open(name);
        var dependencies = package
            .Metadata["dependencies"]
            .Descendants()
            .Select(element => (string?)element.Attribute("id"))
            .Where(id => id is not null)
            .ToArray();
        string[] expected = name switch
        {
            "Foof.Core" => ["FSharp.Core", "TorchSharp"],
            "Foof.CSharp" => ["Foof.Core", "Microsoft.Extensions.Logging.Abstractions"],
            _ => ["Foof.CSharp", "Foof.Core"],
        };
        Assert.Equal(expected.Order(), dependencies.Order());
        Assert.DoesNotContain(package.Files.Keys, file => file.StartsWith("runtimes/", StringComparison.Ordinal));
        Assert.DoesNotContain(package.Files.Values, bytes => bytes.Value.AsSpan().StartsWith("\u007fELF"u8));
    }

    [Fact]
    public void The_core_brings_the_mend_to_its_users()
    {
        var files = feed.Open("Foof.Core").Files;
        foreach (
            var (name, source) in new[]
            {
                ("Foof.Core.targets", "MendTorchSharp.targets"),
                ("MendTorchSharp.cs", "MendTorchSharp.cs"),
            }
        )
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(Repository.Root, "build", source)),
                files["buildTransitive/" + name].Value
            );
    }

    [Fact]
    public void The_tool_carries_libtorch_with_the_mended_library()
    {
        var files = feed.Open(Tool).Files;
        const string Folder = "tools/net10.0/any/runtimes/linux-x64/native/";
        Assert.Contains(Folder + "libtorch_cpu.so", files.Keys);
        var mended = File.ReadAllBytes(TorchSharpLibrary.Path);
        MendTorchSharp.MarkWeak(mended, "GLIBCXX_3.4.32");
        Assert.Equal(mended, files[Folder + "libLibTorchSharp.so"].Value);
    }
}
