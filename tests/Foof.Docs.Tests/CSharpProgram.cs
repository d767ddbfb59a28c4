using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Foof.Docs.Tests;

/// <summary>An example in C# as a program of its own: top-level statements after those of its context.</summary>
internal static class CSharpProgram
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    /// <summary>Its source: <c>using</c> lines first, and errors by the page's line.</summary>
    internal static string Source(Example example)
    {
        var context = example.ContextLines(".cs");
        var lines = context.Concat(example.Code);
        return string.Join(
            '\n',
            [
                .. lines.Where(IsUsing).Distinct(),
                .. context.Where(line => !IsUsing(line)),
                $"#line {example.Line} \"{example.File}\"",
                .. example.Code.Select(line => IsUsing(line) ? "" : line),
            ]
        );
    }

    /// <summary>The compiled program, or the compiler's words, warnings too.</summary>
    internal static (Assembly? Program, string Errors) Compile(string source, string name)
    {
        var parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(ImplicitUsings, parsing), CSharpSyntaxTree.ParseText(source, parsing)],
            References,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable,
                // The SDK also accepts references to older versions of assemblies without a warning.
                specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress)]
            )
        );
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        var errors = result.Diagnostics.Where(each => each.Severity >= DiagnosticSeverity.Warning).ToArray();
        return errors.Length == 0
            ? (Assembly.Load(stream.ToArray()), "")
            : (null, string.Join('\n', errors) + "\n" + source);
    }

    /// <summary>Runs it in a folder of its own and returns what it wrote.</summary>
    internal static async Task<string> Run(Assembly program)
    {
        var (console, folder) = (Console.Out, Directory.GetCurrentDirectory());
        var written = new StringWriter();
        var own = Directory.CreateTempSubdirectory("foof-docs-");
        Console.SetOut(written);
        Directory.SetCurrentDirectory(own.FullName);
        try
        {
            var entry = program.EntryPoint!;
            var arguments = entry.GetParameters().Length == 0 ? null : new object[] { Array.Empty<string>() };
            if (entry.Invoke(null, arguments) is Task task)
                await task;
        }
        finally
        {
            Console.SetOut(console);
            Directory.SetCurrentDirectory(folder);
            own.Delete(recursive: true);
        }
        return written.ToString();
    }

    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal)
        && line.EndsWith(';')
        && !line.Contains('=', StringComparison.Ordinal);
}
