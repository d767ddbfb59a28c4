using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Foof.CSharp.Tests.Api;

/// <summary>What users of C# see: no F#, everything documented, and no change that nobody noticed.</summary>
public sealed class PublicApiTests
{
    private const string Update = "FOOF_UPDATE_API";

    private static readonly Assembly Facade = typeof(FoofOptimizer).Assembly;
    private static readonly string[] Hidden = ["FSharp.Core", "Foof.Core"];

    private static readonly XElement[] Documentation =
    [
        .. XDocument.Load(Path.ChangeExtension(Facade.Location, ".xml")).Descendants("member"),
    ];

    private static bool IsHidden(Type type) => Hidden.Contains(type.Assembly.GetName().Name);

    private static XElement? DocumentationOf(Type type) =>
        Array.Find(Documentation, member => (string?)member.Attribute("name") == $"T:{type.FullName}");

    public static TheoryData<string> Types => [.. PublicApi.Types(Facade).Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(Types))]
    public void No_signature_has_a_type_of_FSharp_or_of_the_core(string name)
    {
        var type = Facade.GetType(name)!;
        var ancestors = type.GetInterfaces().ToList();
        for (var own = type.BaseType; own is not null; own = own.BaseType)
            ancestors.Add(own);
        Assert.DoesNotContain(ancestors.SelectMany(PublicApi.Inside), IsHidden);
        Assert.All(
            PublicApi.Members(type),
            member => Assert.DoesNotContain(PublicApi.Named(member), IsHidden)
        );
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_has_a_summary_and_all_but_enumerations_an_example(string name)
    {
        var type = Facade.GetType(name)!;
        var documentation = DocumentationOf(type);
        Assert.False(string.IsNullOrWhiteSpace(documentation?.Element("summary")?.Value));
        if (!type.IsEnum)
            Assert.False(string.IsNullOrWhiteSpace(documentation!.Element("example")?.Value));
    }

    [Fact]
    public void The_public_API_is_the_one_in_the_file()
    {
        var found = PublicApi.Describe(Facade);
        if (Environment.GetEnvironmentVariable(Update) == "1")
            File.WriteAllText(Source(), found);
        var expected = File.ReadAllText(Source());
        Assert.True(
            expected == found,
            $"The public API changed: run this test with {Update}=1, and look at the change of PublicApi.txt."
        );
    }

    private static string Source([CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "..", "PublicApi.txt");
}
