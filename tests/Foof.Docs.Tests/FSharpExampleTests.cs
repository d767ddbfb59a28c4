namespace Foof.Docs.Tests;

/// <summary>What README and docs show in F# runs as a script, with the assemblies that lie beside the tests.</summary>
public class FSharpExampleTests
{
    private static readonly string[] Assemblies = ["TorchSharp", "Foof.Core", "Foof.CSharp", "Foof.Laplace"];

    private static string Natives => Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");

    [Fact]
    public async Task All_examples_run()
    {
        var examples = Example.All("fsharp").ToArray();
        Assert.NotEmpty(examples);
        var script = string.Join('\n', References().Concat(examples.SelectMany(Module)));
        var (code, output) = await RunScript(script);
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task An_example_that_is_wrong_is_found_at_its_line()
    {
        var example = new Example("README.md", 12, "fsharp", "", ["open Foof", "let x: int = Methods.foof"]);
        var (code, output) = await RunScript(string.Join('\n', References().Concat(Module(example))));
        Assert.NotEqual(0, code);
        Assert.Contains("README.md(13,", output);
    }

    private static IEnumerable<string> References() =>
        Assemblies.Select(name => $"#r @\"{Path.Combine(AppContext.BaseDirectory, name)}.dll\"");

    // Each in a module, so that names of one are not those of the next.
    private static IEnumerable<string> Module(Example example, int index = 0) =>
        [
            $"module Example{index}_{example.Line} =",
            .. example.ContextLines(".fs").Select(line => $"    {line}"),
            $"# {example.Line} \"{example.File}\"",
            .. example.Code.Select(line => $"    {line}"),
            "",
        ];

    private static async Task<(int Code, string Output)> RunScript(string script)
    {
        var folder = Directory.CreateTempSubdirectory("foof-docs-");
        try
        {
            var file = Path.Combine(folder.FullName, "examples.fsx");
            await File.WriteAllTextAsync(file, script);
            // An assembly that is named by its file has no native library: this process's own have been mended already.
            return await Programs.Run(
                folder.FullName,
                new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Natives },
                "fsi",
                "--quiet",
                "--exec",
                file
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
