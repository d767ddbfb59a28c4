using System.Reflection;
using System.Xml.Linq;

namespace Foof.Docs.Tests;

/// <summary>
/// The code of an example in the reference, as the compiler left it in an assembly's documentation. It is the
/// body of a method behind the context <c>member</c>.
/// </summary>
/// <param name="Member">The member that it belongs to, as in the documentation: <c>T:Foof.Loss</c>.</param>
/// <param name="Code">Its text.</param>
public sealed record MemberExample(string Member, string Code)
{
    /// <summary>All examples of the assemblies that are made for C#.</summary>
    internal static IEnumerable<MemberExample> All() =>
        new[] { typeof(FoofOptimizer), typeof(LaplacePosterior) }.SelectMany(type => Of(type.Assembly));

    private static IEnumerable<MemberExample> Of(Assembly assembly) =>
        XDocument
            .Load(Path.ChangeExtension(assembly.Location, ".xml"))
            .Descendants("member")
            // The constructor of a record repeats its type's documentation.
            .Where(member => !Name(member).Contains("#ctor", StringComparison.Ordinal))
            .SelectMany(member =>
                member.Descendants("example").Select(example => new MemberExample(Name(member), CodeOf(example)))
            );

    private static string Name(XElement member) => member.Attribute("name")!.Value;

    private static string CodeOf(XElement example) =>
        string.Join('\n', example.Elements("code").Select(code => code.Value));

    /// <summary>A program that runs it, with errors by the member and the example's line.</summary>
    internal string Source()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Contexts", "member.cs");
        var context = File.ReadAllLines(file);
        var end = Array.FindIndex(context, line => line.Length == 0);
        return string.Join(
            '\n',
            [
                .. context[..end],
                "await new Shown().Run();",
                .. context[end..],
                "sealed class Shown : Given {",
                "public async Task Run() { await Task.CompletedTask;",
                $"#line 1 \"{Member}\"",
                Code,
                "} }",
            ]
        );
    }
}
