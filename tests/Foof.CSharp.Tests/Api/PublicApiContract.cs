using System.Reflection;
using System.Xml.Linq;

namespace Foof.CSharp.Tests.Api;

/// <summary>
/// The rules for what users of C# see of an assembly: no F#, an example for everything, and no unnoticed
/// change.
/// </summary>
/// <param name="assembly">The assembly.</param>
/// <param name="file">The file that lists its public members.</param>
/// <param name="ofCore">The types of the core that are listed with it.</param>
internal sealed class PublicApiContract(Assembly assembly, string file, params Type[] ofCore)
{
    private const string Update = "FOOF_UPDATE_API";
    private static readonly string[] Hidden = ["FSharp.Core", "Foof.Core"];

    /// <summary>The types of the core that signatures for C# may have.</summary>
    internal static readonly Type[] Shared =
    [
        typeof(Optimizer),
        typeof(StepResult),
        typeof(Coverage),
        typeof(Treatment),
        typeof(FallbackEventArgs),
        typeof(ParameterGroup),
        typeof(GroupSettings),
        typeof(IPenalty),
        typeof(ParameterGradient),
    ];

    private readonly XElement[] documentation =
    [
        .. XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"),
    ];

    internal IEnumerable<string> Types => PublicApi.Types(assembly).Select(type => type.FullName!);

    private static bool IsHidden(Type type) => Hidden.Contains(type.Assembly.GetName().Name) && !Shared.Contains(type);

    internal void HasNoHiddenType(string name)
    {
        var type = assembly.GetType(name)!;
        var ancestors = type.GetInterfaces().ToList();
        for (var own = type.BaseType; own is not null; own = own.BaseType)
            ancestors.Add(own);
        Assert.DoesNotContain(ancestors.SelectMany(PublicApi.Inside), IsHidden);
        Assert.All(PublicApi.Members(type), member => Assert.DoesNotContain(PublicApi.Named(member), IsHidden));
    }

    internal void HasSummaryAndExample(string name)
    {
        var type = assembly.GetType(name)!;
        var own = Array.Find(documentation, member => (string?)member.Attribute("name") == $"T:{type.FullName}");
        Assert.False(string.IsNullOrWhiteSpace(own?.Element("summary")?.Value));
        Assert.False(string.IsNullOrWhiteSpace(own!.Element("example")?.Value));
    }

    internal void IsAsInFile()
    {
        var found = PublicApi.Describe([.. PublicApi.Types(assembly), .. ofCore]);
        if (Environment.GetEnvironmentVariable(Update) == "1")
            File.WriteAllText(file, found);
        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == found,
            $"The public API changed: run this test with {Update}=1, and look at the change of {file}."
        );
    }
}
